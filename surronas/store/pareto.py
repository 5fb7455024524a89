"""The non-dominated rows of a table: those that no other row beats."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 256  # rows that are compared at once: 256 x a front of 10,000 makes arrays of 2.6 MB


def non_dominated(costs: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) whether no other row is at least as low in all k columns and lower in one.

    Equal rows stand or fall together. In lexicographic order a row comes after all that dominate it, so
    each block of rows needs comparing with the front of the rows before it, and with itself. The time
    follows the size of the front: 4 ms for 15,625 x 3 uniform numbers (66 on the front), 20 ms with a
    front of 400, 0.7 s where all rows are on it.

    Args:
        costs: (n, k) finite numbers, less is better.
    """
    rows = _not_behind_one_good_row(costs)
    rows = rows[np.lexsort(costs[rows].T[::-1])]
    front = rows[:0]
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        block = block[~_dominated(costs[block], costs[front])]
        front = np.append(front, block[~_dominated(costs[block], costs[block])])
    kept = np.zeros(len(costs), bool)
    kept[front] = True
    return kept


def _not_behind_one_good_row(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows that the one with the lowest sum of scaled columns does not dominate: mostly few."""
    if not len(costs):
        return np.arange(0)
    spread = np.ptp(costs, axis=0)
    good = costs[np.argmin((costs / np.where(spread > 0, spread, 1.0)).sum(axis=1))]
    return np.flatnonzero((costs < good).any(axis=1) | (costs == good).all(axis=1))


def _dominated(costs: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) whether a row of ``by`` is nowhere higher than the (n, k) costs, and somewhere lower."""
    nowhere_higher = np.ones((len(costs), len(by)), bool)
    somewhere_lower = np.zeros_like(nowhere_higher)
    for column in range(costs.shape[1]):
        ours, theirs = costs[:, column, None], by[None, :, column]
        nowhere_higher &= theirs <= ours
        somewhere_lower |= theirs < ours
    return np.asarray((nowhere_higher & somewhere_lower).any(axis=1))
