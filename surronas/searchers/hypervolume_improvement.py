"""Expected hypervolume improvement, exact for any number of objectives.

With independent Gaussian predictions the expectation over what a front leaves undominated is a sum over the
disjoint boxes that fill it (``metrics.boxes``),

    EHVI = sum over boxes of the product over objectives j of (EI_j(lower_j) - EI_j(upper_j)),

as the improvement is the integral over undominated points z of P(y_1 >= z_1) ... P(y_k >= z_k), and the
integral of P(y_j >= z_j) from a on is the expected improvement EI_j(a) over a. For two objectives the boxes
are the strips of Emmerich, Deutz and Klinkenberg 2011 and of Yang et al. 2019 (eq. 13, there minimised).

It is summed in logarithms, so that candidates far behind the front, of whom there are thousands, still rank.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from surronas.acquisition import log_expected_improvement
from surronas.errors import InputError
from surronas.metrics import pareto_front
from surronas.metrics.boxes import undominated_boxes

Array = NDArray[np.float64]

_NUMBERS_AT_ONCE = 2**21  # candidates x boxes x objectives: 16 MB an array


def log_expected_hypervolume_improvement(mean: Array, std: Array, scores: Array, reference: Array) -> Array:
    """Return log E[hypervolume gained by one more row] (n,), in the product of the scores' units.

    Args:
        mean: (n, k) of independent Gaussian predictions of scores, of which more is better.
        std: (n, k) their standard deviations.
        scores: (m, k) measured so far, m >= 0.
        reference: (k,) what a row has to exceed in every objective to count.

    Raises:
        InputError: the shapes differ, or numbers are not finite, or a standard deviation is negative.
    """
    if mean.ndim != 2 or mean.shape != std.shape or not scores.shape[1:] == reference.shape == mean.shape[1:]:
        raise InputError(
            f"expected mean and std (n, k), scores (m, k) and a reference (k,), got {mean.shape}, "
            f"{std.shape}, {scores.shape} and {reference.shape}"
        )
    lower, upper = undominated_boxes(scores, reference)
    per_block = max(1, _NUMBERS_AT_ONCE // lower.size)
    blocks = range(0, len(mean), per_block)
    parts = [_block(mean[at : at + per_block], std[at : at + per_block], lower, upper) for at in blocks]
    return np.concatenate([np.empty(0), *parts])


def expected_hypervolume_improvement(mean: Array, std: Array, scores: Array, reference: Array) -> Array:
    """Return E[hypervolume gained by one more row] (n,); arguments and errors as of its logarithm."""
    return np.exp(log_expected_hypervolume_improvement(mean, std, scores, reference))


def _block(mean: Array, std: Array, lower: Array, upper: Array) -> Array:
    """Return (n,) logarithms of the sum over boxes, all at once."""
    total = np.zeros((len(mean), len(lower)))
    for j in range(mean.shape[1]):
        bounds, at = np.unique(np.append(lower[:, j], upper[:, j]), return_inverse=True)
        table = np.full((len(mean), len(bounds)), -np.inf)  # beyond infinity nothing is gained
        for b, bound in enumerate(bounds.tolist()):
            if np.isfinite(bound):
                table[:, b] = log_expected_improvement(mean[:, j], std[:, j], bound)
        total += _log_difference(table[:, at[: len(lower)]], table[:, at[len(lower) :]])
    return np.asarray(logsumexp(total, axis=1)) if len(lower) else np.full(len(mean), -np.inf)


def _log_difference(larger: Array, smaller: Array) -> Array:
    """Return log(exp(larger) - exp(smaller)), -inf where they are equal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.isneginf(smaller), 0.0, np.exp(np.minimum(smaller - larger, 0.0)))
        return np.where(np.isneginf(larger), -np.inf, larger + np.log1p(-ratio))


def reference_point(scores: Array) -> Array:
    """Return (k,) a reference a tenth of the front's range below its lowest values (Ishibuchi et al. 2018).

    That is for fronts of some ten points; the ends of the front still count. Where the front has no range,
    that of all scores (m, k), m >= 1, takes its place, or 1.
    """
    front = scores[pareto_front(scores)]
    spread, whole = np.ptp(front, axis=0), np.ptp(scores, axis=0)
    spread = np.where(spread > 0, spread, np.where(whole > 0, whole, 1.0))
    return np.asarray(front.min(axis=0) - 0.1 * spread)
