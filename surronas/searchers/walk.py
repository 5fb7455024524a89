"""A walk from neighbor to neighbor: where it starts and stands, what it knows and looks at next."""

import math

import numpy as np

from surronas.searchers.pool import Pool


class Walk:
    """The place of a walk, the neighbors of it in a random order of its own, and the scores walked through.

    Args:
        pool: the candidates.
        seed: of the orders of neighbors.
        num_starts: random architectures told or discarded before the first walk starts at the best of them.
        skips_known: whether neighbors that are known when the walk comes to a place are left out there.

    Attributes:
        scores: of the keys taken in so far; -inf for those that were discarded.
        at: key of where the walk stands; None: it has yet to start.
        ahead: keys of the place's distinct neighboring candidates, in the order in which to look at them.
    """

    def __init__(self, pool: Pool, seed: int, num_starts: int, *, skips_known: bool = False) -> None:
        self._pool, self._seed, self._skips_known = pool, seed, skips_known
        self._num_awaited = num_starts
        self._start: tuple[float, int] | None = None  # the best of the starts so far
        self.scores: dict[int, float] = {}
        self.at: int | None = None
        self.ahead: list[int] = []

    def take(self, key: int, score: float) -> bool:
        """Learn one score, start where that was awaited, and return whether the walk just started."""
        self.scores[key] = score
        if self.at is not None:
            return False
        self._num_awaited -= 1
        if score > -math.inf and (self._start is None or score > self._start[0]):
            self._start = (score, key)
        if self._num_awaited > 0 or self._start is None:
            return False
        self.stand_at(self._start[1])
        return True

    def stand_at(self, key: int) -> None:
        """Look around from a place; the order of its neighbors is the same whenever the walk comes here."""
        around = self._pool.neighbors(key)
        ahead: list[int] = np.random.default_rng((self._seed, key)).permutation(around).tolist()
        self.at = key
        self.ahead = [near for near in ahead if near not in self.scores] if self._skips_known else ahead

    def restart(self, num_starts: int) -> None:
        """Stand nowhere until ``num_starts`` more were taken in."""
        self.at, self.ahead = None, []
        self._start, self._num_awaited = None, num_starts
