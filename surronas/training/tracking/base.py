"""What an observer is, and how several are told without any of them being able to break a training."""

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from surronas.training.job import Job
from surronas.training.result import TrainingResult


class Observer(Protocol):
    """Is told of trainings, in the process that asked for them. It may have a method ``close`` as well."""

    def started(self, job: Job, /) -> None:
        """A training begins."""
        ...

    def epoch(self, job: Job, epoch: int, measured: dict[str, float], /) -> None:
        """An epoch, from 0 on, has ended; ``measured`` has the values of all ``CURVES``."""
        ...

    def finished(self, job: Job, result: TrainingResult, /) -> None:
        """A training has ended, well or not; ``started`` and ``epoch`` may not have been told of it."""
        ...


class Observers:
    """Tells several observers; one that raises is told of once on standard error, and then left out."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = list(observers)

    def started(self, job: Job) -> None:
        """Tell all that a training begins."""
        self._tell(lambda observer: observer.started(job))

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        """Tell all that an epoch has ended."""
        self._tell(lambda observer: observer.epoch(job, epoch, dict(measured)))

    def finished(self, job: Job, result: TrainingResult) -> None:
        """Tell all that a training has ended."""
        self._tell(lambda observer: observer.finished(job, result))

    def close(self) -> None:
        """Close those that have a ``close``."""
        self._tell(lambda observer: getattr(observer, "close", lambda: None)())

    def _tell(self, call: Callable[[Observer], None]) -> None:
        for observer in list(self._observers):
            try:
                call(observer)
            except Exception as error:  # whatever it is, the training goes on
                self._observers.remove(observer)
                print(
                    f"surronas: {type(observer).__name__} is left out from here on: "
                    f"{type(error).__name__}: {' '.join(str(error).split())}",
                    file=sys.stderr,
                    flush=True,
                )
