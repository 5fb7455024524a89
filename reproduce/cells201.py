"""NAS-Bench-201's cells with their accuracies, read from the derived table: for the scripts of choices."""

import csv
import gzip
import os
import sys
from pathlib import Path

import numpy as np

from surronas.spaces import Architectures, Cell201
from surronas.surrogates import Vector

SHARED = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared"))
TABLE = SHARED / "data/benchmarks/nasbench201/derived/nb201_table.csv.gz"
NUM_JUDGED = 2000
COLUMNS = {  # test accuracy after 200 epochs, mean over the benchmark's seeds, in percent
    "CIFAR-10": "cifar10_test_200_mean",
    "CIFAR-100": "cifar100_test_200_mean",
    "ImageNet16-120": "in16_test_200_mean",
}


def read_rows() -> tuple[Architectures, dict[str, Vector]]:
    """Return all cells (15625, 6) and each task's accuracies (15625,) in percent."""
    if not TABLE.exists():
        sys.exit(f"no table at {TABLE}: set SURRONAS_SHARED to the folder that holds data/benchmarks")
    with gzip.open(TABLE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    return Cell201().from_strings([row["arch_str"] for row in rows]), {
        task: np.array([float(row[column]) for row in rows]) for task, column in COLUMNS.items()
    }
