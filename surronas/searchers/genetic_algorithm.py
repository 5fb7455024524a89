"""Genetic algorithm with crossover, generation by generation (Holland 1975; Goldberg 1989, chapter 3).

A generation is ``population_size`` children. Parents of the next are those children and the ``num_elites``
best parents, who stay (elitism). Two parents come from tournaments, drawn with replacement (Goldberg and Deb
1991), or evenly from the better half (truncation); a child is their crossover, as the space defines it, and
then mutates with the probability ``mutation``.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_NUM_TRIES = 8  # children bred for one that may be asked, before a neighbor of a parent is taken
_PURPOSE = 1  # of the random numbers: to breed


class GeneticAlgorithm:
    """Breeds generations by selection, crossover and mutation.

    The first generation is random. A child that is known or no candidate is bred anew, and after some tries
    an open neighbor of its first parent takes its place. What was told without being asked joins the
    generation; what failed does not.

    Args:
        space: where architectures, crossover and mutation come from.
        seed: of the random candidates and of breeding.
        population_size: children of a generation.
        num_elites: best parents that stay parents.
        selection: ``"tournament"`` or ``"truncation"``.
        tournament_size: parents of which the best is chosen.
        mutation: probability that a child becomes one of its neighbors.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: a size < 1, ``num_elites`` < 0, a probability outside [0, 1], another word for
            ``selection``.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        population_size: int = 10,
        num_elites: int = 10,
        selection: Literal["tournament", "truncation"] = "tournament",
        tournament_size: int = 3,
        mutation: float = 0.3,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        for name, number in (("population_size", population_size), ("tournament_size", tournament_size)):
            if number < 1:
                raise InputError(f"{name}: expected 1 or more, got {number}")
        if num_elites < 0:
            raise InputError(f"num_elites: expected 0 or more, got {num_elites}")
        if not 0 <= mutation <= 1:
            raise InputError(f"mutation: expected a probability, got {mutation}")
        if selection not in ("tournament", "truncation"):
            raise InputError(f"selection: expected 'tournament' or 'truncation', got {selection!r}")
        self._seed, self._history = seed, History(space, candidates, seed)
        self._population_size, self._num_elites = population_size, num_elites
        self._truncates, self._tournament_size, self._mutation = (
            selection == "truncation",
            tournament_size,
            mutation,
        )
        self._parents: dict[int, float] = {}  # score of each key, best first
        self._children: dict[int, float] = {}

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: children of the parents; see ``Searcher.ask``."""
        history = self._history
        closed = history.to_ask(n, pending)
        first = history.num_seen + len(closed)
        asked: list[int] = []
        for query in range(first, first + n):
            key = self._bred(query, closed) if self._parents else None
            asked.append(history.at_random(1, closed)[0] if key is None else key)
            closed.add(asked[-1])
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d), the youngest children; see ``Searcher.tell``."""
        keys = self._history.tell(architectures, scores)
        for key, score in zip(keys, self._history.scores[-len(keys) :] if keys else [], strict=True):
            self._children[key] = score
            if len(self._children) == self._population_size:
                elites = dict(list(self._parents.items())[: self._num_elites])
                everyone = {**elites, **self._children}
                self._parents = dict(sorted(everyone.items(), key=lambda member: -member[1]))
                self._children = {}

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)

    def _bred(self, query: int, closed: set[int]) -> int | None:
        """Return the key of the query's child, None where no try may be asked nor a parent's neighbor."""
        pool, seen = self._history.pool, self._history.score_of
        rng = np.random.default_rng((self._seed, _PURPOSE, query))
        keys = list(self._parents)
        chosen = [keys[rank] for rank in self._selected(2 * _NUM_TRIES, rng)]
        rows = pool.rows(chosen)
        children = pool.space.crossover(rows[:_NUM_TRIES], rows[_NUM_TRIES:], rng)
        mutates = rng.random(_NUM_TRIES) < self._mutation
        children = np.where(mutates[:, None], pool.space.mutate(children, rng), children)
        for key in pool.resolve(children):
            if key in pool and key not in seen and key not in closed:
                return key
        for parent in dict.fromkeys(chosen):
            near = [key for key in pool.neighbors(parent) if key not in seen and key not in closed]
            if near:
                return near[int(rng.integers(len(near)))]
        return None

    def _selected(self, n: int, rng: np.random.Generator) -> list[int]:
        """Return the ranks of n parents; rank 0 is the best."""
        num_parents = len(self._parents)
        if self._truncates:
            ranks = rng.integers((num_parents + 1) // 2, size=n)
        else:
            ranks = rng.integers(num_parents, size=(n, self._tournament_size)).min(axis=1)
        found: list[int] = ranks.tolist()
        return found
