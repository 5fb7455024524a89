"""What a searcher was told: keys, scores, and which candidates are still open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers.pool import Pool, pool_of
from surronas.spaces import Architectures, SearchSpace


class History:
    """The told and discarded architectures of one search, checked at the border, in their order.

    Everything costs a few microseconds a query, whatever the number of candidates.

    Attributes:
        pool: the candidates.
        keys: of the architectures told, in order.
        scores: theirs, in the same order.
        score_of: the last score told of each key; -inf of those that were only discarded.
        num_seen: how many rows were told or discarded.
    """

    def __init__(self, space: SearchSpace, candidates: Architectures | Pool | None, seed: int) -> None:
        self.pool = pool_of(space, candidates)
        self.keys: list[int] = []
        self.scores: list[float] = []
        self.score_of: dict[int, float] = {}
        self.num_seen = 0
        self._order = iter(self.pool.random_order(seed))
        self._drawn: list[int] = []  # the random order as far as it was needed
        self._first_open = 0  # place in ``_drawn`` before which all is seen
        self._num_closed = 0  # candidates seen

    def architectures(self) -> Architectures:
        """Return the (n, d) architectures told, each as the candidate that stands for it."""
        return self.pool.rows(self.keys)

    def values(self) -> NDArray[np.float64]:
        """Return the (n,) scores told."""
        return np.array(self.scores)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> list[int]:
        """Append scores and return the keys of (n, d) architectures.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: the scores are not (n,) finite numbers. Nothing is appended then.
        """
        keys = self.pool.resolve(architectures)
        values = checked_scores(scores, len(keys))
        self.keys += keys
        self.scores += values
        self._close(keys)
        self.score_of.update(zip(keys, values, strict=True))
        return keys

    def discard(self, architectures: ArrayLike) -> list[int]:
        """Close architectures (n, d) without a score and return their keys.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
        """
        keys = self.pool.resolve(architectures)
        self._close(keys)
        for key in keys:
            self.score_of.setdefault(key, -np.inf)
        return keys

    def to_ask(self, n: int, pending: ArrayLike | None = None) -> set[int]:
        """Return the keys of what is pending, and raise unless n other candidates can be asked.

        Raises:
            ArchitectureError: the pending rows are not architectures of the search space.
            InputError: n < 1.
            SpaceExhaustedError: fewer than n candidates remain.
        """
        self.check_number(n)
        waiting: set[int] = set()
        if pending is not None and len(np.atleast_1d(pending)):
            waiting = set(self.pool.resolve(pending))
        if self.pool.size is not None:
            left = self.pool.size - self._num_closed
            left -= sum(key in self.pool and key not in self.score_of for key in waiting)
            if left < n:
                raise SpaceExhaustedError(
                    f"asked for {n} architectures, but {left} of {self.pool.size} distinct candidates are "
                    f"left; ask for fewer, or give the searcher more candidates"
                )
        return waiting

    def check_number(self, n: int) -> None:
        """Raise unless n is a number of architectures to ask.

        Raises:
            InputError: n < 1.
        """
        if n < 1:
            raise InputError(f"expected to be asked for n >= 1 architectures, got n = {n}")

    def at_random(self, n: int, closed: set[int] | frozenset[int] = frozenset()) -> list[int]:
        """Return the first n open candidates of the seed's random order, but for ``closed``; or fewer."""
        return list(islice(self.open_at_random(closed), n))

    def open_at_random(self, closed: set[int] | frozenset[int] = frozenset()) -> Iterable[int]:
        """Yield the open candidates in the seed's random order; of an open pool without end."""
        while self._first_open < len(self._drawn) and self._drawn[self._first_open] in self.score_of:
            self._first_open += 1
        place = self._first_open
        while True:
            if place == len(self._drawn):
                fresh = list(islice(self._order, 64))
                if not fresh:
                    return
                self._drawn += fresh
            key = self._drawn[place]
            if key not in self.score_of and key not in closed:
                yield key
            place += 1

    def asked(self, keys: Sequence[int]) -> Architectures:
        """Return the (n, d) architectures of keys that are to be asked."""
        return self.pool.rows(keys)

    def _close(self, keys: list[int]) -> None:
        """Count what is seen; call it before scores are kept."""
        self._num_closed += sum(key in self.pool for key in set(keys) if key not in self.score_of)
        self.num_seen += len(keys)


class Draws:
    """Random numbers of a seed for each query of a search: query t gets the same whatever was asked before.

    Args:
        seed: of the numbers.
        width: how many uniform numbers in [0, 1) a query gets.
        purpose: tells the streams of one seed apart.
    """

    _BLOCK = 256

    def __init__(self, seed: int, width: int, purpose: int = 0) -> None:
        self._key, self._width = (seed, purpose), width
        self._block, self._numbers = -1, np.empty((0, width))

    def at(self, query: int) -> NDArray[np.float64]:
        """Return the (width,) numbers of a query."""
        block, place = divmod(query, self._BLOCK)
        if block != self._block:
            rng = np.random.default_rng((*self._key, block))
            self._block, self._numbers = block, rng.random((self._BLOCK, self._width))
        numbers: NDArray[np.float64] = self._numbers[place]
        return numbers


def checked_scores(scores: ArrayLike, n: int) -> list[float]:
    """Return n scores as numbers.

    Raises:
        InputError: they are not (n,) finite numbers.
    """
    values = np.atleast_1d(np.asarray(scores, dtype=np.float64))
    if values.shape != (n,):
        raise InputError(f"scores: expected shape ({n},), one for each architecture, got {values.shape}")
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))[0]
        raise InputError(
            f"scores: expected finite numbers, got {values[bad]} at row {bad}; "
            f"use discard() for failed evaluations"
        )
    found: list[float] = values.tolist()
    return found
