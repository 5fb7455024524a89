"""Thompson sampling (Thompson 1933): measure what is best in a world drawn from the beliefs."""

import numpy as np
from numpy.typing import NDArray

from surronas.acquisition.improvement import standardized
from surronas.errors import InputError

Array = NDArray[np.float64]


def thompson_sample(mean: Array, std: Array, rng: np.random.Generator) -> Array:
    """Return one draw (n,) from each point's own N(mean, std²): independent Thompson sampling.

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    standardized(mean, std, 0.0)
    return mean + std * rng.standard_normal(len(mean))


def joint_thompson_sample(mean: Array, covariance: Array, n: int, rng: np.random.Generator) -> Array:
    """Return n draws (n, m) from N(mean, covariance): points that are alike come out alike.

    The covariance may be singular: where Cholesky's method fails, its root is taken by eigenvalues.

    Raises:
        InputError: shapes other than (m,) and (m, m), numbers that are not finite, or a covariance that is
            none: not symmetric, or with an eigenvalue clearly below zero.
    """
    check_joint(mean, covariance)
    drawn: Array = mean + rng.standard_normal((n, len(mean))) @ _root(covariance).T
    return drawn


def _root(covariance: Array) -> Array:
    """Return R (m, m) with R R' the covariance."""
    jitter = 1e-9 * np.diag(covariance).max(initial=0.0)  # far under any variance that matters
    try:
        return np.linalg.cholesky(covariance + jitter * np.eye(len(covariance)))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * max(values[-1], 0.0):
        raise InputError(f"covariance: expected no eigenvalue below 0, got {values[0]:.3g}")
    root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def check_joint(mean: Array, covariance: Array) -> None:
    """Raise unless mean (m,) and covariance (m, m) are finite and the latter symmetric.

    Raises:
        InputError: they are not.
    """
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise InputError(
            f"expected a mean (m,) and a covariance (m, m), got shapes {mean.shape} and {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise InputError("expected finite mean and covariance; does the surrogate predict NaN?")
    if len(mean) and np.abs(covariance - covariance.T).max() > 1e-6 * np.abs(covariance).max():
        raise InputError("covariance: expected a symmetric matrix")
