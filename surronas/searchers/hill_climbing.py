"""Hill climbing with sideways moves and restarts.

First-choice hill climbing with a limit on sideways moves and random restarts (Russell and Norvig, Artificial
Intelligence, section 4.1); a move to an equal neighbor is made at once, as in random-mutation hill climbing
(Forrest and Mitchell, FOGA 1993). Where no two neighbors are equal it is ``LocalSearch``.
"""

import math
from itertools import islice

from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.searchers.walk import Walk
from surronas.spaces import Architectures, SearchSpace


class HillClimbing:
    """Walks from neighbor to neighbor, uphill or level, and restarts where neither is possible.

    It looks at neighbors in a random order and moves as soon as one is better, or equal and not yet stood
    at, so that a plateau is crossed rather than combed. A neighbor whose score is known costs no query.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates and of the order of neighbors.
        num_initial: random architectures told or discarded before the walk starts at the best of them.
        max_sideways: sideways moves in a row after which only a better neighbor is moved to.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` < 1 or ``max_sideways`` < 0.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_initial: int = 10,
        max_sideways: int = 100,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        if max_sideways < 0:
            raise InputError(f"max_sideways: expected 0 or more, got {max_sideways}")
        self._history = History(space, candidates, seed)
        self._walk = Walk(self._history.pool, seed, num_initial)
        self._max_sideways = max_sideways
        self._level: set[int] = set()  # where the walk stood at its present score

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors first; see ``Searcher.ask``."""
        history = self._history
        closed, seen = history.to_ask(n, pending), history.score_of
        near = list(islice((key for key in self._walk.ahead if key not in seen and key not in closed), n))
        rest = history.at_random(n - len(near), closed.union(near)) if len(near) < n else []
        return history.asked(near + rest)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) and walk on; see ``Searcher.tell``."""
        keys = self._history.tell(architectures, scores)
        for key, score in zip(keys, self._history.scores[-len(keys) :] if keys else [], strict=True):
            self._take(key, score)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        for key in self._history.discard(architectures):
            self._take(key, -math.inf)

    def _take(self, key: int, score: float) -> None:
        """Take in one key and go as far as scores are known."""
        walk = self._walk
        if walk.take(key, score):
            self._level = set()
        while walk.at is not None:
            at, here = walk.at, walk.scores[walk.at]
            self._level.add(at)
            onto = self._not_worse(here)
            if onto is None:
                return
            if walk.scores[onto] > here:
                self._level = set()
            walk.stand_at(onto)

    def _not_worse(self, here: float) -> int | None:
        """Return the first neighbor to move to, None if it is unknown; restart where there is none."""
        walk, sideways = self._walk, len(self._level) <= self._max_sideways
        for key in walk.ahead:
            if key not in walk.scores:
                return None
            score = walk.scores[key]
            if score > here or (score == here and sideways and key not in self._level):
                return key
        walk.restart(1)
        return None
