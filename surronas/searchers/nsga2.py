"""NSGA-II (Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evolutionary Computation 6(2), 2002).

A population is kept by front rank and crowding (section III-C): of parents and offspring together the best
``population_size``. Parents win binary tournaments by the crowded comparison (section III-B); a child is
their uniform crossover with odds ``crossover_odds``, else the first parent, and has one decision mutated,
the mean of the paper's mutation of each with odds 1 / d. Limits by constrained domination (section VI).

Other than in the paper no network is evaluated twice: a child that is known is mutated on. And the
population is small, 20 instead of 100: searches of architectures have some hundred queries, not 25,000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.many_scores import ManyScores, crowding_distances, ranks_within_limits
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_STEPS = 50  # mutations that look for an open child before a random candidate takes its place


class NSGA2:
    """Evolves a population along the Pareto front, generation after generation.

    A generation is ``population_size`` queries, told or discarded; the first is random. Query t draws its
    child from numbers of its own, so batches and pending queries are children of the same population.

    Args:
        space: where architectures, crossover and mutation come from.
        seed: of the random numbers.
        population_size: how many survive a generation, and queries of one.
        crossover_odds: how often a child has two parents.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``population_size`` < 2, or ``crossover_odds`` outside [0, 1].
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        population_size: int = 20,
        crossover_odds: float = 0.9,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if population_size < 2:
            raise InputError(f"population_size: expected 2 or more, got {population_size}")
        if not 0 <= crossover_odds <= 1:
            raise InputError(f"crossover_odds: expected a number from 0 to 1, got {crossover_odds}")
        self._space, self._seed, self._size, self._odds = space, seed, population_size, crossover_odds
        self._told = ManyScores(space, candidates, seed)
        self._ends: list[int] = []  # rows told by the end of each generation
        self._bred = 0  # generations that the population below is of
        self._population: list[int] = []  # rows told, the fittest first

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures, children of the population; see ``Searcher.ask``."""
        history = self._told.history
        closed = history.to_ask(n, pending)
        parents = self._survivors()
        if not parents:
            return history.asked(history.at_random(n, closed))
        first, asked = history.num_seen + len(closed), list[int]()
        for query in range(first, first + n):
            child = self._child(parents, query, closed)
            asked.append(child)
            closed.add(child)
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, slacks: ArrayLike | None = None) -> None:
        """Learn the scores (n, k) of architectures (n, d); see ``MultiObjectiveSearcher.tell``."""
        seen, told = self._told.history.num_seen, len(self._told.keys)
        keys = self._told.tell(architectures, scores, slacks)
        to_next = self._size - seen % self._size
        self._ends += range(told + to_next, told + len(keys) + 1, self._size)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        seen = self._told.history.num_seen
        self._told.history.discard(architectures)
        ended = self._told.history.num_seen // self._size - seen // self._size
        self._ends += [len(self._told.keys)] * ended

    def _survivors(self) -> list[int]:
        """Return the keys of the population after the generations that have ended, the fittest first."""
        keys, ends = self._told.keys, [0, *self._ends]
        for start, end in zip(ends[self._bred : -1], ends[self._bred + 1 :], strict=True):
            met = {keys[row]: row for row in (*self._population, *range(start, end))}  # as told last
            if met:
                rows = np.array(list(met.values()))
                scores = self._told.scores[rows]
                ranks = ranks_within_limits(scores, self._told.slacks[rows])
                order = np.lexsort((-crowding_distances(scores, ranks), ranks))
                self._population = rows[order[: self._size]].tolist()
        self._bred = len(self._ends)
        return [keys[row] for row in self._population]

    def _child(self, parents: list[int], query: int, closed: set[int]) -> int:
        """Return the key of an open candidate bred for a query."""
        history, pool = self._told.history, self._told.history.pool
        rng = np.random.default_rng((self._seed, 1, query))
        a, b = (pool.rows([parents[rng.integers(len(parents), size=2).min()]]) for _ in range(2))
        child = self._space.crossover(a, b, rng) if rng.random() < self._odds else a
        for _ in range(_STEPS):
            child = self._space.mutate(child, rng)
            key = pool.resolve(child)[0]
            if key in pool and key not in history.score_of and key not in closed:
                return key
        return history.at_random(1, closed)[0]
