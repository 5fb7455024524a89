"""The answers of a problem: its whole table in memory, so that a query costs a microsecond."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.compare.facts import ProblemFacts
from surronas.errors import InputError
from surronas.searchers import Pool, Searcher
from surronas.searchers.history import Draws
from surronas.spaces import Architectures

_DRAWING = 17  # the stream of random numbers that draws a training's seed for each query


Answer = tuple[float, float, float]  # score, training seconds, epochs


class Columns(NamedTuple):
    """What is known of n queries, (n,) each."""

    scores: NDArray[np.float64]
    test: NDArray[np.float64]
    keys: NDArray[np.int64]
    train_seconds: NDArray[np.float64]
    epochs: NDArray[np.float64]


class Answers(Protocol):
    """What a search is told: the score of each architecture that may be asked, by its place."""

    @property
    def facts(self) -> ProblemFacts:
        """What a report must know."""
        ...

    @property
    def pool(self) -> Pool:
        """The candidates, shared by all searches of a process."""
        ...

    @property
    def costs_known(self) -> tuple[bool, bool]:
        """Whether training seconds are known of every query, and epochs."""
        ...

    def places(self, architectures: Architectures) -> list[int]:
        """Return the places of (n, d) candidates.

        Raises:
            InputError: an architecture is no candidate.
        """
        ...

    def draw(self, place: int, query: int, seed: int) -> int:
        """Return which training of a place answers a query of a search with a seed."""
        ...

    def answer(self, place: int, draw: int) -> Answer:
        """Return the score (NaN: the evaluation failed), training seconds and epochs (NaN: unknown)."""
        ...

    def tell(
        self, searcher: Searcher, architectures: Architectures, places: Sequence[int], scores: Sequence[float]
    ) -> None:
        """Tell the scores of (n, d) architectures, those that failed as failed."""
        ...

    def columns(self, places: Sequence[int], draws: Sequence[int]) -> Columns:
        """Return what is known of n queries."""
        ...

    def fingerprint(self) -> str:
        """Return a hash of all answers."""
        ...


@dataclass(frozen=True)
class TableAnswers:
    """The answers of N candidates, in the order of the pool's architectures.

    A candidate has up to K trainings of which each query draws one; K = 1 where a query has one answer.

    Attributes:
        facts: what a report must know.
        pool: N candidates.
        scores: (N, K) more is better; NaN: the training failed, or is not there.
        seconds: (N, K) of training, NaN if unknown.
        epochs: (N, K) trained, NaN if unknown.
        counts: (N,) trainings, failed ones included; they come first.
        test: (N,) the test metric, in its unit.
    """

    facts: ProblemFacts
    pool: Pool
    scores: NDArray[np.float64]
    seconds: NDArray[np.float64]
    epochs: NDArray[np.float64]
    counts: NDArray[np.int64]
    test: NDArray[np.float64]

    @property
    def costs_known(self) -> tuple[bool, bool]:
        """Whether training seconds are known of every query, and epochs."""
        there = np.arange(self.scores.shape[1]) < self.counts[:, None]
        return not np.isnan(self.seconds[there]).any(), not np.isnan(self.epochs[there]).any()

    def places(self, architectures: Architectures) -> list[int]:
        """Return the places of (n, d) candidates."""
        keys = self.pool.resolve(architectures)
        try:
            return [self.pool.place[key] for key in keys]
        except KeyError:
            text = self.pool.space.to_strings(architectures)
            raise InputError(
                f"problem {self.facts.name!r}: asked for {', '.join(text)}, of which one is no candidate; "
                "a searcher must ask among the candidates that it is given"
            ) from None

    def draw(self, place: int, query: int, seed: int) -> int:
        """Return which training answers; the same query of the same seed draws the same, all at random."""
        if self.scores.shape[1] == 1:
            return 0
        if seed not in self._draws:
            self._draws.clear()
            self._draws[seed] = Draws(seed, 1, _DRAWING)
        return int(self._draws[seed].at(query)[0] * self.counts[place])

    def answer(self, place: int, draw: int) -> Answer:
        """Return the score, training seconds and epochs."""
        return self._answers[draw][place]

    def tell(
        self, searcher: Searcher, architectures: Architectures, places: Sequence[int], scores: Sequence[float]
    ) -> None:
        """Tell the scores of (n, d) architectures, those that failed as failed."""
        tell_scores(searcher, architectures, scores)

    def columns(self, places: Sequence[int], draws: Sequence[int]) -> Columns:
        """Return what is known of n queries."""
        at, drawn = np.asarray(places, np.int64), np.asarray(draws, np.int64)
        numbers = (array[at, drawn] for array in (self.scores, self.seconds, self.epochs))
        scores, seconds, epochs = numbers
        return Columns(scores, self.test[at], self._networks[at], seconds, epochs)

    def fingerprint(self) -> str:
        """Return the SHA-256 of candidates and numbers."""
        digest = hashlib.sha256(self.pool.space.name.encode())
        numbers = (self.scores, self.seconds, self.epochs, self.counts, self.test)
        arrays: tuple[NDArray[Any], ...] = (self.pool.architectures, *numbers)
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @cached_property
    def _answers(self) -> list[list[Answer]]:
        """By draw and place; Python's numbers, for NumPy's cost more to look up than to search with."""
        numbers = np.stack([self.scores, self.seconds, self.epochs], axis=-1)  # (N, K, 3)
        return [list(zip(*column.T.tolist(), strict=True)) for column in numbers.transpose(1, 0, 2)]

    @cached_property
    def _networks(self) -> NDArray[np.int64]:
        """(N,) keys that isomorphic candidates share."""
        return np.asarray(self.pool.space.keys(self.pool.architectures))

    @cached_property
    def _draws(self) -> dict[int, Draws]:
        return {}


def tell_scores(searcher: Searcher, architectures: Architectures, scores: Sequence[float]) -> None:
    """Tell the scores of (n, d) architectures; discard those that have none."""
    if len(scores) == 1:
        if scores[0] == scores[0]:  # not NaN
            searcher.tell(architectures, scores)
        else:
            searcher.discard(architectures)
        return
    values = np.asarray(scores)
    failed = np.isnan(values)
    if not failed.all():
        searcher.tell(architectures[~failed], values[~failed])
    if failed.any():
        searcher.discard(architectures[failed])
