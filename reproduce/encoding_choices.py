"""How well both surrogates rank from each encoding, in five spaces.

    python reproduce/encoding_choices.py             # some ten minutes, one thread

Trained on n random architectures, judged on up to 2,000 others: Kendall tau, mean over 5 samples, of the
Gaussian process and of boosted trees with their defaults. Each encoding stands alone here, so that one sees
what it tells; surrogates may be given several side by side. Reads the tables under SURRONAS_SHARED (default:
../shared beside the checkout), and NAS-Bench-Graph from its package; writes
reproduce/results/encoding_choices.json.
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from surronas.encodings import (
    Encoding,
    Paths,
    WeisfeilerLehman,
    adjacency,
    canonical_one_hot,
    live_one_hot,
    live_one_hot_counts,
    one_hot,
    operation_counts,
    ordinal,
    path_counts,
    paths,
    standardized,
    structure,
)
from surronas.metrics import kendall_tau
from surronas.spaces import Architectures, SearchSpace
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named
from surronas.surrogates import GaussianProcessSurrogate, Vector, XGBoostSurrogate

SHARED = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared"))
BENCHMARKS = SHARED / "data" / "benchmarks"
RESULT = Path(__file__).parent / "results" / "encoding_choices.json"
SIZES = (64, 256)
NUM_JUDGED, NUM_SEEDS = 2_000, 5
SKIP = ("skip_connect",)
TABLES = {  # title: format, source, metric, axes
    "NAS-Bench-201, CIFAR-10": (
        "nasbench201-tables",
        BENCHMARKS / "nasbench201",
        "test_accuracy",
        {"task": "cifar10", "epochs": 200, "seed": "mean"},
    ),
    "TransNAS-Bench-101 cells, scenes": (
        "nas-bench-suite-zero-transbench101-micro",
        BENCHMARKS / "transnasbench101" / "naslib-zerocost" / "all_benchmarks_zen.zip",
        "valid_accuracy",
        {"task": "class_scene", "epochs": 25, "seed": 0},
    ),
    "EC-NAS-Bench (NAS-Bench-101 cells), 4 epochs": (
        "ec-nas-bench",
        BENCHMARKS / "ec-nas-bench",
        "valid_accuracy",
        {"recipe": "energy_5V9E", "epochs": 4, "seed": "mean"},
    ),
    "NAS-Bench-Graph, Cora": (
        "nas-bench-graph",
        Path("installed"),
        "test_accuracy",
        {"task": "cora", "seed": "mean"},
    ),
    "HW-GPT-Bench, OpenWebText": (
        "hw-gpt-bench",
        BENCHMARKS / "hw-gpt-bench",
        "valid_perplexity",
        {"seed": "mean"},
    ),
}
ENCODINGS: dict[str, Encoding] = {
    "one-hot": one_hot,
    "live one-hot": live_one_hot,
    "live one-hot, counts": live_one_hot_counts,
    "canonical live one-hot, counts": canonical_one_hot,
    "ordinal": ordinal,
    "adjacency": adjacency,
    "operation counts": operation_counts,
    "paths": paths,
    "path counts": path_counts,
    "paths, at most 2 operations": Paths(longest=2),
    "path counts without skips": Paths(counted=True, ignored=SKIP),
    "Weisfeiler-Lehman, height 1": WeisfeilerLehman(1),
    "Weisfeiler-Lehman, height 2": WeisfeilerLehman(2),
    "structure": structure,
    "structure, standardized": standardized(structure),
}
SURROGATES = {"Gaussian process": GaussianProcessSurrogate(), "XGBoost": XGBoostSurrogate()}


def read(title: str, folder: str) -> tuple[SearchSpace, Architectures, Vector]:
    """Return the space, the architectures (n, d) that have a target, and the targets (n,)."""
    form, source, metric, axes = TABLES[title]
    if form != "nas-bench-graph" and not source.exists():
        sys.exit(f"no table at {source}: set SURRONAS_SHARED to the folder that holds data/benchmarks")
    path = Path(folder) / f"{form}.h5"
    import_benchmark(importer_named(form), source, path)
    store = BenchmarkStore.open(path)
    if "recipe" in axes:  # a part of its JSON
        axes = axes | {"recipe": next(recipe for recipe in store.recipes if axes["recipe"] in recipe)}
    targets = store.query(store.architectures, metric, missing="nan", **axes)
    known = np.isfinite(targets)
    return store.space, store.architectures[known], targets[known]


def mean_taus(
    surrogate: GaussianProcessSurrogate | XGBoostSurrogate, X: np.ndarray, y: Vector
) -> list[float]:
    """Return the mean Kendall tau over samples, for each size."""
    taus = np.zeros((NUM_SEEDS, len(SIZES)))
    for seed in range(NUM_SEEDS):
        order = np.random.default_rng(seed).permutation(len(X))
        judged = order[max(SIZES) :][:NUM_JUDGED]
        for column, n in enumerate(SIZES):
            fitted = surrogate.fit(X[order[:n]], y[order[:n]])
            taus[seed, column] = kendall_tau(y[judged], fitted.predict(X[judged]))
    return taus.mean(axis=0).round(3).tolist()


def main() -> None:
    """Judge every encoding on every table, print and write."""
    rows = []
    for title in TABLES:
        with tempfile.TemporaryDirectory() as folder:
            space, architectures, y = read(title, folder)
        print(f"{title}: {len(y)} architectures; tau at n = {' and '.join(map(str, SIZES))}, both surrogates")
        for name, encoding in ENCODINGS.items():
            X = encoding(space, architectures)
            taus = {who: mean_taus(surrogate, X, y) for who, surrogate in SURROGATES.items()}
            about = {"table": title, "encoding": name, "num_features": X.shape[1]}
            rows.append({**about, "kendall_tau": taus})
            shown = "   ".join("".join(f"{tau:7.3f}" for tau in pair) for pair in taus.values())
            print(f"  {name:32s}{X.shape[1]:5d} {shown}", flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "sizes": SIZES,
        "num_judged": NUM_JUDGED,
        "num_seeds": NUM_SEEDS,
        "versions": {package: version(package) for package in ("surronas", "numpy", "xgboost")},
        "rows": rows,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
