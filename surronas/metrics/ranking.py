"""How well predictions rank: rank correlations, and what is found among the best predicted.

All take (n,) targets and (n,) predictions, finite, and return one number; NaN is refused.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.metrics.arrays import constant, same_shape

TENTH_OF_A_PERCENT = 0.001  # of an accuracy: what NAS-Bench-301 rounds predictions to


def kendall_tau(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return Kendall's tau-b in [-1, 1]; 0 when either side is constant, as nothing is ranked then.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values.
    """
    from scipy.stats import kendalltau  # 1.4 s to import

    y, mean = same_shape(2, targets=targets, predictions=predictions)
    return 0.0 if constant(y, mean) else float(kendalltau(y, mean).statistic)


def sparse_kendall_tau(
    targets: ArrayLike, predictions: ArrayLike, *, step: float = TENTH_OF_A_PERCENT
) -> float:
    """Return Kendall's tau-b of targets and predictions rounded to multiples of ``step``, in [-1, 1].

    Differences that are too small to matter neither help nor harm. As in NAS-Bench-301 (Zela et al. 2022)
    and NASLib, the predictions alone are rounded, to .1 % of accuracy. 0 when either side is constant.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values; the step is
            not above 0.
    """
    if not step > 0:
        raise InputError(f"expected a step above 0, in the targets' unit, got {step}")
    y, mean = same_shape(2, targets=targets, predictions=predictions)
    return kendall_tau(y, np.round(mean / step))


def spearman(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return Spearman's rank correlation in [-1, 1]; 0 when either side is constant.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values.
    """
    from scipy.stats import spearmanr  # 1.4 s to import

    y, mean = same_shape(2, targets=targets, predictions=predictions)
    return 0.0 if constant(y, mean) else float(spearmanr(y, mean).statistic)


def precision_at_k(targets: ArrayLike, predictions: ArrayLike, k: int) -> float:
    """Return the share in [0, 1] of the k best predicted that are among the k best; more is better in both.

    A row that ties with the k-th best target is among them. Where predictions tie at the k-th place it is
    the expectation over which of them are taken, so the order of rows does not matter.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or k is not between 1 and n.
    """
    y, above, tied, taken = _best_predicted(targets, predictions, k)
    good = y >= np.partition(y, len(y) - k)[len(y) - k]
    return float((good[above].sum() + taken * good[tied].mean()) / k)


def regret_at_k(targets: ArrayLike, predictions: ArrayLike, k: int) -> float:
    """Return how far the best target among the k best predicted lies below the best, in the targets' unit.

    At least 0; more is better in both arrays. Where predictions tie at the k-th place it is the expectation
    over which of them are taken.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or k is not between 1 and n.
    """
    y, above, tied, taken = _best_predicted(targets, predictions, k)
    candidates = np.sort(y[tied])[::-1]
    # drawing `taken` of t without replacement: the i-th best is the best drawn if none above it is
    drawn = np.minimum(1.0, taken / (len(candidates) - np.arange(len(candidates))))
    best_drawn = drawn * np.append(1.0, np.cumprod(1.0 - drawn))[:-1]
    best_above = y[above].max(initial=-np.inf)
    return float(best_drawn @ (y.max() - np.maximum(candidates, best_above)))


def _best_predicted(
    targets: ArrayLike, predictions: ArrayLike, k: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], int]:
    """Return targets, the rows predicted above the k-th best, those that tie with it, how many are taken."""
    y, mean = same_shape(1, targets=targets, predictions=predictions)
    if not 1 <= k <= len(y):
        raise InputError(f"expected k from 1 to the {len(y)} rows, got {k}")
    limit = np.partition(mean, len(mean) - k)[len(mean) - k]
    above = mean > limit
    return y, above, mean == limit, k - int(above.sum())
