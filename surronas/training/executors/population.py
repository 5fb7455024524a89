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
        while self._waiting:
            taken, self._waiting = self._waiting, []
            for position, result in self.trainer.train([job for _, job in taken]):
                yield taken[position][0], result

    def cancel(self) -> None:
        """Forget what waits; a pack under way ends with the loop that asked for its results."""
        self._waiting = []

    def close(self) -> None:
        """Forget what waits; memory goes with this object."""
        self.cancel()
