"""Words in records: a column of 10,000 rows mostly holds one task, one recipe; so look where they change."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def stretches(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return (k,) where stretches of rows start in which no column changes."""
    starts = np.zeros(len(columns[0]), bool)
    starts[:1] = True
    for column in columns:
        starts[1:] |= (column[1:] != column[:-1]).astype(bool)
    return np.flatnonzero(starts)


def numbered(*columns: NDArray[Any]) -> tuple[list[tuple[Any, ...]], NDArray[np.int64]]:
    """Return the distinct rows of n-row columns, sorted, and (n,) the number of each row among them."""
    starts = stretches(*columns)
    keys = list(zip(*(column[starts].tolist() for column in columns), strict=True))
    known = {key: number for number, key in enumerate(sorted(set(keys)))}
    numbers = np.array([known[key] for key in keys], np.int64)
    return list(known), numbers.repeat(np.diff(np.append(starts, len(columns[0]))))
