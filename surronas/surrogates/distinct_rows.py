"""Predict each distinct row once: most cells of a space share their live edges with another cell."""

import numpy as np
from numpy.typing import NDArray

from surronas.surrogates.base import Matrix


def distinct_rows(X: Matrix) -> tuple[Matrix, NDArray[np.int64] | slice]:
    """Return distinct rows (k, p) and the index (n,) that expands them to ``X`` again.

    Rows are told apart by one number each, a fixed random projection, and compared in full afterwards:
    2 ms for 15,625 x 41, where ``np.unique(axis=0)`` takes 80. Should two different rows share a number,
    all rows are returned.
    """
    direction = np.random.default_rng(0).standard_normal(X.shape[1])
    _, first, inverse = np.unique(X @ direction, return_index=True, return_inverse=True)
    rows = X[first]
    return (rows, inverse) if np.array_equal(rows[inverse], X) else (X, slice(None))
