"""How far a predicted mean and standard deviation can be trusted: (n,) each, finite; NaN is refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.metrics.arrays import same_shape

LEVELS = (0.5, 0.8, 0.9, 0.95)  # of the central intervals that calibration is judged at


@dataclass(frozen=True)
class Calibration:
    """Central intervals mean ± z std: what share of targets fell inside, beside the share that should have.

    Attributes:
        levels: (k,) nominal shares.
        coverage: (k,) observed shares.
        error: expected calibration error, the mean of |coverage - level| over 99 levels from .01 to .99
            (Kuleshov, Fenner and Ermon 2018, for central intervals).
    """

    levels: tuple[float, ...]
    coverage: tuple[float, ...]
    error: float


def negative_log_likelihood(targets: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    """Return the mean of -log N(target; mean, std²), in nats for targets in their unit; lower is better.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing, or a std is not positive.
    """
    y, mu, sigma = same_shape(1, targets=targets, mean=mean, std=std)
    z = (y - mu) / _positive(sigma)
    return float(np.mean(0.5 * z**2 + np.log(sigma) + 0.5 * np.log(2.0 * np.pi)))


def calibration(
    targets: ArrayLike, mean: ArrayLike, std: ArrayLike, *, levels: Sequence[float] = LEVELS
) -> Calibration:
    """Return the coverage of central Gaussian intervals at each level, and the expected calibration error.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing; a std is not positive; a
            level is not inside (0, 1).
    """
    from scipy.special import ndtr

    y, mu, sigma = same_shape(1, targets=targets, mean=mean, std=std)
    return calibration_of_probabilities(ndtr((y - mu) / _positive(sigma)), levels=levels)


def calibration_of_probabilities(
    probabilities: ArrayLike, *, levels: Sequence[float] = LEVELS
) -> Calibration:
    """Return the coverage of central intervals, whatever the predicted distributions' shape.

    ``probabilities`` (n,) are those that were predicted of a value at most the target's: a central interval
    of level .9 holds the targets whose probability is between .05 and .95.

    Raises:
        InputError: they are not (n,), hold NaN, or nothing; a level is not inside (0, 1).
    """
    (p,) = same_shape(1, probabilities=probabilities)
    _check_levels(levels)
    needed = np.abs(2.0 * p - 1.0)  # the smallest level that holds the target
    fine = np.arange(1, 100) / 100.0
    return Calibration(
        levels=tuple(levels),
        coverage=tuple(float(np.mean(needed <= level)) for level in levels),
        error=float(np.mean(np.abs(np.mean(needed[:, None] <= fine, axis=0) - fine))),
    )


def sharpness(std: ArrayLike, *, level: float = 0.9) -> float:
    """Return the mean width of central Gaussian intervals, in the targets' unit: less is better.

    Raises:
        InputError: the stds are not (n,), hold NaN or infinity, or nothing, or one is not positive; the
            level is not inside (0, 1).
    """
    from scipy.special import ndtri

    (sigma,) = same_shape(1, std=std)
    _check_levels([level])
    return float(2.0 * ndtri(0.5 + level / 2.0) * np.mean(_positive(sigma)))


def _check_levels(levels: Sequence[float]) -> None:
    """Refuse levels that no interval has."""
    if not all(0.0 < level < 1.0 for level in levels):
        raise InputError(f"expected levels inside (0, 1), such as 0.9 for a 90 % interval, got {levels}")


def _positive(std: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return std if all of it is above zero."""
    if not (std > 0).all():
        row = int(np.argmin(std))
        raise InputError(f"std: expected values above 0, got {std[row]} at row {row}")
    return std
