"""Bootstrap intervals over seeds: one statistic of many columns at once, by resampled rows.

Percentile and bias-corrected accelerated (BCa) intervals: Efron and Tibshirani, An Introduction to the
Bootstrap (1993), sections 13.3 and 14.3; equation numbers below are theirs. Values may be infinite (a
search that has found nothing yet): means become infinite, medians and quantiles stay what they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]  # (..., n, k) -> (..., k), over the n

RESAMPLES = 2000
LEVEL = 0.95
_CHUNK = 4_000_000  # floats resampled at a time: 32 MB


@dataclass(frozen=True)
class Interval:
    """Estimates (k,) and the ends of their intervals (k,); the ends are NaN where one value can't tell."""

    value: Floats
    low: Floats
    high: Floats

    def at(self, place: int) -> tuple[float, float, float]:
        """Return (estimate, low, high) of one column."""
        return float(self.value[place]), float(self.low[place]), float(self.high[place])


def mean(values: Floats) -> Floats:
    """Return means (..., k) of (..., n, k) values: infinite where one value is."""
    return np.asarray(values.mean(axis=-2))


def median(values: Floats) -> Floats:
    """Return medians (..., k) of (..., n, k) values."""
    return np.asarray(np.median(values, axis=-2))


def interquartile_mean(values: Floats) -> Floats:
    """Return means (..., k) of the middle half of (..., n, k) values (Agarwal et al. 2021, section 4.3)."""
    n = values.shape[-2]
    cut = n // 4
    return np.asarray(np.sort(values, axis=-2)[..., cut : n - cut, :].mean(axis=-2))


def quantile(share: float) -> Statistic:
    """Return the statistic that is a quantile: the smallest with ``share`` of the values at or below it.

    Raises:
        InputError: the share is not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(f"expected a quantile between 0 and 1, got {share}")

    def of(values: Floats) -> Floats:
        return np.asarray(np.quantile(values, share, axis=-2, method="inverted_cdf"))

    return of


def bootstrap(
    values: ArrayLike,
    statistic: Statistic = mean,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    method: str = "bca",
    seed: int = 0,
) -> Interval:
    """Return a statistic of each column (k,) of (n, k) values, with its bootstrap interval over the n rows.

    All columns are resampled by the same rows, so the ends of a curve's band move together.

    Args:
        values: (n, k), or (n,) for one column; a row a seed. Infinite values are allowed, NaN is not.
        statistic: of (..., n, k) over the n: ``mean``, ``median``, ``interquartile_mean``, ``quantile(q)``.
        level: of the interval.
        resamples: number drawn.
        method: "bca", or "percentile", to which BCa falls back where it is not defined (constant columns,
            infinite values).
        seed: of the resampling.

    Raises:
        InputError: no values, a NaN among them, a level outside (0, 1), or an unknown method.
    """
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    _check(table, level, method)
    value = statistic(table)
    if len(table) == 1:
        return Interval(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    drawn = np.sort(_drawn(table, statistic, resamples, seed), axis=0)  # (resamples, k)
    tail = (1.0 - level) / 2.0
    ends = np.tile([[tail], [1.0 - tail]], table.shape[1])  # (2, k) shares of the drawn statistics
    if method == "bca":
        better = _bca_shares(table, statistic, value, drawn, ends)
        ends = np.where(np.isfinite(better).all(axis=0), better, ends)
    places = np.clip(np.ceil(ends * resamples).astype(np.int64) - 1, 0, resamples - 1)
    low, high = np.take_along_axis(drawn, places, axis=0)
    return Interval(value, low, high)


def _drawn(table: Floats, statistic: Statistic, resamples: int, seed: int) -> Floats:
    """Return the statistic (resamples, k) of resampled rows."""
    n, k = table.shape
    rows = np.random.default_rng(seed).integers(n, size=(resamples, n))
    if statistic is mean:
        return _resampled_means(table, rows)
    step = max(1, _CHUNK // (n * k))
    return np.concatenate([statistic(table[rows[i : i + step]]) for i in range(0, resamples, step)])


def _resampled_means(table: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return means (resamples, k) of resampled rows, as one product of counts and values."""
    resamples, n = rows.shape
    places = rows + n * np.arange(resamples)[:, None]
    counts = np.bincount(places.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)
    infinite = np.isinf(table)
    means: Floats = counts @ np.where(infinite, 0.0, table) / n
    means[counts @ infinite.astype(np.float64) > 0] = np.inf
    return means


def _bca_shares(table: Floats, statistic: Statistic, value: Floats, drawn: Floats, ends: Floats) -> Floats:
    """Return the shares (2, k) at which BCa cuts the drawn statistics (14.10); NaN where undefined."""
    from scipy.stats import norm

    with np.errstate(invalid="ignore", divide="ignore"):
        # 14.14, ties counted half, as SciPy does
        below = ((drawn < value).mean(axis=0) + (drawn <= value).mean(axis=0)) / 2.0
        bias = norm.ppf(below)
        left_out = _jackknife(table, statistic)  # (n, k)
        away = left_out.mean(axis=0) - left_out
        acceleration = (away**3).sum(axis=0) / (6.0 * (away**2).sum(axis=0) ** 1.5)  # 14.15
        moved = bias + norm.ppf(ends)
        return np.asarray(norm.cdf(bias + moved / (1.0 - acceleration * moved)))


def _jackknife(table: Floats, statistic: Statistic) -> Floats:
    """Return the statistic (n, k) with each row left out in turn."""
    n = len(table)
    if statistic is mean:
        return np.asarray((table.sum(axis=0) - table) / (n - 1))
    return np.stack([statistic(np.delete(table, row, axis=0)) for row in range(n)])


def _check(table: Floats, level: float, method: str) -> None:
    if table.ndim != 2 or not len(table):
        raise InputError(f"expected (n, k) values of at least one seed, got shape {table.shape}")
    if np.isnan(table).any():
        raise InputError("expected values without NaN: leave out what has no value, or count it as infinite")
    if not 0.0 < level < 1.0:
        raise InputError(f"expected an interval's level between 0 and 1, got {level}")
    if method not in ("bca", "percentile"):
        raise InputError(f'expected method "bca" or "percentile", got "{method}"')
