"""The non-dominated rows of a table: those that no other row beats."""

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

BLOCK = 256  # rows that are compared at once: 256 x a front of 10,000 makes arrays of 2.6 MB


def non_dominated(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) whether no other row is at least as low in all k columns and lower in one.

    Equal rows stand or fall together. Among distinct rows in lexicographic order a row can only be
    dominated by one before it, and is if that one is nowhere higher in the columns after the first.

    Args:
        costs: (n, k) finite numbers, k >= 1, less is better.
    """
    rows = _not_behind_one_good_row(costs)
    rows = rows[np.lexsort(costs[rows].T[::-1])]
    ordered = costs[rows]
    new = np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))[: len(rows)]
    distinct = ordered[new]
    best = _staircase(distinct) if costs.shape[1] <= 3 else _by_blocks(distinct)
    kept = np.zeros(len(costs), bool)
    kept[rows] = best[np.cumsum(new) - 1]
    return kept


def _not_behind_one_good_row(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows that the one with the lowest sum of scaled columns does not dominate: mostly few."""
    if not len(costs):
        return np.arange(0)
    spread = np.ptp(costs, axis=0)
    good = costs[np.argmin((costs / np.where(spread > 0, spread, 1.0)).sum(axis=1))]
    return np.flatnonzero((costs < good).any(axis=1) | (costs == good).all(axis=1))


def _staircase(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) which of distinct, ordered points in up to 3 columns are on the front, in n log n.

    Kung, Luccio and Preparata 1975: those on the front so far, seen in the last two columns, make a
    staircase; a point is dominated where the step at or below its own second coordinate is as low in the
    third.
    """
    second, third = np.pad(points, [(0, 0), (0, 3 - points.shape[1])]).T[1:].tolist()
    steps: list[float] = []  # ascending
    heights: list[float] = []  # descending
    front = np.zeros(len(points), bool)
    for point, (y, z) in enumerate(zip(second, third, strict=True)):
        at = bisect_right(steps, y)
        if at and heights[at - 1] <= z:
            continue
        front[point] = True
        start = bisect_left(steps, y)
        stop = start
        while stop < len(heights) and heights[stop] >= z:  # behind the new step
            stop += 1
        steps[start:stop], heights[start:stop] = [y], [z]
    return front


def _by_blocks(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) which of distinct, ordered points are on the front; the time follows the front's size."""
    front = np.arange(0)
    for start in range(0, len(points), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(points)))
        block = block[_nowhere_higher(points[front], points[block]) == 0]
        block = block[_nowhere_higher(points[block], points[block]) == 1]  # itself
        front = np.append(front, block)
    kept = np.zeros(len(points), bool)
    kept[front] = True
    return kept


def _nowhere_higher(those: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (n,) how many of ``those`` are nowhere higher than each of the n points."""
    lower = np.ones((len(points), len(those)), bool)
    for column in range(points.shape[1]):
        lower &= those[None, :, column] <= points[:, column, None]
    return np.asarray(np.count_nonzero(lower, axis=1))
