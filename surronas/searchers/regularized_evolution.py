"""Regularized (aging) evolution (Real, Aggarwal, Huang and Le, AAAI 2019, Algorithm 1).

The population is the architectures told last. A child is a mutation of the best of ``sample_size`` members
drawn with replacement; told, it joins and the oldest member dies, however good it is.

Two published settings for NAS-Bench-201, both asking known architectures again (``repeats=True``).
NATS-Bench (``exps/NATS-algos/regularized_ea.py``): ``population_size=10, sample_size=3``, and a mutation
that picks a node and then one of its edges: ``weights=(1/3, 1/6, 1/6, 1/9, 1/9, 1/9)``. naszilla
(``evolution_search``): ``num_initial=10, population_size=30, sample_size=10, mutation="each"``; it kills the
oldest as soon as there are 30, so 29 live, which makes no difference that 500 seeds show.
"""

import math
from bisect import bisect
from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import Draws, History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_NUM_TRIES = 8  # mutations drawn for a child before a neighbor is taken instead


class RegularizedEvolution:
    """Evolves a population by mutation, where age is what kills.

    Args:
        space: where architectures and mutations come from.
        seed: of the random candidates, samples and mutations.
        population_size: members alive at once.
        sample_size: members of which the best is the parent.
        num_initial: random architectures told before the first child; None: ``population_size``.
        mutation: ``"one"``: a neighbor of the parent; ``"each"``: each of d decisions changes with
            probability 1 / (d - 2), so one or two on average, and sometimes none.
        weights: (d,) how likely each decision is the one that changes; None: all neighbors are as likely.
        repeats: whether known architectures are asked again, as published; else a child is one that is not
            known, of the best member of the sample that has such neighbors.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: a size or number < 1, another word for ``mutation``, weights that are not (d,) numbers
            >= 0 with a sum > 0, or weights where each decision may change.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        population_size: int = 30,
        sample_size: int = 10,
        num_initial: int | None = 10,
        mutation: Literal["one", "each"] = "one",
        weights: Sequence[float] | None = None,
        repeats: bool = False,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        self._num_initial = population_size if num_initial is None else num_initial
        sizes = {"population_size": population_size, "sample_size": sample_size, "num_initial": num_initial}
        for name, number in sizes.items():
            if number is not None and number < 1:
                raise InputError(f"{name}: expected 1 or more, got {number}")
        if mutation not in ("one", "each"):
            raise InputError(f"mutation: expected 'one' or 'each', got {mutation!r}")
        self._history = History(space, candidates, seed)
        self._repeats, self._sample_size = repeats, sample_size
        self._population: deque[tuple[float, int]] = deque(
            maxlen=population_size
        )  # (score, key), oldest first
        self._choices: list[int] = space.num_choices.tolist()
        self._weights = _checked_weights(weights, space.num_decisions, mutation)
        self._rate = 1.0 / max(1, space.num_decisions - 2)
        by_try = mutation == "each" or weights is not None
        self._child = self._mutant if by_try else self._neighbor
        self._mutated = self._each_changed if mutation == "each" else self._one_changed
        self._draws = Draws(seed, sample_size + 1 + by_try * 2 * space.num_decisions * _NUM_TRIES)

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) architectures, distinct unless with repeats; see ``Searcher.ask``."""
        history = self._history
        if self._repeats:
            history.check_number(n)
            closed: set[int] = set()
            first = history.num_seen + (0 if pending is None else len(np.atleast_2d(pending)))
        else:
            closed = history.to_ask(n, pending)
            first = history.num_seen + len(closed)
        asked: list[int] = []
        for query in range(first, first + n):
            key = self._bred(query, closed) if query >= self._num_initial and self._population else None
            asked.append(self._drawn(query, closed) if key is None else key)
            closed.add(asked[-1])
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d), which join; see ``Searcher.tell``."""
        keys = self._history.tell(architectures, scores)
        if keys:
            self._population.extend(zip(self._history.scores[-len(keys) :], keys, strict=True))

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)

    def _drawn(self, query: int, closed: set[int]) -> int:
        """Return a random candidate that is open, or with repeats, where none is, any."""
        found = self._history.at_random(1, closed)
        if found:
            return found[0]
        keys = self._history.pool.keys
        return int(keys[int(self._draws.at(query)[-1] * len(keys))])

    def _bred(self, query: int, closed: set[int]) -> int | None:
        """Return the key of the query's child, None where the whole sample has no open neighbor."""
        draws: list[float] = self._draws.at(query).tolist()
        population, size = self._population, len(self._population)
        sample = [population[int(u * size)] for u in draws[: self._sample_size]]
        key = self._child(max(sample, key=lambda member: member[0])[1], draws[self._sample_size :], closed)
        if key is not None:
            return key
        for _, parent in sorted(sample, reverse=True):
            key = self._neighbor(parent, draws[-1:], closed)
            if key is not None:
                return key
        return None

    def _neighbor(self, parent: int, draws: list[float], closed: set[int]) -> int | None:
        """Return a neighbor of the parent that may be asked, all as likely; None: there is none."""
        around = self._history.pool.neighbors(parent)
        if not self._repeats:
            seen = self._history.score_of
            around = tuple([key for key in around if key not in seen and key not in closed])
        return around[int(draws[0] * len(around))] if around else None

    def _mutant(self, parent: int, draws: list[float], closed: set[int]) -> int | None:
        """Return a mutation of the parent, None where no try may be asked."""
        pool, seen = self._history.pool, self._history.score_of
        row: list[int] = pool.rows([parent])[0].tolist()
        for start in range(0, len(draws) - 1, 2 * len(row)):
            child = np.array([self._mutated(row, draws[start : start + 2 * len(row)])], np.int8)
            if pool.space.constrained and not pool.space.allowed(child)[0]:
                continue
            key = pool.resolve(child)[0]
            if key in pool and (self._repeats or (key not in seen and key not in closed)):
                return key
        return None

    def _each_changed(self, row: list[int], draws: list[float]) -> list[int]:
        """Return a row of which each decision changes at the rate."""
        d = len(row)
        return [
            _other(row[i], self._choices[i], draws[d + i]) if draws[i] < self._rate else row[i]
            for i in range(d)
        ]

    def _one_changed(self, row: list[int], draws: list[float]) -> list[int]:
        """Return a row of which one decision changes, by the weights."""
        i = bisect(self._weights, draws[0] * self._weights[-1])
        return [*row[:i], _other(row[i], self._choices[i], draws[1]), *row[i + 1 :]]


def _other(choice: int, num_choices: int, draw: float) -> int:
    """Return another choice, all as likely; the same where there is one only."""
    return (choice + 1 + int(draw * (num_choices - 1))) % num_choices


def _checked_weights(weights: Sequence[float] | None, num_decisions: int, mutation: str) -> list[float]:
    """Return the (d,) running sums of weights.

    Raises:
        InputError: they are not (d,) numbers >= 0 with a sum > 0, or each decision may change.
    """
    if weights is None:
        return []
    given = [float(weight) for weight in weights]
    if mutation != "one":
        raise InputError(f"weights: they are for mutation 'one', got mutation {mutation!r}")
    if len(given) != num_decisions or min(given) < 0 or not 0 < math.fsum(given) < math.inf:
        raise InputError(f"weights: expected {num_decisions} numbers >= 0 with a sum > 0, got {given}")
    return list(accumulate(given))
