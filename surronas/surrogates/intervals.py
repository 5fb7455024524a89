"""Intervals and probabilities of any surrogate: its own where it tells them, else those of a Gaussian."""

import numpy as np
from scipy.special import ndtr, ndtri

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Surrogate, Vector


def interval_of(surrogate: Surrogate, X: Matrix, level: float = 0.9) -> tuple[Vector, Vector]:
    """Return lower and upper ends (n,), (n,) of central intervals of a fitted surrogate.

    Raises:
        InputError: ``level`` is not inside (0, 1).
    """
    check_level(level)
    own = getattr(surrogate, "predict_interval", None)
    if own is not None:
        low, high = own(X, level)
        return low, high
    mean, std = surrogate.predict(X, return_std=True)
    half = float(ndtri((1.0 + level) / 2.0)) * std
    return mean - half, mean + half


def cdf_of(surrogate: Surrogate, X: Matrix, y: Vector) -> Vector:
    """Return the (n,) probabilities that a fitted surrogate predicts of targets at most y (n,)."""
    own = getattr(surrogate, "cdf", None)
    if own is not None:
        return np.asarray(own(X, y), dtype=np.float64)
    mean, std = surrogate.predict(X, return_std=True)
    return np.asarray(ndtr((y - mean) / std), dtype=np.float64)


def check_level(level: float) -> None:
    """Raise an InputError unless the level is inside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise InputError(f"level: expected a share inside (0, 1), such as 0.9, got {level}")
