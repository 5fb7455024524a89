"""Every query of a comparison as a table for other tools."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.results import Comparison
from surronas.store.files import write_aside
from surronas.store.handover import Table, parquet_parts

_NUMBERS = ("scores", "test", "train_seconds", "epochs", "decision_seconds", "clock")


def query_table(comparison: Comparison) -> Table:
    """Return the columns of all n queries, row by row: searcher, problem, seed, query, then the numbers."""
    where = np.argwhere(comparison.asked)
    at = tuple(where.T)
    names = [problem.name for problem in comparison.problems]
    columns: dict[str, list[str] | NDArray[Any]] = {
        "searcher": [comparison.searchers[row] for row in where[:, 0]],
        "problem": [names[row] for row in where[:, 1]],
        "seed": np.array(comparison.seeds, np.int64)[where[:, 2]],
        "query": where[:, 3] + 1,
        "network": comparison.keys[at],
    }
    columns |= {name: getattr(comparison, name)[at] for name in _NUMBERS}
    columns |= {name: getattr(comparison, name)[at] for name in ("incumbents", "regret", "test_of_best")}
    return columns


def write_parquet(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Write a row for each query to a Parquet file, with the settings as metadata.

    Raises:
        MissingPackageError: pyarrow is not installed.
        StoreError: the file can't be written.
    """
    write_aside(Path(path), parquet_parts(query_table(comparison), json.dumps(comparison.settings)))
