"""Local search by first improvement, with restarts (White, Nolen and Savani, UAI 2021, Algorithm 1).

The variant: ``num_initial`` random architectures; the walk starts at the best of them. It looks at the
neighbors of where it stands in a random order and moves as soon as one is better, without looking at the
rest (``query_full_nbhd=False`` in the authors' code). Where no neighbor is better it restarts from one
random architecture that is not known yet. A neighbor whose score is known already costs no query.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class LocalSearch:
    """Walks uphill from neighbor to neighbor among the candidates.

    The walk is a function of what was told, in its order, whatever the batches. Asked for more than the
    open neighbors, it adds random candidates, of which the next walk starts if this one is stuck.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates and of the order of neighbors.
        num_initial: random architectures told or discarded before the walk starts.
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
        self._history = History(space, candidates, seed)
        self._score_of: dict[int, float] = {}  # as far as the walk went; -inf for what was discarded
        self._at: int | None = None  # key of where the walk stands; None: the next one told starts a walk
        self._ahead: list[int] = []  # keys of its neighbors in the order in which it looks at them

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors first; see ``Searcher.ask``."""
        history = self._history
        closed = history.to_ask(n, pending)
        near = [key for key in self._ahead if key not in history.score_of and key not in closed][:n]
        rest = history.at_random(n - len(near), closed.union(near)) if len(near) < n else []
        return history.asked(near + rest)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) and walk on; see ``Searcher.tell``."""
        before = self._history.num_seen
        keys = self._history.tell(architectures, scores)
        self._walk(before, keys, self._history.scores[len(self._history.scores) - len(keys) :])

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        before = self._history.num_seen
        keys = self._history.discard(architectures)
        self._walk(before, keys, [-math.inf] * len(keys))

    def _walk(self, before: int, keys: list[int], scores: list[float]) -> None:
        """Take in keys one by one, each time going as far as scores are known."""
        for i, (key, score) in enumerate(zip(keys, scores, strict=True)):
            self._score_of[key] = score
            if before + i + 1 < self._num_initial:
                continue
            if before + i + 1 == self._num_initial:
                key = max(self._score_of, key=lambda seen: self._score_of[seen])
            if self._at is None and self._score_of[key] > -math.inf:
                self._stand_at(key)
            while (better := self._first_improvement()) is not None:
                self._stand_at(better)

    def _stand_at(self, key: int) -> None:
        """Look around from a place: its distinct neighboring candidates, in this place's own random order."""
        around = self._history.pool.neighbors(key)
        self._at, self._ahead = key, np.random.default_rng((self._seed, key)).permutation(around).tolist()

    def _first_improvement(self) -> int | None:
        """Return the key of the first better neighbor, None if that is unknown; give up a local optimum."""
        if self._at is None:
            return None
        for key in self._ahead:
            if key not in self._score_of:
                return None
            if self._score_of[key] > self._score_of[self._at]:
                return key
        self._at, self._ahead = None, []
        return None
