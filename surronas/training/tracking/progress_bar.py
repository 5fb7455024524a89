"""How far many trainings, or measurements, are: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from surronas.training.job import Job
from surronas.training.result import TrainingResult

EVERY = 10.0  # seconds between two lines, where there is no terminal


class ProgressBar:
    """Shows how much of something is done, at what speed, and how long the rest will take."""

    def __init__(self, what: str, *, out: TextIO | None = None, every: float = EVERY) -> None:
        self._what, self._every = what, every
        self._out = sys.stderr if out is None else out
        self._start = self._told = time.perf_counter()
        self._bar: Progress | None = None
        self._last, self._ended = "", False

    def show(self, done: float, total: float | None = None, words: str = "") -> None:
        """Show that so much is done of so much, None: nobody knows of how much; ``words`` stand beside it."""
        if self._out.isatty():
            self._move(done, total, words)
            return
        now = time.perf_counter()
        if done == total and self._ended:  # told already
            return
        self._last, self._ended = self._line(done, total, words), done == total
        if now - self._told >= self._every or done == total:
            self._tell()

    def close(self) -> None:
        """Leave the terminal as it was; in a log, tell what was not told yet."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self._last:
            self._tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tell(self) -> None:
        print(self._last, file=self._out, flush=True)
        self._told, self._last = time.perf_counter(), ""

    def _line(self, done: float, total: float | None, words: str) -> str:
        """Return how far it is, as a line of a log."""
        spent = time.perf_counter() - self._start
        parts = [_count(done, total, self._what), _speed(done, spent)]
        if total and 0 < done < total:
            parts.append(f"{spent * (total - done) / done:.0f} s left")
        return ", ".join([*parts, *filter(None, [words])])

    def _move(self, done: float, total: float | None, words: str) -> None:
        """Show how far it is on the terminal."""
        if self._bar is None:
            columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
            console = Console(file=self._out)
            self._bar = Progress(*columns, console=console, transient=True)
            self._bar.add_task("")
            self._bar.start()
        spent = time.perf_counter() - self._start
        parts = filter(None, [_count(done, total, self._what), _speed(done, spent), words])
        text = ", ".join(parts).replace("[", "\\[")
        self._bar.update(self._bar.task_ids[0], completed=done, total=total, description=text)


class ProgressObserver:
    """Shows how many trainings have ended, of ``total`` if that is known, and how the last one ended."""

    def __init__(
        self,
        total: int | None = None,
        *,
        metric: str = "valid_accuracy",
        out: TextIO | None = None,
        every: float = EVERY,
    ) -> None:
        self._total, self._metric = total, metric
        self._bar = ProgressBar("trained", out=out, every=every)
        self._done = 0

    def started(self, job: Job) -> None:
        """Show the bar before the first training ends."""
        if self._done == 0:
            self._bar.show(0, self._total)

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        """Nothing changes: trainings are counted whole."""

    def finished(self, job: Job, result: TrainingResult) -> None:
        """Count a training."""
        self._done += 1
        words = result.status
        if result.status == "ok" and self._metric in result.curves:
            words = f"{self._metric} {float(result.curves[self._metric][-1]):.4f}"
        self._bar.show(self._done, self._total, words)
        if self._done == self._total:
            self.close()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.close()


def _count(done: float, total: float | None, what: str) -> str:
    return f"{done:.0f} {what}" if total is None else f"{done:.0f} of {total:.0f} {what}"


def _speed(done: float, seconds: float) -> str:
    """Return a speed in words: by the second, or by the minute where it is slow."""
    rate = done / max(seconds, 1e-9)
    return f"{rate:.1f} a second" if rate >= 1 or not done else f"{60 * rate:.1f} a minute"
