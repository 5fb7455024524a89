"""Improvement over the best score so far: its expectation, the log of it, its probability, and a bound.

Notation: ``mean`` (n,) and ``std`` (n,) of a Gaussian prediction, ``best`` the greatest score so far,
z = (mean - best) / std, phi and Phi the normal density and distribution function.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log1p, ndtr

from surronas.errors import InputError

Array = NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)
_SQRT_HALF_PI = np.sqrt(0.5 * np.pi)
_NEAR = -1.0  # from here up, phi + z Phi loses no digits
_FAR = -1.0 / np.sqrt(np.finfo(np.float64).eps)  # from here down, 1 - x in the middle branch is all rounding


def expected_improvement(mean: Array, std: Array, best: float) -> Array:
    """Return E[max(f - best, 0)] (n,), in the unit of the scores (Jones et al. 1998, eq. 15).

    It underflows to 0 for points some 38 standard deviations under ``best``; to rank those use its logarithm.

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    return np.exp(log_expected_improvement(mean, std, best))


def log_expected_improvement(mean: Array, std: Array, best: float) -> Array:
    """Return log E[max(f - best, 0)] (n,), finite where std > 0 (Ament et al. 2023, eq. 9).

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    z = standardized(mean, std, best)
    with np.errstate(divide="ignore"):
        certain = np.log(np.maximum(mean - best, 0.0))  # for std = 0: -inf, or the log of a sure gain
        return np.where(std > 0, log_h(np.where(std > 0, z, 0.0)) + np.log(std), certain)


def probability_of_improvement(mean: Array, std: Array, best: float) -> Array:
    """Return P(f > best) (n,) (Kushner 1964).

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    return np.asarray(ndtr(standardized(mean, std, best)))


def upper_confidence_bound(mean: Array, std: Array, best: float, *, beta: float = 2.0) -> Array:
    """Return mean + beta std (n,), in the unit of the scores; ``best`` plays no part (Srinivas et al. 2010).

    ``beta`` counts standard deviations; for another than 2 use ``functools.partial``.

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    standardized(mean, std, best)
    return mean + beta * std


def standardized(mean: Array, std: Array, best: float) -> Array:
    """Return z = (mean - best) / std (n,); for std = 0 it is infinite, or 0 where mean equals best.

    Raises:
        InputError: a standard deviation is negative or not finite, or the shapes differ.
    """
    if mean.shape != std.shape or mean.ndim != 1:
        raise InputError(f"expected mean and std of one shape (n,), got {mean.shape} and {std.shape}")
    if not (np.isfinite(std).all() and (std >= 0).all() and np.isfinite(mean).all() and np.isfinite(best)):
        raise InputError("expected finite mean, std and best, and std >= 0; does the surrogate predict NaN?")
    away = mean - best
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(std > 0, away / std, np.where(away == 0, 0.0, np.copysign(np.inf, away)))


def log_h(z: Array) -> Array:
    """Return log(phi(z) + z Phi(z)) (Ament et al. 2023, eq. 9); the three branches differ by rounding only.

    z > -1: the sum itself. Further down the two terms cancel, so phi is taken out,
    h = phi (1 - x) with x = -z Phi / phi = -z sqrt(pi/2) erfcx(-z / sqrt 2), and erfcx neither cancels nor
    underflows. At the far end x rounds to 1, but 1 - x tends to 1 / z².
    """
    log_phi = -0.5 * z**2 - _LOG_SQRT_2PI
    near = np.maximum(z, _NEAR)
    middle = np.clip(z, _FAR, _NEAR)
    far = np.minimum(z, _FAR)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value_near = np.log(np.exp(-0.5 * near**2 - _LOG_SQRT_2PI) + near * ndtr(near))
        value_middle = log_phi + log1p(middle * _SQRT_HALF_PI * erfcx(-middle / np.sqrt(2.0)))
        value_far = log_phi - 2.0 * np.log(-far)
    return np.asarray(np.where(z > _NEAR, value_near, np.where(z > _FAR, value_middle, value_far)))
