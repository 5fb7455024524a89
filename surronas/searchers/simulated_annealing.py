"""Simulated annealing (Kirkpatrick, Gelatt and Vecchi, Science 1983) in units of the steps it meets.

A neighbor that is worse by ``s`` is moved to with probability ``exp(-s / T)`` (Metropolis). T is the median
of all downhill steps met so far, times ``temperature``, times ``cooling`` for each query since the walk
started: no score needs a unit, and adding to all scores or multiplying them changes nothing. A walk does not
go back to what it knows; where no neighbor is open it restarts, hot, from a random architecture.
"""

import math
from bisect import insort

from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import Draws, History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class SimulatedAnnealing:
    """Walks to random neighbors, downhill too as long as it is hot.

    With the defaults a quarter of the median step down is taken with probability .37 at first and .07 after
    50 queries. An architecture told that is no neighbor of where the walk stands is moved to only if it is
    better.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates, of neighbors and of moves.
        num_initial: random architectures told or discarded before the walk starts at the best of them.
        temperature: at the start, in median downhill steps.
        cooling: factor of the temperature for each query.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` < 1, a temperature that is negative or not finite, or ``cooling`` outside
            (0, 1].
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_initial: int = 10,
        temperature: float = 0.25,
        cooling: float = 0.98,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        if not 0 <= temperature < math.inf:
            raise InputError(f"temperature: expected a finite number >= 0, got {temperature}")
        if not 0 < cooling <= 1:
            raise InputError(f"cooling: expected a factor in (0, 1], got {cooling}")
        self._history = History(space, candidates, seed)
        self._pool, self._draws = self._history.pool, Draws(seed, 2)
        self._num_awaited, self._hot, self._cooling = num_initial, temperature, cooling
        self._start: tuple[float, int] | None = None  # the best of the architectures awaited
        self._at: int | None = None  # key of where the walk stands; None: it has yet to start
        self._score, self._temperature = -math.inf, temperature
        self._around: tuple[int, ...] = ()  # keys of its neighbors
        self._known: set[int] = set()  # as far as the walk went
        self._steps: list[float] = []  # downhill steps met, sorted

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors first; see ``Searcher.ask``."""
        history = self._history
        closed, seen = history.to_ask(n, pending), history.score_of
        near = [key for key in self._around if key not in seen and key not in closed]
        first = history.num_seen + len(closed)
        asked = []
        for query in range(first, first + min(n, len(near))):
            asked.append(near.pop(int(self._draws.at(query)[0] * len(near))))
        rest = history.at_random(n - len(asked), closed.union(asked)) if len(asked) < n else []
        return history.asked(asked + rest)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) and walk on; see ``Searcher.tell``."""
        history = self._history
        before = history.num_seen
        keys = history.tell(architectures, scores)
        for i, key in enumerate(keys):
            self._take(key, history.scores[len(history.scores) - len(keys) + i], before + i)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        before = self._history.num_seen
        for i, key in enumerate(self._history.discard(architectures)):
            self._take(key, -math.inf, before + i)

    def _take(self, key: int, score: float, query: int) -> None:
        """Take in one key: an awaited start, or a step that is made or not."""
        self._known.add(key)
        if self._at is None:
            self._num_awaited -= 1
            if score > -math.inf and (self._start is None or score > self._start[0]):
                self._start = (score, key)
            if self._num_awaited <= 0 and self._start is not None:
                self._stand_at(self._start[1], self._start[0])
                self._temperature = self._hot
        elif score > -math.inf and self._moves(key, score, query):
            self._stand_at(key, score)
        self._temperature *= self._cooling
        if self._at is not None and self._known.issuperset(self._around):
            self._at, self._around, self._start, self._num_awaited = None, (), None, 1

    def _moves(self, key: int, score: float, query: int) -> bool:
        """Return whether the walk moves to a key, and note how far down that is."""
        if score >= self._score:
            return key != self._at
        if key not in self._around:
            return False
        step = self._score - score
        insort(self._steps, step)
        scale = self._temperature * self._steps[len(self._steps) // 2]
        return scale > 0 and float(self._draws.at(query)[1]) < math.exp(-step / scale)

    def _stand_at(self, key: int, score: float) -> None:
        """Stand at a key."""
        self._at, self._score, self._around = key, score, self._pool.neighbors(key)
