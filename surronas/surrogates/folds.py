"""Rows in folds, and what a surrogate says of each row when it was fitted without that row's fold."""

import numpy as np
from numpy.typing import NDArray

from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted


def fold_of_each_row(n: int, num_folds: int, seed: int) -> NDArray[np.int64]:
    """Return (n,) fold numbers 0, 1, ..., as even as can be, by chance; at most n folds."""
    fold: NDArray[np.int64] = np.random.default_rng(seed).permutation(n) % min(num_folds, n)
    return fold


def out_of_fold(surrogate: Surrogate, X: Matrix, y: Vector, fold: NDArray[np.int64]) -> tuple[Vector, Vector]:
    """Return mean (n,) and standard deviation (n,) of each row by a fit without the rows of its fold."""
    mean, std = np.empty((2, len(X)))
    for number in range(int(fold.max()) + 1):
        left_out = fold == number
        fitted = unfitted(surrogate).fit(X[~left_out], y[~left_out])
        mean[left_out], std[left_out] = fitted.predict(X[left_out], return_std=True)
    return mean, std
