"""A table that answers as training workers do: each training takes its time, so they end in another order."""

import heapq
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surronas.evaluators import RecordAxes
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Metric, Records

Duration = Callable[[Architectures, int], float]


class Stop(Exception):
    """What stops a search, as a power cut would."""


def uneven(architecture: Architectures, seed: int) -> float:
    """Between 1 and 8, whatever the order of submission."""
    return 1.0 + float((architecture @ np.arange(1, len(architecture) + 1) * 7 + seed * 3) % 8)


class SimulatedTrainings:
    """Real rows of a table, at simulated times; ``stop_after`` rows it stops whoever waits for more."""

    def __init__(
        self,
        store: BenchmarkStore,
        num_workers: int,
        *,
        duration: Duration = uneven,
        stop_after: int | None = None,
        fails: Callable[[Architectures], bool] = lambda architecture: False,
    ) -> None:
        self.store, self.num_workers, self._duration = store, num_workers, duration
        self._left, self._fails = stop_after, fails
        self.clock = 0.0
        self.trained: list[tuple[tuple[int, ...], int]] = []  # in the order of submission
        self.begun: list[float] = []  # when each was submitted
        self.idle: list[float] = []  # when a worker had nothing to do while somebody waited
        self.most_at_once = 0
        self._running: list[tuple[float, int, Architectures, int]] = []

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return self.store.metrics

    @property
    def axes(self) -> RecordAxes:
        return RecordAxes(self.store.tasks[0], self.store.recipes[0], self.store.epochs()[0])

    def submit(self, architectures: ArrayLike, seeds: Sequence[int]) -> None:
        for row, seed in zip(np.asarray(architectures, np.int8), seeds, strict=True):
            end = self.clock + self._duration(row, seed)
            heapq.heappush(self._running, (end, len(self.trained), row, seed))
            self.trained.append((tuple(row.tolist()), seed))
            self.begun.append(self.clock)
        self.most_at_once = max(self.most_at_once, len(self._running))

    def finished(self) -> Iterator[Records]:
        while self._running:
            if len(self._running) < self.num_workers:
                self.idle.append(self.clock)
            if self._left == 0:
                raise Stop
            self._left = None if self._left is None else self._left - 1
            self.clock, _, architecture, seed = heapq.heappop(self._running)
            yield self._row(architecture, seed)

    def cancel(self) -> None:
        self._running = []

    def _row(self, architecture: Architectures, seed: int) -> Records:
        row = self.store.records(architecture[None], seed=seed)
        row["architecture"], row["origin"] = architecture, "search"
        if self._fails(architecture):
            row["status"] = "diverged"
            for metric in self.store.metrics:
                if metric.per == "run":
                    row[metric.name] = np.nan
        return row
