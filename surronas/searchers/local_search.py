"""Local search by first improvement, with restarts (White, Nolen and Savani, UAI 2021, Algorithm 1).

The variant: ``num_initial`` random architectures; the walk starts at the best of them. It looks at the
neighbors of where it stands in a random order and moves as soon as one is better, without looking at the
rest (``query_full_nbhd=False`` in the authors' code). Where no neighbor is better it restarts from one
random architecture that is not known yet. A neighbor whose score is known already costs no query.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.spaces import Architectures, SearchSpace


class LocalSearch:
    """Walks uphill from neighbor to neighbor among the candidates.

    The walk is a function of what was told, in its order, whatever the batches. Asked for more than the
    open neighbors, it adds random candidates, of which the next walk starts if this one is stuck.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates and of the order of neighbors.
        num_initial: random architectures told or discarded before the walk starts.
        candidates: (N, d) what may be asked; None for all of a finite space.

    Raises:
        InputError: ``num_initial`` < 1.
    """

    def __init__(
        self, space: SearchSpace, *, seed: int, num_initial: int = 10, candidates: Architectures | None = None
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        self._space, self._seed, self._num_initial = space, seed, num_initial
        self._history = History(space, candidates, seed)
        self._score_of: dict[int, float] = {}  # by key; -inf for what was discarded
        self._architecture_of: dict[int, Architectures] = {}
        self._at: int | None = None  # key of where the walk stands; None: the next one told starts a walk
        self._ahead: list[int] = []  # keys of its neighbors in the order in which it looks at them

    def ask(self, n: int = 1) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors first; see ``Searcher.ask``."""
        history = self._history
        history.check_ask(n)
        rows = history.candidates.find(np.array(self._ahead, dtype=np.int64))
        rows = rows[(rows >= 0) & history.open[rows]]
        if len(rows) < n:
            at_random = history.open_at_random()
            rows = np.append(rows, at_random[~np.isin(at_random, rows)])
        return history.candidates.architectures[rows[:n]]

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) and walk on; see ``Searcher.tell``."""
        before = self._history.num_seen
        self._walk(before, *self._history.tell(architectures, scores))

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        before = self._history.num_seen
        rows, keys = self._history.discard(architectures)
        self._walk(before, rows, keys, np.full(len(keys), -np.inf))

    def _walk(
        self, before: int, rows: Architectures, keys: NDArray[np.int64], scores: NDArray[np.float64]
    ) -> None:
        """Take in architectures (n, d) one by one, each time going as far as scores are known."""
        for i, key in enumerate(keys.tolist()):
            self._score_of[key] = float(scores[i])
            self._architecture_of.setdefault(key, rows[i])
            if before + i + 1 < self._num_initial:
                continue
            if before + i + 1 == self._num_initial:
                key = max(self._score_of, key=lambda seen: self._score_of[seen])
            if self._at is None and self._score_of[key] > -np.inf:
                self._stand_at(key)
            while (better := self._first_improvement()) is not None:
                self._stand_at(better)

    def _stand_at(self, key: int) -> None:
        """Look around from a place: its distinct neighboring candidates, in this place's own random order."""
        keys = np.unique(self._space.keys(self._space.neighbors(self._architecture_of[key])))
        known = np.array([k in self._score_of for k in keys.tolist()], dtype=np.bool_)
        keys = keys[known | (self._history.candidates.find(keys) >= 0)]
        self._at, self._ahead = key, np.random.default_rng((self._seed, key)).permutation(keys).tolist()

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
