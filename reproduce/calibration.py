"""What share of held-out rows 90 % intervals hold, as surrogates are and with conformal calibration.

    python reproduce/calibration.py --tables cache      # half an hour, one thread; --seeds 1 for a look

Learnt from n = 64, 128, 256 random rows of seven tables in four spaces with the default encoding, judged
on 1,000 others: coverage of mean ± 1.645 std, half the width of that over the targets' standard deviation,
and negative log likelihood per row of targets in units of their standard deviation, means over seeds; and
coverage and half width of the surrogates' own intervals (``predict_interval``), which need not be symmetric.
Reads the tables under SURRONAS_SHARED (default: ../shared beside the checkout) and imports them into
--tables (default: a temporary folder). Writes results/calibration.json after each table.
"""

import argparse
import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.encodings import default_encoding
from surronas.metrics import calibration, kendall_tau, negative_log_likelihood
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named
from surronas.surrogates import (
    ConformalSurrogate,
    GaussianProcessSurrogate,
    Matrix,
    RandomForestSurrogate,
    Surrogate,
    Vector,
    XGBoostSurrogate,
)
from surronas.surrogates.intervals import interval_of

SHARED = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared"))
BENCHMARKS = SHARED / "data" / "benchmarks"
RESULT = Path(__file__).parent / "results" / "calibration.json"
SIZES, NUM_JUDGED, NUM_SEEDS = (64, 128, 256), 1_000, 6
SOURCES = {
    "nasbench201-tables": BENCHMARKS / "nasbench201",
    "nasbench-macro": BENCHMARKS / "nasbench-macro" / "nas-bench-macro_cifar10.json",
    "transnasbench101-micro": BENCHMARKS / "transnasbench101" / "naslib-zerocost",
    "nas-bench-graph": Path("installed"),
}
TABLES = {  # title: importer, metric, task
    "NAS-Bench-201, CIFAR-10": ("nasbench201-tables", "test_accuracy", "cifar10"),
    "NAS-Bench-201, CIFAR-100": ("nasbench201-tables", "test_accuracy", "cifar100"),
    "NAS-Bench-201, ImageNet16-120": ("nasbench201-tables", "test_accuracy", "ImageNet16-120"),
    "NAS-Bench-Macro": ("nasbench-macro", "test_accuracy", "cifar10"),
    "TransNAS-Bench-101 micro, scenes": ("transnasbench101-micro", "valid_accuracy", "class_scene"),
    "TransNAS-Bench-101 micro, autoencoder": ("transnasbench101-micro", "valid_ssim", "autoencoder"),
    "NAS-Bench-Graph, Cora": ("nas-bench-graph", "test_accuracy", "cora"),
}


def surrogates(groups: tuple[int, ...]) -> dict[str, Surrogate]:
    """Return the surrogates for features of these groups."""
    return {
        "Gaussian process": GaussianProcessSurrogate(groups=groups),
        "XGBoost": XGBoostSurrogate(),
        "random forest": RandomForestSurrogate(),
    }


def read(title: str, folder: Path, most_rows: int = 16_000) -> tuple[Matrix, Vector, tuple[int, ...]]:
    """Return features (n, p) and targets (n,) of a table, of a larger one a sample; and the groups (p,)."""
    form, metric, task = TABLES[title]
    path = folder / f"{form}.h5"
    if not path.exists():
        import_benchmark(importer_named(form), SOURCES[form], path)
    store = BenchmarkStore.open(path)
    epochs = 200 if form == "nasbench201-tables" else None
    targets = store.query(store.architectures, metric, task=task, epochs=epochs, seed="mean", missing="nan")
    known = np.flatnonzero(np.isfinite(targets))
    known = np.random.default_rng(0).permutation(known)[:most_rows]
    groups = tuple(default_encoding.groups(store.space).tolist())
    return default_encoding(store.space, store.architectures[known]), targets[known], groups


def judge(surrogate: Surrogate, X: Matrix, y: Vector, n: int, num_seeds: int) -> dict[str, float]:
    """Return coverage, half width, negative log likelihood and Kendall tau, means over seeds."""
    found, scale = [], y.std()
    for seed in range(num_seeds):
        order = np.random.default_rng(seed).permutation(len(X))
        learnt, judged = order[:n], order[n : n + NUM_JUDGED]
        mean, std = surrogate.fit(X[learnt], y[learnt]).predict(X[judged], return_std=True)
        covered = calibration(y[judged], mean, std, levels=[0.9])
        nll = negative_log_likelihood(y[judged] / scale, mean / scale, std / scale)
        width = 1.645 * std.mean() / scale
        low, high = interval_of(surrogate, X[judged], 0.9)
        own = [np.mean((low <= y[judged]) & (y[judged] <= high)), np.mean(high - low) / (2 * scale)]
        found.append([covered.coverage[0], covered.error, width, nll, kendall_tau(y[judged], mean), *own])
    names = (
        *("coverage_of_90_percent", "calibration_error", "half_width", "nll", "kendall_tau"),
        *("own_coverage_of_90_percent", "own_half_width"),
    )
    return dict(zip(names, np.mean(found, axis=0).round(4).tolist(), strict=True))


def main() -> None:
    """Judge every surrogate on every table, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, help="folder that the tables are imported into, or lie in")
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS)
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args()
    folder = asked.tables or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    packages = {name: version(name) for name in ("scikit-learn", "xgboost")}
    result = {**about(), **packages, "num_seeds": asked.seeds, "num_judged": NUM_JUDGED, "rows": []}
    for title in TABLES:
        X, y, groups = read(title, folder)
        for name, surrogate in surrogates(groups).items():
            for n in SIZES:
                plain = judge(surrogate, X, y, n, asked.seeds)
                calibrated = judge(ConformalSurrogate(surrogate), X, y, n, asked.seeds)
                row = {"table": title, "surrogate": name, "n": n, "plain": plain, "conformal": calibrated}
                result["rows"].append(row)
                told = [
                    f"holds {one['coverage_of_90_percent']:.3f}, own {one['own_coverage_of_90_percent']:.3f} "
                    f"nll {one['nll']:6.3f}"
                    for one in (plain, calibrated)
                ]
                print(
                    f"{title:38s} {name:17s} n={n:3d} tau {plain['kendall_tau']:.3f}  plain {told[0]}  "
                    f"conformal {told[1]}",
                    flush=True,
                )
        asked.out.parent.mkdir(exist_ok=True)
        asked.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
