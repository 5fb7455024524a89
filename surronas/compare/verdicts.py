"""Who is first, who is tied for first, and who is beaten: on one problem, at one budget."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.compare.pairwise import Effect, effect_size, holm, mann_whitney_p, pairs, wilcoxon_p

Floats = NDArray[np.float64]


class Match(NamedTuple):
    """Two searchers by their places, the regrets (n,) of the seeds that have both, and their tests."""

    first: int
    second: int
    regrets: tuple[Floats, Floats]
    wilcoxon_p: float
    mann_whitney_p: float
    effect: Effect


def matches(values: Floats, *, level: float = 0.95) -> list[Match]:
    """Return the tests of all pairs of S searchers that have seeds in common, from regrets (S, R)."""
    found = []
    for i, j in pairs(len(values)):
        a, b = common(values[i], values[j])
        if len(a):
            tests = (wilcoxon_p(a, b), mann_whitney_p(a, b), effect_size(a, b, level=level))
            found.append(Match(i, j, (a, b), *tests))
    return found


def beaten_by(
    tests: Sequence[Match], num_searchers: int, *, test: str = "wilcoxon", alpha: float = 0.05
) -> list[tuple[int, ...]]:
    """Return for each searcher those that beat it.

    One beats another if the test of their runs, corrected by Holm for all that the other is compared with, is
    below alpha, and its runs win more often. Who is beaten by nobody is first, or tied for first.
    """
    raw = np.full((num_searchers, num_searchers), np.nan)
    better = np.zeros((num_searchers, num_searchers), np.bool_)
    for each in tests:
        i, j = each.first, each.second
        raw[i, j] = raw[j, i] = each.wilcoxon_p if test == "wilcoxon" else each.mann_whitney_p
        better[i, j], better[j, i] = each.effect.a12 > 0.5, each.effect.a12 < 0.5
    below = [np.nan_to_num(holm(row), nan=1.0) < alpha for row in raw]
    return [
        tuple(int(other) for other in np.flatnonzero(below[place] & better[:, place]))
        for place in range(num_searchers)
    ]


def standing(by: tuple[int, ...], num_unbeaten: int) -> str:
    """Return how a searcher stands that some beat, where so many are beaten by nobody."""
    if by:
        return "behind"
    return "first" if num_unbeaten == 1 else "tied for first"


def common(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the values of the seeds that have both."""
    known = ~np.isnan(first) & ~np.isnan(second)
    return first[known], second[known]
