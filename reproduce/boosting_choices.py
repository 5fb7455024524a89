"""Why boosted trees grow as they do: rounds and depth by the number of rows, features, objectives, seconds.

    python reproduce/boosting_choices.py --tables cache     # half an hour, one thread

Growth, features and objectives: NAS-Bench-201, CIFAR-10 and ImageNet16-120 (200-epoch test accuracy, mean
over the benchmark's seeds), judged on 2,000 other cells; means over both tasks and over seeds (4 up to 100
rows, 2 up to 1,000, then 1). Speed: an additive function of 100 binary features with noise, n to 50,000 rows;
processor seconds of one thread, in a process of its own for each n, whose greatest memory is told.
Reads the tables under SURRONAS_SHARED, or NAS-Bench-201 as imported in --tables; writes
results/boosting_choices.json. --only runs one part.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xgboost
from calibration import SOURCES
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.encodings import default_encoding, live_one_hot, live_one_hot_counts, one_hot
from surronas.metrics import calibration, kendall_tau, negative_log_likelihood
from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named
from surronas.surrogates import (
    Matrix,
    Surrogate,
    Vector,
    XGBoostQuantileSurrogate,
    XGBoostRankSurrogate,
    XGBoostSurrogate,
)

RESULT = Path(__file__).parent / "results" / "boosting_choices.json"
TASKS, NUM_JUDGED = ("cifar10", "ImageNet16-120"), 2_000
GROWTH_SIZES, GROWTHS = (
    (20, 100, 300, 1_000, 3_000, 10_000),
    ((100, 2), (100, 3), (200, 4), (200, 6), (200, 8)),
)
SIZES = (64, 256, 1_000, 5_000)
SPEED_SIZES = (20, 100, 300, 1_000, 10_000, 50_000)
Rows = list[dict[str, object]]


class Categorical(XGBoostSurrogate):
    """Boosted trees that split decisions as categories (xgboost's own), one column a decision."""

    def _boost(self, X: Matrix, z: Vector, learned: np.ndarray) -> xgboost.Booster:
        given = xgboost.QuantileDMatrix

        def categories(X: Matrix, targets: Matrix, nthread: int) -> xgboost.QuantileDMatrix:
            kinds = ["c"] * X.shape[1]
            return given(X, targets, nthread=nthread, feature_types=kinds, enable_categorical=True)

        xgboost.QuantileDMatrix = categories
        try:
            return super()._boost(X, z, learned)
        finally:
            xgboost.QuantileDMatrix = given

    def _members(self, X: Matrix) -> Matrix:
        data = xgboost.DMatrix(X, feature_types=["c"] * X.shape[1], enable_categorical=True)
        return self.booster_.predict(data).astype(np.float64).reshape(len(X), self.num_members)


def read(folder: Path) -> tuple[Architectures, list[Vector]]:
    """Return all cells (15625, 6) and the accuracies (15625,) of each task."""
    path = folder / "nasbench201-tables.h5"
    if not path.exists():
        import_benchmark(importer_named("nasbench201-tables"), SOURCES["nasbench201-tables"], path)
    store = BenchmarkStore.open(path)
    cells = store.architectures
    return cells, [store.query(cells, "test_accuracy", task=t, epochs=200, seed="mean") for t in TASKS]


def judge(surrogate: Surrogate, X: Matrix, targets: list[Vector], n: int) -> dict[str, object]:
    """Return Kendall tau, coverage of 90 % intervals, negative log likelihood and processor seconds."""
    found = []
    for seed in range(4 if n <= 100 else 2 if n <= 1_000 else 1):
        for y in targets:
            order = np.random.default_rng(seed).permutation(len(X))
            learnt, judged = order[:n], order[n : n + NUM_JUDGED]
            start = time.process_time()
            mean, std = surrogate.fit(X[learnt], y[learnt]).predict(X[judged], return_std=True)
            seconds = time.process_time() - start
            covered = calibration(y[judged], mean, std, levels=[0.9]).coverage[0]
            nll = negative_log_likelihood(y[judged] / y.std(), mean / y.std(), std / y.std())
            found.append([kendall_tau(y[judged], mean), covered, nll, seconds])
    names = ("kendall_tau", "coverage_of_90_percent", "nll", "processor_seconds")
    return dict(zip(names, np.mean(found, axis=0).round(4).tolist(), strict=True))


def told(part: str, rows: Rows, row: dict[str, object]) -> None:
    """Print a row and keep it."""
    rows.append(row)
    print(f"{part:10s}", "  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def growths(cells: Architectures, targets: list[Vector]) -> Rows:
    """Return how well trees rank by rows, rounds and depth."""
    X, rows = default_encoding(Cell201(), cells), []
    for n in GROWTH_SIZES:
        for rounds, depth in GROWTHS:
            if (n <= 100 and depth > 4) or (n >= 3_000 and depth < 4) or (n < 3_000 and depth > 6):
                continue
            surrogate = XGBoostSurrogate(num_rounds=rounds, max_depth=depth)
            told(
                "growth", rows, {"n": n, "rounds": rounds, "depth": depth, **judge(surrogate, X, targets, n)}
            )
    return rows


def features(cells: Architectures, targets: list[Vector]) -> Rows:
    """Return how well trees rank by what they see: categories, one-hot, and the default encoding."""
    space, rows = Cell201(), []
    dead = np.where(space.live(cells), cells + 1.0, 0.0)
    ways = {
        "decisions as categories": (Categorical(), cells.astype(np.float64)),
        "decisions one-hot": (XGBoostSurrogate(), one_hot(space, cells)),
        "live decisions as categories": (Categorical(), dead),
        "live decisions one-hot": (XGBoostSurrogate(), live_one_hot(space, cells)),
        "live decisions one-hot, counts": (XGBoostSurrogate(), live_one_hot_counts(space, cells)),
        "default encoding": (XGBoostSurrogate(), default_encoding(space, cells)),
    }
    for n in SIZES[:3]:  # an encoding tells most where rows are few
        for way, (surrogate, X) in ways.items():
            told("features", rows, {"n": n, "features": way, **judge(surrogate, X, targets, n)})
    return rows


def objectives(cells: Architectures, targets: list[Vector]) -> Rows:
    """Return how well trees of each objective rank, and how honest their intervals are."""
    X, rows = default_encoding(Cell201(), cells), []
    for n in SIZES:
        for surrogate in (XGBoostSurrogate(), XGBoostQuantileSurrogate(), XGBoostRankSurrogate()):
            name = type(surrogate).__name__
            told("objective", rows, {"n": n, "surrogate": name, **judge(surrogate, X, targets, n)})
    return rows


def speed_of(n: int) -> None:
    """Print processor seconds of a fit and of scoring 15,625 rows with std, and the process's memory."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (n + 15_625, 100)).astype(np.float64)
    y = 1.0 - np.exp(-X @ rng.uniform(0.0, 0.1, 100)) + 0.01 * rng.standard_normal(len(X))
    start = time.process_time()
    fitted = XGBoostSurrogate().fit(X[:n], y[:n])
    middle = time.process_time()
    fitted.predict(X[n:], return_std=True)
    seconds = [round(middle - start, 3), round(time.process_time() - middle, 3)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"n": n, "fit": seconds[0], "score_15625": seconds[1], "megabytes": memory}))


def speeds(*_: object) -> Rows:
    """Return seconds and memory by the number of rows."""
    rows: Rows = []
    for n in SPEED_SIZES:
        command = [sys.executable, __file__, "--speed-of", str(n)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        told("speed", rows, json.loads(answer))
    return rows


PARTS: dict[str, Callable[[Architectures, list[Vector]], Rows]] = {
    "growth": growths,
    "features": features,
    "objectives": objectives,
    "speed": speeds,
}


def main() -> None:
    """Measure every part, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, help="folder that the table is imported into, or lies in")
    parser.add_argument("--only", choices=tuple(PARTS))
    parser.add_argument("--speed-of", type=int, metavar="N", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.speed_of:
        speed_of(asked.speed_of)
        return
    folder = asked.tables or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    data = read(folder)
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for part in [asked.only] if asked.only else PARTS:
        result |= {**about(), "xgboost": xgboost.__version__, "load_before": round(os.getloadavg()[0], 1)}
        result[part] = PARTS[part](*data)
        RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
