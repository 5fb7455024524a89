"""Two searchers against each other: rank tests, Holm's correction, effect size, seeds that a claim needs.

Values are regrets or other losses: less is better, infinite is allowed (nothing found yet). Sources:
Wilcoxon signed-rank test with Pratt's (1959) zeros; Mann and Whitney (1947); Holm (1979); A12 of Vargha and
Delaney (2000), which is (Cliff's delta + 1) / 2, with the asymmetric interval of Feng and Cliff (2004);
seeds by Noether (1987).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError

Floats = NDArray[np.float64]
_EXACT = 50  # pairs


def wilcoxon_p(first: ArrayLike, second: ArrayLike) -> float:
    """Return the two-sided p-value of the signed-rank test of (n,) pairs, one a seed; 1 if all are equal.

    Exact for up to 50 pairs that differ, with ties and zeros too: SciPy, which agrees, takes a thousand times
    as long for those.

    Raises:
        InputError: the values are not pairs, or hold a NaN.
    """
    from scipy.stats import rankdata

    change = differences(first, second)
    ranks = np.asarray(rankdata(np.abs(change)), np.float64)
    moved = ranks[change != 0.0]
    more = max(float(ranks[change > 0.0].sum()), float(ranks[change < 0.0].sum()))
    if len(moved) <= _EXACT:
        return _exact_p(moved, more)
    z = (more - float(moved.sum()) / 2.0) / math.sqrt(float((moved**2).sum()) / 4.0)
    return math.erfc(z / math.sqrt(2.0))


def _exact_p(ranks: Floats, more: float) -> float:
    """Return twice the chance that a random part of ranks (n,) sums to so much or more."""
    doubled = np.rint(2.0 * ranks).astype(np.int64)  # ties give halves
    counts = np.zeros(int(doubled.sum()) + 1)
    counts[0] = 1.0
    for rank in doubled:
        counts[rank:] = counts[rank:] + counts[:-rank]
    return min(1.0, 2.0 * float(counts[round(2.0 * more) :].sum()) / 2.0 ** len(ranks))


def mann_whitney_p(first: ArrayLike, second: ArrayLike) -> float:
    """Return the two-sided p-value of the rank-sum test of (n,) against (m,) values; 1 if all are equal.

    Raises:
        InputError: no values, or a NaN among them.
    """
    from scipy.stats import mannwhitneyu, rankdata

    a, b = _checked(first), _checked(second)
    ranks = rankdata(np.concatenate([a, b]))  # finite, whatever the values
    if (ranks == ranks[0]).all():
        return 1.0
    return float(mannwhitneyu(ranks[: len(a)], ranks[len(a) :]).pvalue)


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values (m,) corrected for their number by steps (Holm 1979); NaN stays, uncounted."""
    raw = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    corrected = np.full(raw.shape, np.nan)
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(raw[order] * factors))
    return corrected


@dataclass(frozen=True)
class Effect:
    """A12: the chance that a run of the first beats one of the second, ties counted half; its interval."""

    a12: float
    low: float
    high: float

    @property
    def cliffs_delta(self) -> float:
        """-1 (always loses) to 1 (always wins)."""
        return 2.0 * self.a12 - 1.0

    @property
    def size(self) -> str:
        """Its size in words, by the thresholds of Vargha and Delaney (2000), section 4."""
        away = abs(self.a12 - 0.5)
        bounds = ((0.06, "negligible"), (0.14, "small"), (0.21, "medium"))
        return next((words for bound, words in bounds if away < bound - 1e-12), "large")


