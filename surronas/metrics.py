"""How good predictions and searches are: plain functions of arrays. SciPy computes where it can."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError

LEVELS = (0.5, 0.8, 0.9, 0.95)  # of the central intervals that calibration is judged at


@dataclass(frozen=True)
class Calibration:
    """Central intervals mean ± z std: what share of targets fell inside, beside the share that should have.

    Attributes:
        levels: (k,) nominal shares.
        coverage: (k,) observed shares.
        error: expected calibration error, the mean of |coverage - level| over 99 levels from .01 to .99.
    """

    levels: tuple[float, ...]
    coverage: tuple[float, ...]
    error: float


def kendall_tau(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return Kendall's tau-b in [-1, 1]; 0 when either side is constant, as nothing is ranked then.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values.
    """
    from scipy.stats import kendalltau  # 1.4 s to import

    y, mean = _same_shape(2, targets=targets, predictions=predictions)
    return 0.0 if _constant(y, mean) else float(kendalltau(y, mean).statistic)


def spearman(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return Spearman's rank correlation in [-1, 1]; 0 when either side is constant.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values.
    """
    from scipy.stats import spearmanr  # 1.4 s to import

    y, mean = _same_shape(2, targets=targets, predictions=predictions)
    return 0.0 if _constant(y, mean) else float(spearmanr(y, mean).statistic)


def root_mean_squared_error(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return the root mean squared error, in the targets' unit.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing.
    """
    y, mean = _same_shape(1, targets=targets, predictions=predictions)
    return float(np.sqrt(np.mean((y - mean) ** 2)))


def negative_log_likelihood(targets: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    """Return the mean of -log N(target; mean, std²), in nats for targets in their unit; lower is better.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing, or a std is not positive.
    """
    y, mu, sigma = _same_shape(1, targets=targets, mean=mean, std=std)
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

    y, mu, sigma = _same_shape(1, targets=targets, mean=mean, std=std)
    if not all(0.0 < level < 1.0 for level in levels):
        raise InputError(f"expected levels inside (0, 1), such as 0.9 for a 90 % interval, got {levels}")
    needed = 2.0 * ndtr(np.abs(y - mu) / _positive(sigma)) - 1.0  # the smallest level that holds the target
    fine = np.arange(1, 100) / 100.0
    return Calibration(
        levels=tuple(levels),
        coverage=tuple(float(np.mean(needed <= level)) for level in levels),
        error=float(np.mean(np.abs(np.mean(needed[:, None] <= fine, axis=0) - fine))),
    )


def simple_regret(scores: ArrayLike, optimum: float) -> NDArray[np.float64]:
    """Return (n,) how far the best of the first 1, 2, ..., n scores lies below the optimum, in its unit.

    A failed evaluation, NaN, leaves the best as it was; before the first success the regret is infinite.

    Raises:
        InputError: the scores are not of shape (n,), or the optimum is not finite.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(optimum):
        raise InputError(f"expected scores (n,) and a finite optimum, got {values.shape} and {optimum}")
    return optimum - np.maximum.accumulate(np.where(np.isnan(values), -np.inf, values))


def _same_shape(least: int, **arrays: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the arrays as float64 of one shape (n,), n >= ``least``, all finite."""
    vectors = [np.asarray(array, dtype=np.float64) for array in arrays.values()]
    shapes = {name: vector.shape for name, vector in zip(arrays, vectors, strict=True)}
    if len(set(shapes.values())) != 1 or vectors[0].ndim != 1 or len(vectors[0]) < least:
        raise InputError(f"expected arrays of one shape (n,) with n >= {least}, got {shapes}")
    for name, vector in zip(arrays, vectors, strict=True):
        if not np.isfinite(vector).all():
            row = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise InputError(
                f"{name}: expected finite values, got {vector[row]} at row {row}; leave failed rows out"
            )
    return vectors


def _positive(std: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return std if all of it is above zero."""
    if not (std > 0).all():
        row = int(np.argmin(std))
        raise InputError(f"std: expected values above 0, got {std[row]} at row {row}")
    return std


def _constant(*vectors: NDArray[np.float64]) -> bool:
    """Return whether any of the vectors has only one value."""
    return any(bool((vector == vector[0]).all()) for vector in vectors)
