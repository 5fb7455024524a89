"""Cholesky factors of covariance matrices, and of those with rows added."""

import numpy as np
from scipy.linalg import lapack, solve_triangular

from surronas.errors import InputError
from surronas.surrogates.kernels import Array

JITTER = 1e-8  # of the targets' variance: far under any noise measured (1e-4 and up), keeps K factorable


def cholesky(covariance: Array, noise: Array | float) -> Array:
    """Return the lower Cholesky factor (n, n) of ``covariance + diag(noise + jitter)``.

    The jitter grows tenfold, to 1e-2 at most, until the matrix is positive definite. The argument's
    diagonal is overwritten.

    Raises:
        InputError: it never is: the features or targets are too large or too small for float64.
    """
    diagonal = np.einsum("ii->i", covariance)
    clean = diagonal + noise
    for jitter in JITTER * 10.0 ** np.arange(7):
        diagonal[:] = clean + jitter
        factor, failed = lapack.dpotrf(covariance, lower=1, clean=1)
        if not failed and np.isfinite(factor[-1, -1]):  # LAPACK lets NaN pass
            return np.asarray(factor)
    raise InputError(
        "the covariance of the rows is not positive definite; expected features and targets that float64 "
        "can square and sum: rescale them"
    )


def with_rows_added(factor: Array, cross: Array, corner: Array, noise: Array | float) -> Array:
    """Return the factor (n + k, n + k) of a matrix of which ``factor`` (n, n) is known, in O(n² k).

    ``cross`` (k, n) are the covariances of the new rows with the old, ``corner`` (k, k) those among the new.

    Raises:
        InputError: the new rows' covariance is not positive definite.
    """
    n, k = len(factor), len(corner)
    grown = np.zeros((n + k, n + k), order="F")
    grown[:n, :n] = factor
    grown[n:, :n] = solve_triangular(factor, cross.T, lower=True, check_finite=False).T
    grown[n:, n:] = cholesky(corner - grown[n:, :n] @ grown[n:, :n].T, noise)
    return grown
