"""Which trainings wait, and where one that failed is tried again."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from surronas.errors import InputError
from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.trainer import OnEpoch


@dataclass(frozen=True)
class Supervision:
    """How trainings are watched over.

    Raises:
        InputError: ``timeout_seconds`` is not positive, or ``retries`` is negative.
    """

    timeout_seconds: float | None = None  # a training that takes longer hangs, and is killed; None: never
    retries: int = 1  # of a training that died, hung, diverged or ran out of memory
    on_epoch: OnEpoch | None = None

    def __post_init__(self) -> None:
        seconds = self.timeout_seconds
        if seconds is not None and not 0 < seconds < math.inf:
            raise InputError(f"expected timeout_seconds > 0, or None for no limit, got {seconds}")
        if self.retries < 0 or self.retries != int(self.retries):
            raise InputError(f"expected retries = 0, 1, 2, ..., got {self.retries}")


@dataclass
class Attempt:
    """A training on its way, and how it failed so far."""

    ticket: int
    job: Job
    place: int = -1  # of the worker that has it, or had it last
    failures: list[TrainingResult] = field(default_factory=list)

    def told(self, result: TrainingResult) -> TrainingResult:
        """Return the last result, which says how those before it ended."""
        if not self.failures:
            return result
        tries = ", then ".join(map(_in_words, [*self.failures, result]))
        return replace(result, message=f"tried {len(self.failures) + 1} times: {tries}")


def _in_words(result: TrainingResult) -> str:
    return f"{result.status} ({result.message})" if result.message else result.status


class Queue:
    """The trainings that wait for a worker; those to be tried again come first.

    ``devices`` has the device of each worker's place. A training that failed is tried on another device
    where there is one, else by another worker if one is free, else by a new process in the same place.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        self._devices = devices
        self._fresh: deque[Attempt] = deque()
        self._again: list[Attempt] = []

    def __len__(self) -> int:
        return len(self._fresh) + len(self._again)

    def add(self, attempt: Attempt) -> None:
        """Let a training wait."""
        if attempt.failures:
            self._again.append(attempt)
        else:
            self._fresh.append(attempt)

    def take(self, free: Sequence[int]) -> tuple[Attempt, int] | None:
        """Return the next training and the free place that it goes to; None: no training may go anywhere."""
        for attempt in self._again:
            places = self._elsewhere(attempt.place, free)
            if places:
                self._again.remove(attempt)
                return attempt, places[0]
        if self._fresh and free:
            return self._fresh.popleft(), free[0]
        return None

    def clear(self) -> None:
        """Forget all."""
        self._fresh.clear()
        self._again.clear()

    def _elsewhere(self, failed: int, free: Sequence[int]) -> list[int]:
        """Return the free places where a training that failed may go, the best first."""
        here = self._devices[failed]
        others = [place for place in free if self._devices[place] != here]
        if len(set(self._devices)) > 1:
            return others
        return sorted(free, key=lambda place: place == failed)
