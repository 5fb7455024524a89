"""Trainings under way: as many as there are workers; rows are kept, and answers given, as they end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError, SurronasError
from surronas.evaluators import RecordAxes
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Metric, Records, concatenate_records


@runtime_checkable
class SubmittingEvaluator(Protocol):
    """An evaluator that takes trainings one by one and hands over each as it ends, in whatever order."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that its records carry."""
        ...

    @property
    def axes(self) -> RecordAxes:
        """The task, recipe and epochs of its records."""
        ...

    @property
    def num_workers(self) -> int:
        """How many trainings must be submitted for no worker to be idle."""
        ...

    def submit(self, architectures: ArrayLike, seeds: Sequence[int], /) -> None:
        """Have n architectures trained, each with its own of n seeds."""
        ...

    def finished(self) -> Iterator[Records]:
        """Yield a (1,) row for each as it ends, until none is left; more may be submitted meanwhile."""
        ...

    def cancel(self) -> None:
        """Stop what runs and forget what was submitted."""
        ...


def submitting(evaluator: object) -> SubmittingEvaluator:
    """Return an evaluator, if trainings can be submitted to it.

    Raises:
        InputError: they can't.
    """
    if not isinstance(evaluator, SubmittingEvaluator):
        raise InputError(
            f"expected an evaluator with submit() and finished(), such as TrainingEvaluator, got "
            f"{type(evaluator).__name__}"
        )
    return evaluator


@dataclass
class _Waited:
    """An architecture that is not answered yet."""

    architecture: Architectures  # (d,)
    rows: dict[int, Records] = field(default_factory=dict)  # (1,) by seed, as far as they are in


class UnderWay:
    """Trains architectures with all of some seeds, ``num_workers`` trainings at a time.

    A row is in the store, if there is one, and then handed to ``on_row`` before the next one is waited for.
    Rows that the store holds already are taken from it, and not trained.

    Raises:
        InputError: no seeds, or the same seed twice.
    """

    def __init__(
        self,
        evaluator: SubmittingEvaluator,
        seeds: Sequence[int],
        *,
        store: BenchmarkStore | None = None,
        command: str = "",
        on_row: Callable[[Records], None] = lambda row: None,
    ) -> None:
        self._seeds = tuple(int(seed) for seed in seeds)
        if not self._seeds or len(set(self._seeds)) < len(self._seeds):
            raise InputError(f"expected one training seed or more, each once, got {list(seeds)}")
        self._evaluator, self._store, self._command, self._on_row = evaluator, store, command, on_row
        self._waited: dict[bytes, _Waited] = {}
        self._held: deque[_Waited] = deque()  # all of whose rows are in, in the order in which they came in
        self._queue: deque[tuple[Architectures, int]] = deque()  # that no worker is free for
        self._submitted = 0  # trainings that have not ended
        self._rows: Iterator[Records] = iter(())

    def __len__(self) -> int:
        """Return the number of architectures that are not answered yet."""
        return len(self._waited)

    @property
    def pending(self) -> Architectures | None:
        """(m, d) architectures that are not answered yet, in the order in which they came; None: none."""
        return np.array([each.architecture for each in self._waited.values()]) if self._waited else None

    @property
    def has_room(self) -> bool:
        """Whether a worker is free, and nothing to be given to it."""
        return self._submitted + len(self._queue) + len(self._held) < self._evaluator.num_workers

    def waits_for(self, architecture: Sequence[int]) -> bool:
        """Return whether an architecture is not answered yet."""
        return np.array(architecture, np.int8).tobytes() in self._waited

    def add(self, architecture: Architectures) -> None:
        """Have one architecture (d,) trained with each seed, as far as the store does not hold it.

        Raises:
            InputError: it is under way already.
        """
        if architecture.tobytes() in self._waited:
            raise InputError(f"expected a new architecture, but {architecture.tolist()} is being trained")
        waited = self._waited[architecture.tobytes()] = _Waited(architecture)
        for seed in self._seeds:
            stored = self._stored(architecture, seed)
            if stored is None:
                self._queue.append((architecture, seed))
            else:
                waited.rows[seed] = stored
        self._note_if_whole(waited)
        self._hand_out()

    def stored(self, architecture: Architectures) -> Records | None:
        """Return the (seeds,) rows of an architecture (d,) if the store holds them all, else None."""
        rows = [self._stored(architecture, seed) for seed in self._seeds]
        found = [row for row in rows if row is not None]
        return concatenate_records(found) if len(found) == len(rows) else None

    def wait(self) -> tuple[Architectures, Records] | None:
        """Return an architecture (1, d) with all seeds in, and its (seeds,) rows, in the order of the seeds.

        None: a training has ended, its architecture needs others too, and a worker is free meanwhile.

        Raises:
            InputError: nothing is under way.
        """
        if not self._waited:
            raise InputError("expected an architecture under way to wait for, there is none")
        while not self._held:
            self._take(self._next_row())
            if not self._held and self.has_room:
                return None
        waited = self._held.popleft()
        del self._waited[waited.architecture.tobytes()]
        return waited.architecture[None], concatenate_records([waited.rows[seed] for seed in self._seeds])

    def cancel(self) -> None:
        """Stop what runs and forget all that is not answered."""
        self._evaluator.cancel()
        self._waited, self._submitted, self._rows = {}, 0, iter(())
        self._queue.clear()
        self._held.clear()

    def _hand_out(self) -> None:
        """Submit what is queued, as long as a worker is free."""
        while self._queue and self._submitted < self._evaluator.num_workers:
            architecture, seed = self._queue.popleft()
            self._evaluator.submit(architecture[None], [seed])
            self._submitted += 1

    def _next_row(self) -> Records:
        """Return the (1,) row of the training that ends next."""
        row = next(self._rows, None)
        if row is None:
            self._rows = self._evaluator.finished()
            row = next(self._rows, None)
        if row is None:
            raise SurronasError(
                f"{type(self._evaluator).__name__} lost {self._submitted} trainings under way"
            )
        return row

    def _take(self, row: Records) -> None:
        """Keep a row, and give the worker that is free now what is queued."""
        self._submitted -= 1
        self._hand_out()
        if self._store is not None:
            self._store.append(row, existing="skip", command=self._command)
        self._on_row(row)
        waited = self._waited[row["architecture"][0].tobytes()]
        waited.rows[int(row["seed"][0])] = row
        self._note_if_whole(waited)

    def _note_if_whole(self, waited: _Waited) -> None:
        if len(waited.rows) == len(self._seeds):
            self._held.append(waited)

    def _stored(self, architecture: Architectures, seed: int) -> Records | None:
        """Return the (1,) row of a training, under this architecture, that the store holds; else None."""
        if self._store is None:
            return None
        at = self._evaluator.axes
        row = self._store.records(
            architecture[None], task=at.task, recipe=at.recipe, epochs=at.epochs, seed=seed
        )
        row["architecture"] = architecture  # a store of canonical forms answers with these
        return row if len(row) else None
