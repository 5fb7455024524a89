"""Trainings by workers that may die, hang or fail: such a training is tried again elsewhere."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from surronas.errors import SurronasError
from surronas.training.executors.messages import Died, EpochEnded, Message, Started
from surronas.training.executors.retries import Attempt, Queue, Supervision
from surronas.training.job import Job
from surronas.training.result import TrainingResult

# A new worker imports torch and gets its data set before it begins; this long only where it is stuck.
_START_SECONDS = 600.0


class Workers(Protocol):
    """Workers in places 0, 1, 2, ...; each does one training after the other."""

    def give(self, place: int, job: Job) -> None:
        """Have the worker in a place do a training; a new one is started if there is none."""
        ...

    def news(self, timeout: float | None) -> tuple[int, Message] | None:
        """Return what a worker that has a training says; None if none does within ``timeout`` seconds."""
        ...

    def stop(self, place: int) -> None:
        """Kill the worker in a place, if there is one."""
        ...


class SupervisedExecutor:
    """Has workers train, one in each place; ``devices`` says which device each place has.

    Another ``supervision`` may take the place of the first; it holds for what begins or ends from then on.
    """

    def __init__(self, workers: Workers, devices: Sequence[str], supervision: Supervision) -> None:
        self.num_workers, self.devices = len(devices), list(devices)
        self.supervision = supervision
        self._workers = workers
        self._queue = Queue(devices)
        self._busy: dict[int, Attempt] = {}  # by place
        self._deadlines: dict[int, float] = {}  # by place, of those that are busy
        self._hardware = [""] * len(devices)
        self._ended: deque[tuple[int, TrainingResult]] = deque()
        self._submitted = 0

    def submit(self, job: Job) -> int:
        """Return the ticket of a job, which a free worker begins at once."""
        self._queue.add(Attempt(self._submitted, job))
        self._submitted += 1
        self._hand_out()
        return self._submitted - 1

    def finished(self) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (ticket, result) as trainings end, until none is left.

        Raises:
            SurronasError: workers can't start, or were told to stop.
        """
        while self._ended or self._queue or self._busy:
            self._hand_out()
            if self._ended:
                yield self._ended.popleft()
            else:
                self._listen()

    def cancel(self) -> None:
        """Stop all trainings that run, and forget all that wait; they are lost."""
        self._queue.clear()
        self._ended.clear()
        for place in list(self._busy):
            self._workers.stop(place)
        self._busy, self._deadlines = {}, {}

    def close(self) -> None:
        """Stop all workers; trainings that still run are lost."""
        self.cancel()
        for place in range(self.num_workers):
            self._workers.stop(place)

    def _hand_out(self) -> None:
        """Give waiting trainings to free workers."""
        while self._queue:
            free = [place for place in range(self.num_workers) if place not in self._busy]
            taken = self._queue.take(free)
            if taken is None:
                return
            attempt, place = taken
            if attempt.failures and attempt.place == place:
                self._workers.stop(place)  # not by the process that failed
            attempt.place = place
            self._busy[place] = attempt
            if self.supervision.timeout_seconds is not None:
                wait = max(_START_SECONDS, self.supervision.timeout_seconds)
                self._deadlines[place] = time.monotonic() + wait
            self._workers.give(place, attempt.job)

    def _listen(self) -> None:
        """Take in what one worker says; when none speaks, stop those whose time is up."""
        now = time.monotonic()
        first = min(self._deadlines.values(), default=None)
        news = self._workers.news(None if first is None else max(0.0, first - now))
        if news is not None:
            self._heed(*news)
            return
        for place in [p for p, deadline in self._deadlines.items() if deadline <= time.monotonic()]:
            self._workers.stop(place)
            limit = f"timeout_seconds = {self.supervision.timeout_seconds:g}"
            self._end(place, TrainingResult("killed", self._hardware[place], message=f"hung: over {limit}"))

    def _heed(self, place: int, message: Message) -> None:
        """Act on what the worker in a place says."""
        attempt = self._busy[place]
        if isinstance(message, Started):
            self._hardware[place] = message.hardware
            if self.supervision.timeout_seconds is not None:
                self._deadlines[place] = time.monotonic() + self.supervision.timeout_seconds
        elif isinstance(message, EpochEnded):
            if self.supervision.on_epoch:
                self.supervision.on_epoch(attempt.job, message.epoch, message.values)
        elif isinstance(message, TrainingResult):
            if message.status == "failed":
                self._workers.stop(place)  # nobody knows in what state an exception left it
            self._end(place, message)
        else:
            self._bury(place, message)

    def _bury(self, place: int, death: Died) -> None:
        """Put an end to a dead worker's training.

        Raises:
            SurronasError: the whole run must end.
        """
        self._workers.stop(place)
        if death.ends_the_run:
            del self._busy[place]
            self._deadlines.pop(place, None)
            raise SurronasError(death.why)
        self._end(place, TrainingResult(death.status, self._hardware[place], message=death.why))

    def _end(self, place: int, result: TrainingResult) -> None:
        """Record how a training ended, or let it wait for another try."""
        attempt = self._busy.pop(place)
        self._deadlines.pop(place, None)
        if result.status == "ok" or len(attempt.failures) >= self.supervision.retries:
            self._ended.append((attempt.ticket, attempt.told(result)))
        else:
            attempt.failures.append(result)
            self._queue.add(attempt)
