"""What an executor is: jobs go in, results come out as they end, wherever the training happens."""

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.trainer import Trainer


class Executor(Protocol):
    """Runs trainings: in this process, in others, on other machines, or hundreds as one program."""

    @property
    def num_workers(self) -> int:
        """How many jobs must be submitted for no worker to be idle."""
        ...

    def submit(self, job: Job) -> int:
        """Return the ticket of a job: 0, 1, 2, ... in the order of submission."""
        ...

    def finished(self) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (ticket, result) as trainings end, until none is left; more may be submitted meanwhile."""
        ...

    def cancel(self) -> None:
        """Stop what runs and forget what waits."""
        ...

    def close(self) -> None:
        """Cancel, and give back all processes and memory."""
        ...


class SerialExecutor:
    """Trains in this process, one job after the other."""

    num_workers = 1

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self._waiting: deque[tuple[int, Job]] = deque()
        self._submitted = 0

    def submit(self, job: Job) -> int:
        """Return the ticket of a job; it is trained when its result is asked for."""
        self._waiting.append((self._submitted, job))
        self._submitted += 1
        return self._submitted - 1

    def finished(self) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (ticket, result) in the order of submission."""
        while self._waiting:
            ticket, job = self._waiting.popleft()
            yield ticket, self.trainer.train(job)

    def cancel(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def close(self) -> None:
        """Forget what waits; there is nothing else to give back."""
        self.cancel()
