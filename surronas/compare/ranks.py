"""Many searchers over many problems: average ranks, and which of them can be told apart.

Demsar, Statistical Comparisons of Classifiers over Multiple Data Sets (JMLR 7, 2006): Friedman's test and
that of Iman and Davenport (section 3.2.2), Nemenyi's critical difference (3.2.2, equation for CD). Pairwise
Wilcoxon tests with Holm's correction in place of Nemenyi's: Benavoli, Corani and Mangili (JMLR 17, 2016).
Rank 1 is the best.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.compare.pairwise import holm, pairs, wilcoxon_p
from surronas.errors import InputError

Floats = NDArray[np.float64]
Cliques = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Ranking:
    """Average ranks (k,) over N blocks, and the groups that the tests can't tell apart.

    Attributes:
        ranks: (N, k), ties share their mean; ``average``: (k,).
        friedman_p: of Friedman's chi-square, corrected for ties; NaN below 3 searchers or 2 blocks.
        iman_davenport_p: of its less conservative F form.
        critical_difference: Nemenyi's, of average ranks, at ``alpha``.
        nemenyi: groups of two or more neighbours in rank within the critical difference.
        wilcoxon: groups of which no pair differs by Wilcoxon's test over blocks with Holm's correction.
        p_values: (k, k) of these tests, corrected; 1 on the diagonal.
    """

    ranks: Floats
    average: Floats
    alpha: float
    friedman_p: float
    iman_davenport_p: float
    critical_difference: float
    nemenyi: Cliques
    wilcoxon: Cliques
    p_values: Floats

    @property
    def order(self) -> NDArray[np.int64]:
        """The places of the searchers, the best first."""
        return np.argsort(self.average, kind="stable")


def ranking(losses: ArrayLike, *, alpha: float = 0.05) -> Ranking:
    """Return ranks of k searchers over N blocks (problems, or seeds of one) by losses (N, k), less is better.

    Raises:
        InputError: fewer than 2 searchers, no blocks, a NaN, or alpha not between 0 and 1.
    """
    from scipy.stats import rankdata

    table = np.asarray(losses, np.float64)
    if table.ndim != 2 or table.shape[0] < 1 or table.shape[1] < 2:
        raise InputError(f"expected losses (N, k) of two searchers or more, got shape {table.shape}")
    if np.isnan(table).any():
        raise InputError("expected losses without NaN: leave out blocks in which a searcher has none")
    if not 0.0 < alpha < 1.0:
        raise InputError(f"expected alpha between 0 and 1, got {alpha}")
    ranks = np.asarray(rankdata(table, axis=1), np.float64)
    average = ranks.mean(axis=0)
    difference = critical_difference(table.shape[1], len(table), alpha=alpha)
    order = np.argsort(average, kind="stable")
    p_values = pairwise_p_values(table)
    apart = np.abs(average[:, None] - average) > difference
    friedman, iman_davenport = friedman_p(ranks)
    return Ranking(
        ranks,
        average,
        alpha,
        friedman,
        iman_davenport,
        difference,
        cliques(order, apart),
        cliques(order, p_values < alpha),
        p_values,
    )


def friedman_p(ranks: Floats) -> tuple[float, float]:
    """Return the p-values of Friedman's test and of Iman and Davenport's, from ranks (N, k)."""
    from scipy.stats import chi2, f

    n, k = ranks.shape
    spread = ((ranks - (k + 1) / 2.0) ** 2).sum()
    if n < 2 or k < 3:
        return math.nan, math.nan
    if spread == 0.0:  # all tied in every block
        return 1.0, 1.0
    average = ranks.mean(axis=0)
    chi_square = float(n**2 * (k - 1) * ((average - (k + 1) / 2.0) ** 2).sum() / spread)
    left = n * (k - 1) - chi_square
    statistic = (n - 1) * chi_square / left if left > 1e-9 else math.inf
    return float(chi2.sf(chi_square, k - 1)), float(f.sf(statistic, k - 1, (k - 1) * (n - 1)))


def critical_difference(num_searchers: int, num_blocks: int, *, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of average ranks."""
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1.0 - alpha, num_searchers, np.inf)) / math.sqrt(2.0)
    return q * math.sqrt(num_searchers * (num_searchers + 1) / (6.0 * num_blocks))


def pairwise_p_values(losses: Floats) -> Floats:
    """Return p-values (k, k) of Wilcoxon's test over blocks for all pairs, with Holm's correction."""
    k = losses.shape[1]
    both = pairs(k)
    corrected = holm([wilcoxon_p(losses[:, i], losses[:, j]) for i, j in both])
    table = np.ones((k, k))
    for (i, j), p in zip(both, corrected, strict=True):
        table[i, j] = table[j, i] = p
    return table


def cliques(order: NDArray[np.int64], apart: NDArray[np.bool_]) -> Cliques:
    """Return the longest runs of neighbours in ``order`` (k,) of which no pair is ``apart`` (k, k)."""
    found: list[tuple[int, ...]] = []
    reached = 0
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not apart[order[start : end + 1]][:, order[start : end + 1]].any():
            end += 1
        if end - start > 1 and end > reached:
            found.append(tuple(int(place) for place in order[start:end]))
        reached = max(reached, end)
    return tuple(found)
