"""What multi-objective searchers share: their protocol, their history, and who is ahead of whom."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.metrics import front_ranks
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class MultiObjectiveSearcher(Protocol):
    """Proposes architectures and learns from k scores of each, all maximised, and from limits on them.

    As for ``Searcher``, asking changes nothing, what is asked follows from what was told and discarded, and
    no network is asked twice.
    """

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures to evaluate next; see ``Searcher.ask``."""
        ...

    def tell(self, architectures: ArrayLike, scores: ArrayLike, slacks: ArrayLike | None = None) -> None:
        """Learn the scores (n, k) of architectures (n, d), which need not have been asked.

        ``slacks`` (n, c) says how far within each of c limits they lie, negative where one is violated; None
        for a search without limits.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: scores or slacks are not (n, k) and (n, c) finite numbers, with k and c as before.
        """
        ...

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        ...


class ManyScores:
    """The told and discarded architectures of one multi-objective search, in their order.

    Attributes:
        history: which candidates are seen; single scores it has none.
        keys: of the rows told, in order.
    """

    def __init__(self, space: SearchSpace, candidates: Architectures | Pool | None, seed: int) -> None:
        self.history = History(space, candidates, seed)
        self.keys: list[int] = []
        self._scores: list[list[float]] = []
        self._slacks: list[list[float]] = []
        self._widths: tuple[int, int] | None = None  # numbers of scores and of limits

    @property
    def scores(self) -> NDArray[np.float64]:
        """(n, k) of the rows told."""
        return np.array(self._scores) if self.keys else np.empty((0, 0))

    @property
    def slacks(self) -> NDArray[np.float64]:
        """(n, c) of the rows told."""
        return np.array(self._slacks) if self.keys else np.empty((0, 0))

    def tell(self, architectures: ArrayLike, scores: ArrayLike, slacks: ArrayLike | None = None) -> list[int]:
        """Append scores (n, k) and slacks (n, c), and return the keys of (n, d) architectures.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: see ``MultiObjectiveSearcher.tell``. Nothing is appended then.
        """
        keys = self.history.pool.resolve(architectures)
        known = self._widths or (None, None)
        rows = _checked("scores", scores, len(keys), known[0])
        none: ArrayLike = np.empty((len(keys), 0))
        limits = _checked("slacks", none if slacks is None else slacks, len(keys), known[1])
        if not rows.shape[1]:
            raise InputError("scores: expected one objective or more, got none")
        if not keys:
            return keys
        self._widths = rows.shape[1], limits.shape[1]
        self.keys += keys
        self._scores += rows.tolist()
        self._slacks += limits.tolist()
        self.history.discard(architectures)
        return keys

    def last_told(self) -> list[int]:
        """Return the number of the row that was told last of each network."""
        return list({key: row for row, key in enumerate(self.keys)}.values())


def violations(slacks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n,) the sum of what limits are violated by, 0 where all are kept."""
    return np.asarray(np.maximum(-slacks, 0.0).sum(axis=1))


def ranks_within_limits(scores: NDArray[np.float64], slacks: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (n,) front ranks by constrained domination (Deb et al. 2002, definition 1).

    Rows within the limits are ranked by their scores, all others come after them, by their violation.
    """
    violation = violations(slacks)
    feasible = violation == 0
    ranks = np.empty(len(scores), np.int64)
    ranks[feasible] = front_ranks(scores[feasible])
    first = ranks[feasible].max(initial=-1) + 1
    ranks[~feasible] = first + np.unique(violation[~feasible], return_inverse=True)[1]
    return ranks


def crowding_distances(scores: NDArray[np.float64], ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (n,) how lonely each row is on its front (Deb et al. 2002, section III-B); ends are infinite."""
    distances = np.zeros(len(scores))
    for rank in np.unique(ranks):
        rows = np.flatnonzero(ranks == rank)
        for values in scores[rows].T:
            order = np.argsort(values, kind="stable")
            spread = values[order[-1]] - values[order[0]]
            distances[rows[order[[0, -1]]]] = np.inf
            if spread > 0:
                distances[rows[order[1:-1]]] += (values[order[2:]] - values[order[:-2]]) / spread
    return distances


def _checked(name: str, values: ArrayLike, n: int, width: int | None) -> NDArray[np.float64]:
    """Return n rows of numbers.

    Raises:
        InputError: they are not (n, width) finite numbers.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or len(rows) != n or (width is not None and rows.shape[1] != width):
        expected = f"({n}, {'k' if width is None else width})"
        raise InputError(f"{name}: expected shape {expected}, a row for each architecture, got {rows.shape}")
    if not np.isfinite(rows).all():
        bad = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(
            f"{name}: expected finite numbers, got {rows[bad].tolist()} at row {bad}; "
            f"use discard() for failed evaluations"
        )
    return rows
