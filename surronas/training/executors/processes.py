"""Trainings in several worker processes, any of which may die."""

import contextlib
import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from surronas.errors import InputError, SurronasError
from surronas.spaces import SearchSpace
from surronas.training.device import hardware_name, resolve_device
from surronas.training.job import Job
from surronas.training.networks import Build, build_for
from surronas.training.result import TrainingResult
from surronas.training.tasks.base import Task

TRAINING_FAILED = 3  # exit code of a worker whose training raised; any other: it could not start
# Sent by a person or a scheduler that stops the whole run; the kernel, short of memory, sends SIGKILL.
_TOLD_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ProcessExecutor:
    """Trains in ``num_workers`` processes of one thread each.

    A worker that dies (killed by the kernel for memory, or by a user) costs its own training only:
    that run is a result with status ``killed`` (a signal) or ``failed`` (an exception, printed on
    standard error), and a new worker takes its place. Workers stay up between calls; they end when
    this process closes them or dies.

    Raises:
        InputError: no workers, or no networks of this space can be built.
        DeviceError: the device is not there.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_workers: int = 2,
        build: Build | None = None,
        checkpoints: Path | None = None,
    ) -> None:
        if num_workers < 1:
            raise InputError(f"expected num_workers >= 1, got {num_workers}")
        self._hardware = hardware_name(resolve_device(device))  # a missing device is told here and now
        self._settings = {
            "space": space,
            "task": task,
            "device": device,
            "mixed_precision": mixed_precision,
            "build": build or build_for(space),
            "checkpoints": checkpoints,
        }
        self.num_workers = num_workers
        self._submitted = 0
        self._waiting: deque[tuple[int, Job]] = deque()
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy: dict[subprocess.Popen[bytes], int] = {}  # and the ticket of its job

    def submit(self, job: Job) -> int:
        """Return the ticket of a job, which a free worker begins at once."""
        self._waiting.append((self._submitted, job))
        self._submitted += 1
        self._hand_out()
        return self._submitted - 1

    def finished(self) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (ticket, result) as trainings end, until none is left.

        Raises:
            SurronasError: a worker process could not start.
        """
        while self._waiting or self._busy:
            self._hand_out()
            with selectors.DefaultSelector() as answered:
                for worker in self._busy:
                    answered.register(_pipe(worker.stdout), selectors.EVENT_READ, worker)
                ready = [cast("subprocess.Popen[bytes]", key.data) for key, _ in answered.select()]
            for worker in ready:
                if worker in self._busy:  # not cancelled since
                    yield self._collect(worker)

    def cancel(self) -> None:
        """Stop all trainings that run, and forget all that wait; they are lost."""
        self._waiting.clear()
        _stop(self._busy)
        self._busy = {}

    def _hand_out(self) -> None:
        """Give waiting jobs to free workers."""
        while self._waiting and len(self._busy) < self.num_workers:
            self._give(*self._waiting.popleft())

    def _give(self, position: int, job: Job) -> subprocess.Popen[bytes]:
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
            [sys.executable, "-m", "surronas.training.executors.worker"],
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
        """Return (ticket, result) of a worker that has answered, or died."""
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
        self.cancel()
        _stop(self._idle)
        self._idle = []


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
