"""A benchmark table as a landscape: its local maxima, and where steepest ascent ends from every start."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surronas.searchers import Pool

NUM_DIGITS = 6  # of accuracies in percent: beyond them equal ones differ, by how they were stored or summed
Values = NDArray[np.float64]
Places = NDArray[np.int64]


def neighborhoods(pool: Pool) -> Places:
    """Return (N, k) the places of each candidate's neighbors, sorted; N where it has fewer than k."""
    around = [[pool.place[key] for key in pool.neighbors(key)] for key in pool.keys.tolist()]
    table = np.full((len(around), max(map(len, around))), len(around))
    for row, places in zip(table, around, strict=True):
        row[: len(places)] = places
    return table


def one_decision_away(num_decisions: int, num_choices: int) -> Places:
    """Return (N, k) the places of the neighbors of all combinations of choices, these in lexicographic order.

    Neighbors are in the order of the decisions, then of the choices: what calculations of others followed.
    """
    combinations = np.indices((num_choices,) * num_decisions).reshape(num_decisions, -1).T
    values = num_choices ** np.arange(num_decisions)[::-1]  # place values of a combination's number
    shifts = np.arange(num_choices) - combinations[:, :, None]  # (N, decisions, choices)
    around = np.arange(len(combinations))[:, None, None] + shifts * values[:, None]
    others: Places = around[shifts != 0].reshape(len(combinations), -1)
    return others


class Landscape:
    """Heights over the candidates of a pool, more is better.

    Args:
        values: (N,) heights; round them lest equal ones differ.
        around: (N, k) places of neighbors, as ``neighborhoods`` gives them.
    """

    def __init__(self, values: Values, around: Places) -> None:
        self.values = values
        self._around = around
        self._seen = np.append(self.values, -np.inf)[around]  # (N, k) heights of neighbors

    @cached_property
    def strict_maxima(self) -> NDArray[np.bool_]:
        """(N,): whether all neighbors are lower."""
        highest: NDArray[np.bool_] = self._seen.max(axis=1) < self.values
        return highest

    @cached_property
    def maxima(self) -> NDArray[np.bool_]:
        """(N,): whether no neighbor is higher, the weak local maxima."""
        highest: NDArray[np.bool_] = self._seen.max(axis=1) <= self.values
        return highest

    @cached_property
    def ascents(self) -> tuple[Places, Places]:
        """(N,) where steepest ascent from each candidate ends, and after how many steps.

        Of equally high neighbors it takes the first.
        """
        first = self._around[np.arange(len(self.values)), self._seen.argmax(axis=1)]
        following = np.where(self.maxima, np.arange(len(self.values)), first)
        at, steps = np.arange(len(self.values)), np.zeros(len(self.values), int)
        while not self.maxima[at].all():
            steps += ~self.maxima[at]
            at = following[at]
        return at, steps

    def share_within(self, points: float) -> float:
        """Return the share of starts from which steepest ascent ends within so far of the highest."""
        ends, _ = self.ascents
        return float((self.values[ends] >= self.values.max() - points).mean())

    def share_at(self, place: int) -> float:
        """Return the share of starts from which steepest ascent ends at one candidate."""
        ends, _ = self.ascents
        return float((ends == place).mean())

    def told_maxima(self) -> list[dict[str, float]]:
        """Return height and share of all starts of each weak local maximum, the highest first."""
        ends, _ = self.ascents
        at = np.flatnonzero(self.maxima)
        shares = np.bincount(ends, minlength=len(self.values))[at] / len(self.values)
        order = np.lexsort((-shares, -self.values[at]))
        return [
            {"accuracy": round(float(self.values[at[i]]), 4), "basin_share": round(float(shares[i]), 6)}
            for i in order
        ]
