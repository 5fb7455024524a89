"""Rounds: how a searcher plans a whole batch from what was told before it, whatever the size of its asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


@dataclass(frozen=True)
class Told:
    """What a search knew before a round.

    Attributes:
        keys: (n,) of the architectures told, in order.
        scores: (n,) theirs.
        seen: keys told or discarded.
    """

    keys: list[int]
    scores: NDArray[np.float64]
    seen: frozenset[int]

    def best(self, num: int) -> list[int]:
        """Return ``num`` distinct keys told, or fewer, the highest score first and the earlier of equals."""
        order = np.argsort(-self.scores, kind="stable").tolist()
        return list(dict.fromkeys(self.keys[i] for i in order))[:num]


class RoundSearcher(ABC):
    """Asks random candidates first, then, round by round, what a subclass's ``_plan`` lists.

    A round is ``batch_size`` queries told or discarded, and its plan a function of the seed and of what was
    told before the round. So what is asked does not depend on how many are asked at once: asked for more
    than is left of the batch it goes on in the plan, and workers that never wait go down the plan together.

    Args:
        space: where architectures come from.
        seed: of the random candidates and of every plan.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        num_initial: random architectures told or discarded before the first round.
        batch_size: architectures of a round.
        repeats: whether what was asked may be asked again, as in some published protocols.

    Raises:
        InputError: ``num_initial`` or ``batch_size`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        candidates: Architectures | Pool | None,
        num_initial: int,
        batch_size: int,
        repeats: bool = False,
    ) -> None:
        for name, number in (("num_initial", num_initial), ("batch_size", batch_size)):
            if number < 1:
                raise InputError(f"{name}: expected 1 or more, got {number}")
        self._space, self._seed, self._repeats = space, seed, repeats
        self._num_initial, self._batch_size = num_initial, batch_size
        self._history = History(space, candidates, seed)
        self._seen: list[int] = []  # keys told or discarded, in order
        self._num_told: list[int] = []  # how many of the first t + 1 seen were told
        self._round = -1  # how many were seen before the round whose plan is kept, for speed alone
        self._planned: list[int] = []  # as far as it was needed
        self._ahead: Iterator[int] = iter(())

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) architectures, distinct unless the searcher repeats; see ``Searcher.ask``."""
        if self._repeats:
            self._history.check_number(n)
            waiting = 0 if pending is None else len(np.atleast_2d(np.asarray(pending)))
            return self._history.asked(self._with_repeats(n, waiting))
        closed = self._history.to_ask(n, pending)
        chosen: list[int] = []
        for key in self._plan_of_round():
            if key not in self._history.score_of and key not in closed and key in self._history.pool:
                chosen.append(key)
                closed.add(key)
            if len(chosen) == n:
                return self._history.asked(chosen)
        return self._history.asked(chosen + self._history.at_random(n - len(chosen), closed))

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        self._see(self._history.tell(architectures, scores), told=1)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._see(self._history.discard(architectures), told=0)

    @abstractmethod
    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield keys, the most promising first; those seen, pending or no candidates are passed over.

        ``told`` has one score or more. It may end: random candidates follow.
        """

    def _see(self, keys: list[int], *, told: int) -> None:
        before = self._num_told[-1] if self._num_told else 0
        self._num_told += [before + told * (i + 1) for i in range(len(keys))]
        self._seen += keys

    def _start_of_round(self) -> int:
        """Return how many were seen before the present round; -1 before the first, or if nothing was told."""
        rounds = (len(self._seen) - self._num_initial) // self._batch_size
        start = self._num_initial + rounds * self._batch_size
        return start if rounds >= 0 and self._num_told[start - 1] else -1

    def _plan_of_round(self) -> Iterator[int]:
        """Yield the plan of the present round, from its beginning; nothing before the first round."""
        start = self._start_of_round()
        if start != self._round:
            self._round, self._planned, self._ahead = start, [], iter(())
            if start >= 0:
                rng = np.random.default_rng((self._seed, start))
                self._ahead = self._plan(self._told_before(start), rng)
        place = 0
        while True:
            if place == len(self._planned):
                following = next(self._ahead, None)
                if following is None:
                    return
                self._planned.append(following)
            yield self._planned[place]
            place += 1

    def _told_before(self, start: int) -> Told:
        num = self._num_told[start - 1]
        history = self._history
        return Told(history.keys[:num], np.array(history.scores[:num]), frozenset(self._seen[:start]))

    def _with_repeats(self, n: int, waiting: int) -> list[int]:
        """Return what the next n queries ask, seen or not, when ``waiting`` earlier ones are pending."""
        start = max(self._start_of_round(), 0)
        first = len(self._seen) - start + waiting
        plan = [key for key, _ in zip(self._plan_of_round(), range(first + n), strict=False)][first:]
        missing = range(len(self._seen) + waiting + len(plan), len(self._seen) + waiting + n)
        rngs = (np.random.default_rng((self._seed, query, 1)) for query in missing)
        return plan + [drawn(self._history.pool, 1, rng)[0] for rng in rngs]


def drawn(pool: Pool, n: int, rng: np.random.Generator) -> list[int]:
    """Return the keys of n candidates drawn uniformly with replacement."""
    if pool.size is not None:
        keys: list[int] = pool.keys[rng.integers(pool.size, size=n)].tolist()
        return keys
    return pool.resolve(pool.space.sample(n, rng))
