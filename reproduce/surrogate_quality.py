"""How well the default surrogates rank, and how far their intervals can be trusted, on NAS-Bench-201.

    python reproduce/surrogate_quality.py            # some minutes, one thread

Trained on n random cells, judged on 2,000 others: Kendall tau and the coverage of central 90 % intervals,
mean over seeds. Target: 200-epoch test accuracy, mean over the benchmark's seeds. "floor" is the probe
that these defaults have to beat (a squared-exponential Gaussian process, rank-Gaussian targets, 5 seeds).
Reads the table under SURRONAS_SHARED (default: ../shared beside the checkout).
"""

import csv
import gzip
import json
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from surronas.encodings import live_one_hot_counts
from surronas.metrics import calibration, kendall_tau, negative_log_likelihood
from surronas.spaces import Architectures, Cell201
from surronas.surrogates import GaussianProcessSurrogate, Vector, XGBoostSurrogate

SHARED = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared"))
TABLE = SHARED / "data/benchmarks/nasbench201/derived/nb201_table.csv.gz"
RESULT = Path(__file__).parent / "results" / "surrogate_quality.json"
SIZES = (16, 32, 64, 128, 256, 469)
NUM_JUDGED = 2000
NUM_SEEDS = 5
COLUMNS = {
    "CIFAR-10": "cifar10_test_200_mean",
    "CIFAR-100": "cifar100_test_200_mean",
    "ImageNet16-120": "in16_test_200_mean",
}
FLOOR = {
    "CIFAR-10": (0.491, 0.619, 0.698, 0.763, 0.805, 0.836),
    "CIFAR-100": (0.460, 0.607, 0.682, 0.750, 0.793, 0.825),
    "ImageNet16-120": (0.461, 0.620, 0.676, 0.733, 0.787, 0.818),
}
SURROGATES = {"Gaussian process": GaussianProcessSurrogate(), "XGBoost": XGBoostSurrogate()}


def read_rows() -> tuple[Architectures, dict[str, Vector]]:
    """Return all cells (15625, 6) and each task's accuracies (15625,) in percent."""
    if not TABLE.exists():
        sys.exit(f"no table at {TABLE}: set SURRONAS_SHARED to the folder that holds data/benchmarks")
    with gzip.open(TABLE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    return Cell201().from_strings([row["arch_str"] for row in rows]), {
        task: np.array([float(row[column]) for row in rows]) for task, column in COLUMNS.items()
    }


def judge(surrogate: GaussianProcessSurrogate | XGBoostSurrogate, X: np.ndarray, y: Vector, n: int) -> Vector:
    """Return mean over seeds of Kendall tau, coverage of 90 % intervals and negative log likelihood."""
    results = []
    for seed in range(NUM_SEEDS):
        order = np.random.default_rng(seed).permutation(len(X))
        trained, judged = order[:n], order[n : n + NUM_JUDGED]
        mean, std = surrogate.fit(X[trained], y[trained]).predict(X[judged], return_std=True)
        covered = calibration(y[judged], mean, std, levels=[0.9]).coverage[0]
        results.append([kendall_tau(y[judged], mean), covered, negative_log_likelihood(y[judged], mean, std)])
    return np.mean(results, axis=0)


def main() -> None:
    """Judge both surrogates on the three tasks, print the table and write it."""
    cells, targets = read_rows()
    features = live_one_hot_counts(Cell201(), cells)
    print(f"{'':34s}" + "".join(f"{n:>8d}" for n in SIZES))
    rows = []
    for task, y in targets.items():
        print(f"{task:15s} {'tau: floor':18s}" + "".join(f"{tau:8.3f}" for tau in FLOOR[task]))
        for name, surrogate in SURROGATES.items():
            tau, covered, nll = (
                np.array([judge(surrogate, features, y, n) for n in SIZES]).T.round(3).tolist()
            )
            rows.append(
                {"task": task, "surrogate": name, "kendall_tau": tau, "coverage": covered, "nll": nll}
            )
            print(f"{'':15s} {'tau: ' + name:18s}" + "".join(f"{value:8.3f}" for value in tau))
            print(
                f"{'':15s} {'  90 % holds':18s}" + "".join(f"{value:8.2f}" for value in covered), flush=True
            )
    packages = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost")
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "table": TABLE.name,
        "target": "test accuracy, 200 epochs, mean over seeds",
        "sizes": SIZES,
        "num_judged": NUM_JUDGED,
        "num_seeds": NUM_SEEDS,
        "floor": FLOOR,
        "versions": {package: version(package) for package in packages},
        "rows": rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
