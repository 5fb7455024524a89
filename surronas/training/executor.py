"""Where trainings run: in this process, or in several worker processes that may die."""

import contextlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Protocol, cast

from surronas.errors import InputError, SurronasError
from surronas.spaces import Graph
from surronas.training.device import hardware_name, resolve_device
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Task
from surronas.training.trainer import Trainer, TrainingResult, check_batch_size

TRAINING_FAILED = 3  # exit code of a worker whose training raised; any other: it could not start
# Sent by a person or a scheduler that stops the whole run; the kernel, short of memory, sends SIGKILL.
_TOLD_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
Job = tuple[Graph, int]  # what to train, and the seed


class Executor(Protocol):
    """Runs trainings and yields each as it finishes."""

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (position in ``jobs``, result) in the order in which trainings finish."""

    def close(self) -> None:
        """Stop what still runs."""


class SerialExecutor:
    """Trains in this process, one after the other."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (position, result) in the order of ``jobs``."""
        for position, (graph, seed) in enumerate(jobs):
            yield position, self.trainer.train(graph, seed)

    def close(self) -> None:
        """Do nothing: nothing runs between calls."""


class ProcessExecutor:
    """Trains in ``num_workers`` processes of one thread each.

    A worker that dies (killed by the kernel for memory, or by a user) costs its own training only:
    that run is a result with status ``killed`` (a signal) or ``failed`` (an exception, printed on
    standard error), and a new worker takes its place. Workers stay up between calls; they end when
    this process closes them or dies.

    Raises:
        InputError: no workers, or a batch larger than the train split.
        DeviceError: the device is not there.
    """

    def __init__(
        self,
        task: Task,
        recipe: Recipe,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_workers: int = 2,
    ) -> None:
        if num_workers < 1:
            raise InputError(f"expected num_workers >= 1, got {num_workers}")
        check_batch_size(task, recipe)  # this and a missing device are told here and now
        self._hardware = hardware_name(resolve_device(device))
        self._settings = {
            "task": task,
            "recipe": recipe,
            "device": device,
            "mixed_precision": mixed_precision,
        }
        self.num_workers = num_workers
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy: dict[subprocess.Popen[bytes], int] = {}  # and the position of its job

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (position, result) in the order in which trainings finish.

        Trainings that still run when the caller leaves early are stopped, and lost.

        Raises:
            SurronasError: a worker process could not start.
        """
        waiting = deque(enumerate(jobs))
        try:
            with selectors.DefaultSelector() as finished:
                while waiting or self._busy:
                    while waiting and len(self._busy) < self.num_workers:
                        worker = self._submit(*waiting.popleft())
                        finished.register(_pipe(worker.stdout), selectors.EVENT_READ, worker)
                    for key, _ in finished.select():
                        finished.unregister(key.fileobj)
                        yield self._collect(key.data)
        finally:
            _stop(self._busy)
            self._busy = {}

    def _submit(self, position: int, job: Job) -> subprocess.Popen[bytes]:
        """Hand a job to an idle worker, or to a new one, and return the worker."""
        while self._idle:
            worker = self._idle.pop()
            try:
                _send(worker, job)
            except BrokenPipeError:  # it died while idle: no training is lost
                _stop([worker])
            else:
                self._busy[worker] = position
                return worker
        worker = self._start(job)
        self._busy[worker] = position
        return worker

    def _start(self, job: Job) -> subprocess.Popen[bytes]:
        """Return a new worker that has been told its task, recipe and device, and its first job."""
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        worker = subprocess.Popen(
            [sys.executable, "-m", "surronas.training.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads},
            process_group=0,  # Ctrl-C is for this process, which stops its workers
        )
        with contextlib.suppress(BrokenPipeError):  # it is dead already: `_collect` says why
            _send(worker, self._settings)
            _send(worker, job)
        return worker

    def _collect(self, worker: subprocess.Popen[bytes]) -> tuple[int, TrainingResult]:
        """Return (position, result) of a worker that has answered, or died."""
        position = self._busy.pop(worker)
        try:
            result = cast(TrainingResult, pickle.load(_pipe(worker.stdout)))
        except (EOFError, pickle.UnpicklingError):
            code = worker.wait()
            _stop([worker])
            if -code in _TOLD_TO_STOP:
                raise SurronasError(
                    f"a training process was told to stop (signal {-code}), so this stops too; "
                    "the same command goes on"
                ) from None
            if code >= 0 and code != TRAINING_FAILED:
                raise SurronasError(
                    f"a training process could not start (exit code {code}); see its message above"
                ) from None
            status = "killed" if code < 0 else "failed"
            message = f"the worker process ended with exit code {code}"
            return position, TrainingResult(status, self._hardware, message=message)
        self._idle.append(worker)
        return position, result

    def close(self) -> None:
        """Stop all workers; trainings that still run are lost."""
        _stop([*self._idle, *self._busy])
        self._idle, self._busy = [], {}


def _send(worker: subprocess.Popen[bytes], message: object) -> None:
    """Write one message to a worker; BrokenPipeError if it is dead."""
    pickle.dump(message, _pipe(worker.stdin))
    _pipe(worker.stdin).flush()


def _stop(workers: Iterable[subprocess.Popen[bytes]]) -> None:
    """Kill workers, wait for their end and close their pipes."""
    for worker in workers:
        worker.kill()
        worker.wait()
        _pipe(worker.stdout).close()
        with contextlib.suppress(BrokenPipeError):  # what it never read
            _pipe(worker.stdin).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a worker's pipe, which is there by construction."""
    assert stream is not None
    return stream
