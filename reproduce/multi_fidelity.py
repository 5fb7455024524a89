"""What other fidelities, other tasks and the first epochs of a training add to a surrogate.

    python reproduce/multi_fidelity.py            # some minutes, one thread

Kendall tau and the share that central 90 % intervals hold, mean over seeds.

Fidelities: NAS-Bench-201, CIFAR-10. Cheap rows: validation accuracy after 12 epochs of 200 or 1,000 cells.
Dear rows: test accuracy after 200 epochs, mean over the benchmark's seeds, of the first 16, 32 or 64 of
them. Judged on the latter of 2,000 cells that none saw. Tasks: the same with CIFAR-10's test accuracy
after 200 epochs as cheap rows and ImageNet16-120's as dear ones.
Curves: validation accuracy (digits_cell201, seed 0) or loss (NAS-Bench-NLP, first run of a cell) after the
last epoch from the first k, learnt from 100 complete curves, judged on up to 500 others.

Reads the tables under SURRONAS_SHARED (default: ../shared beside the checkout); writes
reproduce/results/multi_fidelity.json.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.encodings.default import default_encoding
from surronas.metrics import calibration, kendall_tau
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named
from surronas.surrogates import GaussianProcessSurrogate, Matrix, Vector, XGBoostSurrogate
from surronas.surrogates.curve_extrapolation import CurveExtrapolation
from surronas.surrogates.multi_fidelity_trees import MultiFidelityXGBoost
from surronas.surrogates.multi_task import MultiTaskGaussianProcess

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("SURRONAS_SHARED", HERE.parents[1] / "shared")) / "data" / "benchmarks"
DIGITS = HERE.parent / "benchmarks_data" / "digits_cell201.h5"
RESULT = HERE / "results" / "multi_fidelity.json"
NUM_CHEAP, NUM_DEAR, NUM_JUDGED = (200, 1000), (16, 32, 64), 2000
NUM_CURVES = 100
MEASURED = "the cheap value itself, if measured"
NUM_EPOCHS = {"digits_cell201": (1, 2, 3, 4, 5), "nas-bench-nlp": (1, 3, 5, 10, 20, 30, 40)}
Judge = Callable[[Vector, Vector, Vector], list[float]]


@dataclass(frozen=True)
class Rows:
    """Features and targets of cheap rows, of which the first have dear targets too; features judged."""

    X: Matrix
    cheap: Vector
    dear: Vector
    others: Matrix
    groups: list[int]

    def stacked(self) -> tuple[Matrix, Vector, np.ndarray]:
        """Return features, targets and tasks of all rows."""
        task = np.repeat([0, 1], [len(self.cheap), len(self.dear)])
        return np.vstack([self.X, self.X[: len(self.dear)]]), np.append(self.cheap, self.dear), task


def gp_dear(rows: Rows) -> tuple[Vector, Vector]:
    """Return predictions of a Gaussian process on the dear rows."""
    surrogate = GaussianProcessSurrogate(groups=rows.groups)
    return surrogate.fit(rows.X[: len(rows.dear)], rows.dear).predict(rows.others, return_std=True)


def gp_cheap(rows: Rows) -> tuple[Vector, Vector]:
    """Return predictions of a Gaussian process on the cheap rows."""
    surrogate = GaussianProcessSurrogate(groups=rows.groups)
    return surrogate.fit(rows.X, rows.cheap).predict(rows.others, return_std=True)


def gp_both(rows: Rows) -> tuple[Vector, Vector]:
    """Return predictions of the multi-task Gaussian process on all rows."""
    surrogate = MultiTaskGaussianProcess(groups=rows.groups)
    return surrogate.fit(*rows.stacked()).predict(rows.others, return_std=True)


def trees_dear(rows: Rows) -> tuple[Vector, Vector]:
    """Return predictions of boosted trees on the dear rows."""
    surrogate = XGBoostSurrogate()
    return surrogate.fit(rows.X[: len(rows.dear)], rows.dear).predict(rows.others, return_std=True)


def trees_both(rows: Rows) -> tuple[Vector, Vector]:
    """Return predictions of boosted trees on all rows, the task a feature."""
    return MultiFidelityXGBoost().fit(*rows.stacked()).predict(rows.others, return_std=True)


CONTESTANTS = {
    "Gaussian process, dear rows": gp_dear,
    "Gaussian process, cheap rows": gp_cheap,
    "multi-task Gaussian process": gp_both,
    "XGBoost, dear rows": trees_dear,
    "XGBoost, task as a feature": trees_both,
}


def judged(y: Vector, mean: Vector, std: Vector) -> list[float]:
    """Return Kendall tau and the share of targets in central 90 % intervals."""
    return [kendall_tau(y, mean), calibration(y, mean, std, levels=[0.9]).coverage[0]]


def table(name: str, X: Matrix, cheap: Vector, dear: Vector, groups: list[int], seeds: int) -> list[dict]:
    """Return the rows of one table: each contestant at each number of cheap and dear rows."""
    lines = []
    for num_cheap in NUM_CHEAP:
        for num_dear in NUM_DEAR:
            results: dict[str, list[list[float]]] = {name: [] for name in CONTESTANTS}
            at = {"table": name, "num_cheap": num_cheap, "num_dear": num_dear}
            itself = []
            for seed in range(seeds):
                order = np.random.default_rng(seed).permutation(len(X))
                seen, other = order[:num_cheap], order[num_cheap : num_cheap + NUM_JUDGED]
                rows = Rows(X[seen], cheap[seen], dear[seen[:num_dear]], X[other], groups)
                itself.append(kendall_tau(dear[other], cheap[other]))
                for contestant, predict in CONTESTANTS.items():
                    results[contestant].append(judged(dear[other], *predict(rows)))
            for contestant, values in results.items():
                tau, coverage = np.mean(values, axis=0).round(3).tolist()
                spread = round(float(np.std(values, axis=0, ddof=1)[0]), 3) if seeds > 1 else None
                found = {
                    "kendall_tau": tau,
                    "deviation_over_seeds": spread,
                    "coverage_of_90_percent": coverage,
                }
                lines.append({**at, "contestant": contestant, **found})
                print(f"{name:12s} {num_cheap:5d} {num_dear:3d}  {contestant:30s} {tau:.3f}   {coverage:.2f}")
            of_itself = round(float(np.mean(itself)), 3)
            lines.append({**at, "contestant": MEASURED, "kendall_tau": of_itself})
            print(f"{'':24s}{MEASURED}: {of_itself:.3f}", flush=True)
    return lines


def curve_table(name: str, curves: Matrix, features: Matrix | None, seeds: int) -> list[dict]:
    """Return the rows of one table: the last value and extrapolations, after k epochs."""
    ways: dict[str, Matrix | None] = {"extrapolated": None}
    if features is not None:
        ways["extrapolated, with the architecture"] = features
    found: dict[tuple[str, int], list[list[float]]] = {}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(curves))
        learnt, other = order[:NUM_CURVES], order[NUM_CURVES : NUM_CURVES + 500]
        ends = curves[other, -1]
        for way, X in ways.items():
            surrogate = CurveExtrapolation(lengths=NUM_EPOCHS[name])
            surrogate.fit(curves[learnt], curves[learnt, -1], None if X is None else X[learnt])
            for k in NUM_EPOCHS[name]:
                seen = None if X is None else X[other]
                mean, std = surrogate.predict(curves[other, :k], return_std=True, features=seen)
                found.setdefault((way, k), []).append(judged(ends, mean, std))
        for k in NUM_EPOCHS[name]:
            found.setdefault(("last value", k), []).append([kendall_tau(ends, curves[other, k - 1]), np.nan])
    lines = []
    for (way, k), values in sorted(found.items(), key=lambda line: (line[0][1], line[0][0])):
        tau, coverage = np.mean(values, axis=0).round(3).tolist()
        line = {"table": name, "epochs_seen": k, "epochs": curves.shape[1], "way": way, "kendall_tau": tau}
        lines.append(line if way == "last value" else {**line, "coverage_of_90_percent": coverage})
        print(f"{name:16s} after {k:2d} epochs  {way:36s} {tau:.3f}   {coverage:.2f}", flush=True)
    return lines


def imported(name: str, source: Path, folder: Path) -> BenchmarkStore:
    """Return a benchmark of the shared tables as a store."""
    import_benchmark(importer_named(name), source, folder / f"{name}.h5")
    return BenchmarkStore.open(folder / f"{name}.h5")


def fidelity_tables(store: BenchmarkStore, seeds: int) -> tuple[list[dict], float]:
    """Return both tables on NAS-Bench-201, and the processor seconds of 300 + 100 rows, all scored."""
    cells = store.architectures
    X, groups = default_encoding(store.space, cells), list(default_encoding.groups(store.space))
    early = store.query(cells, "valid_accuracy", task="cifar10-valid", epochs=12, seed="mean")
    cifar, imagenet = (
        store.query(cells, "test_accuracy", task=task, epochs=200, seed="mean")
        for task in ("cifar10", "ImageNet16-120")
    )
    rows = Rows(X[:300], early[:300], cifar[:100], X, groups)
    start = time.process_time()
    gp_both(rows)
    seconds = round(time.process_time() - start, 3)
    lines = table("fidelities", X, early, cifar, groups, seeds)
    return lines + table("tasks", X, cifar, imagenet, groups, seeds), seconds


def curve_tables(recurrent: BenchmarkStore, seeds: int) -> list[dict]:
    """Return the tables of learning curves."""
    digits = BenchmarkStore.open(DIGITS)
    accuracy = digits.curves(digits.architectures, "valid_accuracy", seed=0).astype(np.float64)
    features = default_encoding(digits.space, digits.architectures)
    loss = recurrent.curves(recurrent.architectures, "valid_loss", seed=0, missing="nan").astype(np.float64)
    loss = loss[np.isfinite(loss).all(axis=1)]
    return [
        *curve_table("digits_cell201", accuracy, features, seeds),
        *curve_table("nas-bench-nlp", loss, None, seeds),
    ]


def main() -> None:
    """Judge everything, print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="samples of rows (default: 5)")
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        cells = imported("nasbench201-tables", SHARED / "nasbench201", Path(folder))
        logs = SHARED / "nasbench-nlp" / "train_logs_wikitext-2_logs.zip"
        curves = curve_tables(imported("nas-bench-nlp", logs, Path(folder)), seeds)
        lines, seconds = fidelity_tables(cells, seeds)
    packages = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost")
    result = {
        **about(),
        "versions": {package: version(package) for package in packages},
        "threads": 1,
        "seeds": seeds,
        "num_judged": NUM_JUDGED,
        "multi_task_300_and_100_rows_scores_15625_processor_seconds": seconds,
        "fidelities_and_tasks": lines,
        "curves": curves,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(f"multi-task, 300 + 100 rows, all 15,625 cells scored: {seconds} processor seconds")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
