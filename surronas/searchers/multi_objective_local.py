"""Pareto local search (Paquete, Chiarandini and Stuetzle 2004, Algorithm 1), anytime.

An archive holds what no other architecture met dominates. Again and again a member whose neighborhood is not
yet known is drawn at random, and one of its open neighbors is asked; what the archive takes in may be drawn
at once, and a member that a neighbor dominates leaves with its neighborhood unfinished (the anytime variants
of Dubois-Lacoste, Lopez-Ibanez and Stuetzle 2015: a whole neighborhood costs 24 queries on NAS-Bench-201).
Where all neighborhoods are known, a random architecture starts anew.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import Draws
from surronas.searchers.many_scores import ManyScores, ranks_within_limits
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class MultiObjectiveLocalSearch:
    """Looks around the Pareto front so far, neighbor by neighbor.

    Where nothing met keeps the limits, the archive is what violates them least.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates, of which member is drawn and of the order of its neighbors.
        num_initial: random architectures told or discarded before the search starts.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_initial: int = 10,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        self._seed, self._num_initial = seed, num_initial
        self._told = ManyScores(space, candidates, seed)
        self._draws = Draws(seed, 1, purpose=1)
        self._archive: list[int] | None = None  # keys, sorted; None: to be found again
        self._order: dict[int, list[int]] = {}  # of each member looked at: the order of its neighbors

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors of the archive; see ``Searcher.ask``."""
        history = self._told.history
        closed = history.to_ask(n, pending)
        asked: list[int] = []
        first = history.num_seen + len(closed)
        for query in range(first, first + n):
            key = self._neighbor(query, closed) if history.num_seen >= self._num_initial else None
            asked.append(history.at_random(1, closed)[0] if key is None else key)
            closed.add(asked[-1])
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, slacks: ArrayLike | None = None) -> None:
        """Learn the scores (n, k) of architectures (n, d); see ``MultiObjectiveSearcher.tell``."""
        self._told.tell(architectures, scores, slacks)
        self._archive = None

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._told.history.discard(architectures)

    def _members(self) -> list[int]:
        """Return the keys of the archive, sorted."""
        if self._archive is None:
            rows = np.array(self._told.last_told(), np.int64)
            ranks = ranks_within_limits(self._told.scores[rows], self._told.slacks[rows])
            self._archive = sorted(self._told.keys[row] for row in rows[ranks == 0])
        return self._archive

    def _neighbor(self, query: int, closed: set[int]) -> int | None:
        """Return the key of an open neighbor of a member drawn for the query; None: all are known."""
        members = list(self._members()) if self._told.keys else []
        start = int(self._draws.at(query)[0] * len(members))
        seen = self._told.history.score_of
        for member in members[start:] + members[:start]:
            for key in self._around(member):
                if key not in seen and key not in closed:
                    return key
        return None

    def _around(self, member: int) -> list[int]:
        """Return the neighbors of a member in its own random order."""
        if member not in self._order:
            near = self._told.history.pool.neighbors(member)
            self._order[member] = np.random.default_rng((self._seed, member)).permutation(near).tolist()
        return self._order[member]
