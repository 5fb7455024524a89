"""Trainings as packs of a population: all that waits is trained together."""

from collections.abc import Iterator
from typing import Any

from surronas.spaces import SearchSpace
from surronas.training.job import Job
from surronas.training.population import PopulationTrainer
from surronas.training.result import TrainingResult
from surronas.training.tasks.base import Task


class PopulationExecutor:
    """Trains what waits as one program, pack by pack (see ``PopulationTrainer``, which takes ``settings``).

    What is submitted while a pack is in training waits for the next one, so hand it ``num_workers`` jobs at
    once: it is a batch executor, for builds of tables and for batches of candidates.

    Raises:
        DeviceError: the device is not there.
        InputError: an unknown way, or less than one network at once.
    """

    def __init__(self, space: SearchSpace, task: Task, **settings: Any) -> None:
        self.trainer = PopulationTrainer(space, task, **settings)
        self._waiting: list[tuple[int, Job]] = []
        self._under_way: Iterator[tuple[int, TrainingResult]] = iter(())
        self._submitted = 0

    @property
    def num_workers(self) -> int:
        """The most networks that a pack holds."""
        return self.trainer.packing.most

    def submit(self, job: Job) -> int:
        """Return the ticket of a job; it is trained with the others when results are asked for."""
        self._waiting.append((self._submitted, job))
        self._submitted += 1
        return self._submitted - 1

    def finished(self) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (ticket, result) pack by pack, until none is left."""
        while True:
            while (found := next(self._under_way, None)) is not None:  # not `yield from`, which would end it
                yield found
            if not self._waiting:
                return
            taken, self._waiting = self._waiting, []
            self._under_way = self._results(taken)

    def _results(self, taken: list[tuple[int, Job]]) -> Iterator[tuple[int, TrainingResult]]:
        for position, result in self.trainer.train([job for _, job in taken]):
            yield taken[position][0], result

    def cancel(self) -> None:
        """Forget what waits and what is left of a pack."""
        self._waiting, self._under_way = [], iter(())

    def close(self) -> None:
        """Forget what waits; memory goes with this object."""
        self.cancel()
