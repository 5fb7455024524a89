"""Costs until the optimum when not every search gets there: survival curves of censored times.

Kaplan and Meier (1958) with Greenwood's variance; restricted means as in Royston and Parmar (2013); medians
with the interval of Brookmeyer and Crowley (1982); the log-rank test is SciPy's. A search that has not
found the optimum when it ends is censored there: all that is known is that it needs more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError

Floats = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Survival:
    """The share of searches (k,) still without the optimum from each time (k,) on, with its interval.

    Attributes:
        times: at which one search or more got there, ascending.
        share: surviving from then on; ``low`` and ``high``: its interval, by log-log (NaN at 0 and 1).
        at_risk: searches under way just before; ``events``: of them, those that got there then.
        num_runs: searches; ``num_solved``: of them, those that got there.
    """

    times: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    num_runs: int
    num_solved: int

    def at(self, when: ArrayLike) -> Floats:
        """Return the share (m,) that survives times (m,)."""
        place = np.searchsorted(self.times, np.asarray(when, np.float64), side="right")
        return np.asarray(np.concatenate([[1.0], self.share])[place])

    def median(self) -> tuple[float, float, float]:
        """Return the time by which half got there, and its interval; infinite where they did not."""
        ends = (self.share, np.where(np.isnan(self.low), self.share, self.low), self.high)
        value, low, high = (_first_at_most_half(self.times, share) for share in ends)
        return value, low, high


def survival(times: ArrayLike, solved: ArrayLike, *, level: float = LEVEL) -> Survival:
    """Return the survival curve of (n,) times at which searches got there, or (``solved`` false) ended.

    Raises:
        InputError: no times, or some that are not finite, or of another shape than ``solved``.
    """
    from scipy.stats import norm

    ended, events = _checked(times, solved)
    at = np.unique(ended[events])
    at_risk = (ended[:, None] >= at).sum(axis=0)
    deaths = (ended[events][:, None] == at).sum(axis=0)
    share = np.cumprod(1.0 - deaths / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(deaths / (at_risk * (at_risk - deaths)))
        width = norm.ppf(0.5 + level / 2.0) * np.sqrt(greenwood) / np.log(share)  # negative
        low, high = share ** np.exp(-width), share ** np.exp(width)
    inside = (share > 0.0) & (share < 1.0)
    low, high = np.where(inside, low, np.nan), np.where(inside, high, np.nan)
    return Survival(at, share, low, high, at_risk, deaths, len(ended), int(events.sum()))


@dataclass(frozen=True)
class RestrictedMean:
    """The mean time until the optimum, none counted as more than ``horizon``; its standard error."""

    value: float
    standard_error: float
    horizon: float
    level: float = LEVEL

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the normal interval, inside 0 and the horizon; NaN where none got there."""
        from scipy.stats import norm

        width = float(norm.ppf(0.5 + self.level / 2.0)) * self.standard_error
        if np.isnan(width):
            return width, width
        return max(0.0, self.value - width), min(self.horizon, self.value + width)


def restricted_mean(curve: Survival, horizon: float, *, level: float = LEVEL) -> RestrictedMean:
    """Return the area under a survival curve up to ``horizon``.

    Raises:
        InputError: the horizon is not a positive number.
    """
    if not 0.0 < horizon < np.inf:
        raise InputError(f"expected a horizon above 0, got {horizon}")
    inside = curve.times < horizon
    steps = np.concatenate([[0.0], curve.times[inside], [horizon]])
    areas = np.concatenate([[1.0], curve.share[inside]]) * np.diff(steps)
    beyond = np.cumsum(areas[::-1])[::-1][1:]  # area after each time
    at_risk, events = curve.at_risk[inside], curve.events[inside]
    left = at_risk - events
    if not curve.num_solved:
        return RestrictedMean(float(areas.sum()), float("nan"), horizon, level)  # nothing tells the spread
    weight = np.where(left > 0, events / (at_risk * np.maximum(left, 1)), 0.0)  # nothing lies beyond the last
    return RestrictedMean(float(areas.sum()), float(np.sqrt((beyond**2 * weight).sum())), horizon, level)


def log_rank_p(
    first_times: ArrayLike, first_solved: ArrayLike, second_times: ArrayLike, second_solved: ArrayLike
) -> float:
    """Return the two-sided p-value of the log-rank test; 1 where neither ever got there.

    Raises:
        InputError: as of ``survival``.
    """
    from scipy.stats import CensoredData, logrank

    samples, late = [], 0
    for times, solved in ((first_times, first_solved), (second_times, second_solved)):
        ended, events = _checked(times, solved)
        samples.append((ended, events))
        late += int(events.sum())
    (a, a_solved), (b, b_solved) = samples
    if not late or _one_time_for_all(a, a_solved, b, b_solved):
        return 1.0
    found = logrank(
        CensoredData(uncensored=a[a_solved], right=a[~a_solved]),
        CensoredData(uncensored=b[b_solved], right=b[~b_solved]),
    )
    return float(found.pvalue)


def share_interval(num_solved: int, num_runs: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's interval of a share of searches."""
    from scipy.stats import binomtest

    found = binomtest(num_solved, num_runs).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def _one_time_for_all(a: Floats, a_solved: NDArray[np.bool_], b: Floats, b_solved: NDArray[np.bool_]) -> bool:
    """Return whether all got there at one time, which leaves the test no variance."""
    everyone = np.concatenate([a, b])
    return bool(a_solved.all() and b_solved.all() and (everyone == everyone[0]).all())


def _first_at_most_half(times: Floats, share: Floats) -> float:
    reached = np.flatnonzero(share <= 0.5)
    return float(times[reached[0]]) if len(reached) else float("inf")


def _checked(times: ArrayLike, solved: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    ended, events = np.asarray(times, np.float64), np.asarray(solved, np.bool_)
    if ended.ndim != 1 or not len(ended) or ended.shape != events.shape:
        raise InputError(
            f"expected (n,) times and as many marks, of one search or more, got shapes {ended.shape} and "
            f"{events.shape}"
        )
    if not np.isfinite(ended).all():
        raise InputError("expected finite times: give the time at which a search without success ended")
    return ended, events