def effect_size(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> Effect:
    """Return how often values (n,) are less than values (m,), with its interval.

    The runs of both are taken as independent draws: conservative where the same seed helps both.

    Raises:
        InputError: no values, or a NaN among them.
    """
    from scipy.stats import norm

    a, b = _checked(first), _checked(second)
    n, m = len(a), len(b)
    of_first, of_second = _dominance(a, b), -_dominance(b, a)  # (n,), (m,) in [-1, 1]
    delta = float(of_first.mean())
    if min(n, m) < 2:
        return Effect((1.0 + delta) / 2.0, math.nan, math.nan)
    z = float(norm.ppf(0.5 + level / 2.0))
    if abs(delta) == 1.0:  # no overlap: Feng and Cliff's bound
        end = (min(n, m) - z**2) / (min(n, m) + z**2)
        low, high = (end, 1.0) if delta > 0 else (-1.0, -end)
        return Effect((1.0 + delta) / 2.0, (1.0 + low) / 2.0, (1.0 + high) / 2.0)
    unequal = n * m - _num_ties(a, b)
    spread = m**2 * ((of_first - delta) ** 2).sum() + n**2 * ((of_second - delta) ** 2).sum()
    least = (1.0 - delta**2) / (n * m - 1.0)  # Cliff's lower bound of the variance
    variance = max((float(spread) - (unequal - n * m * delta**2)) / (n * m * (n - 1.0) * (m - 1.0)), least)
    width = z * math.sqrt(variance) * math.sqrt((1.0 - delta**2) ** 2 + z**2 * variance)
    scale = 1.0 - delta**2 + z**2 * variance
    low, high = ((delta - delta**3 + side * width) / scale for side in (-1.0, 1.0))
    return Effect((1.0 + delta) / 2.0, (1.0 + max(low, -1.0)) / 2.0, (1.0 + min(high, 1.0)) / 2.0)


def seeds_for_wilcoxon(
    first: ArrayLike, second: ArrayLike, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the pairs at which a two-sided signed-rank test finds the observed effect (Noether 1987, 3.2).

    Infinite where there is no effect at all. As uncertain as the observed effect is.

    Raises:
        InputError: the values are not pairs, hold a NaN, or power or alpha is not between 0 and 1.
    """
    change = differences(first, second)
    n = len(change)
    if n < 2:
        return math.inf
    ordered = np.sort(change)
    above = n - np.searchsorted(ordered, -change, side="right")  # j with change_i + change_j > 0
    equal = np.searchsorted(ordered, -change, side="right") - np.searchsorted(ordered, -change, side="left")
    own = (change > 0) + 0.5 * (change == 0)
    share = float((above + 0.5 * equal - own).sum() / (n * (n - 1)))
    return _noether(3.0, share, power, alpha)


def seeds_for_mann_whitney(
    first: ArrayLike, second: ArrayLike, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the runs of each at which a rank-sum test finds the observed effect (Noether 1987, 2.2).

    Infinite where there is no effect at all.

    Raises:
        InputError: no values, a NaN among them, or power or alpha is not between 0 and 1.
    """
    a, b = _checked(first), _checked(second)
    share = (1.0 + float(_dominance(a, b).mean())) / 2.0
    return _noether(6.0, share, power, alpha)


def simulated_power(
    first: ArrayLike,
    second: ArrayLike,
    num_seeds: int,
    *,
    alpha: float = 0.05,
    draws: int = 500,
    seed: int = 0,
) -> float:
    """Return how often the signed-rank test finds a difference in ``num_seeds`` pairs redrawn from these.

    Raises:
        InputError: the values are not pairs, or hold a NaN, or there are no seeds.
    """
    change = differences(first, second)
    if num_seeds < 1:
        raise InputError(f"expected at least one seed, got {num_seeds}")
    rows = np.random.default_rng(seed).integers(len(change), size=(draws, num_seeds))
    zeros = np.zeros(num_seeds)
    return float(np.mean([wilcoxon_p(drawn, zeros) <= alpha for drawn in change[rows]]))


def differences(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return first - second (n,), 0 where both are infinite.

    Raises:
        InputError: the values are not pairs, or hold a NaN.
    """
    a, b = _checked(first), _checked(second)
    if len(a) != len(b):
        raise InputError(f"expected a value of both for each seed, got {len(a)} and {len(b)} values")
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(a == b, 0.0, a - b))


def pairs(num: int) -> list[tuple[int, int]]:
    """Return the places of all pairs of so many, the earlier first."""
    return [(i, j) for i in range(num) for j in range(i + 1, num)]


def _noether(factor: float, share: float, power: float, alpha: float) -> float:
    from scipy.stats import norm

    if not (0.0 < power < 1.0 and 0.0 < alpha < 1.0):
        raise InputError(f"expected power and alpha between 0 and 1, got {power} and {alpha}")
    if share == 0.5:
        return math.inf
    needed = float(norm.ppf(1.0 - alpha / 2.0) + norm.ppf(power)) ** 2 / (factor * (share - 0.5) ** 2)
    return float(math.ceil(needed))


def _dominance(a: Floats, b: Floats) -> Floats:
    """Return for each of a (n,): the share of b above it, minus the share below it."""
    ordered = np.sort(b)
    below, up_to = np.searchsorted(ordered, a, side="left"), np.searchsorted(ordered, a, side="right")
    return np.asarray((len(b) - up_to - below) / len(b))


def _num_ties(a: Floats, b: Floats) -> int:
    ordered = np.sort(b)
    return int((np.searchsorted(ordered, a, side="right") - np.searchsorted(ordered, a, side="left")).sum())


def _checked(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array):
        raise InputError(f"expected (n,) values of at least one run, got shape {array.shape}")
    if np.isnan(array).any():
        raise InputError("expected values without NaN: leave out runs without a value")
    return array
