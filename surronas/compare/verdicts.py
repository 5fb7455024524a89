"""Who is first, who is tied for first, and who is beaten: on one problem, at one budget."""

import numpy as np
from numpy.typing import NDArray

from surronas.compare.pairwise import effect_size, holm, mann_whitney_p, wilcoxon_p

Floats = NDArray[np.float64]


def standings(values: Floats, *, test: str = "wilcoxon", alpha: float = 0.05) -> list[tuple[int, ...] | None]:
    """Return for each of S searchers those that beat it, from regrets (S, R); None where it has none.

    One beats another if the test of their runs, corrected by Holm for all that the other is compared with, is
    below alpha, and its runs win more often. Who is beaten by nobody is first, or tied for first.
    """
    judged = [place for place in range(len(values)) if not np.isnan(values[place]).all()]
    raw, better = np.full((len(values),) * 2, np.nan), np.zeros((len(values),) * 2, np.bool_)
    for i, j in ((i, j) for i in judged for j in judged if i < j):
        a, b = common(values[i], values[j])
        if not len(a):
            continue
        raw[i, j] = raw[j, i] = wilcoxon_p(a, b) if test == "wilcoxon" else mann_whitney_p(a, b)
        delta = effect_size(a, b).cliffs_delta
        better[i, j], better[j, i] = delta > 0, delta < 0
    found: list[tuple[int, ...] | None] = [None] * len(values)
    for place in judged:
        below = np.nan_to_num(holm(raw[place]), nan=1.0) < alpha
        found[place] = tuple(int(other) for other in np.flatnonzero(below & better[:, place]))
    return found


def standing(beaten_by: tuple[int, ...], num_unbeaten: int) -> str:
    """Return how a searcher stands that some beat, where so many are beaten by nobody."""
    if beaten_by:
        return "behind"
    return "first" if num_unbeaten == 1 else "tied for first"


def common(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the values of the seeds that have both."""
    known = ~np.isnan(first) & ~np.isnan(second)
    return first[known], second[known]
