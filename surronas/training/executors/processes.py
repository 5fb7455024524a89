"""Trainings in several worker processes on this machine, any of which may die."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

import torch

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.training.checkpoint import SECONDS_BETWEEN, Checkpoints
from surronas.training.device import resolve_device
from surronas.training.executors.messages import Died, Message
from surronas.training.executors.retries import Supervision
from surronas.training.executors.supervision import SupervisedExecutor
from surronas.training.job import Job
from surronas.training.networks import Build, build_for
from surronas.training.result import TrainingResult
from surronas.training.tasks.base import Task
from surronas.training.trainer import OnEpoch

# Sent by a person or a scheduler that stops the whole run; the kernel, short of memory, sends SIGKILL.
_TOLD_TO_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ProcessExecutor(SupervisedExecutor):
    """Trains in worker processes, shared out over ``devices``; None: every GPU, or else the CPU.

    ``num_workers`` None is one a device. Each has ``threads_per_worker`` threads, and, with ``pin_cores``, as
    many cores to itself (where the system can bind processes to cores). A training whose worker dies (killed
    by the kernel for memory, or by a user), that hangs (is not done in ``timeout_seconds``), raises, diverges
    or runs out of memory costs itself only: it is tried again ``retries`` times, on another device if there
    is one and always by another process, from its last checkpoint if ``checkpoints`` names a folder; on a CPU
    the curves are those of an undisturbed run. If all tries fail, the last one's status is the result's, and
    its message tells of each. ``on_epoch(job, epoch, values)`` is called here, while results are waited for;
    a training that is tried again tells of its epochs again. Workers stay up between calls; they end when
    this process closes them or dies.

    Raises:
        InputError: a number out of range, no networks of this space can be built, or by a function that
            can't be sent to another process.
        DeviceError: a device is not there.
        MissingPackageError: ``checkpoints`` without safetensors.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        *,
        devices: Sequence[str] | None = None,
        num_workers: int | None = None,
        threads_per_worker: int = 1,
        pin_cores: bool = False,
        mixed_precision: bool = True,
        build: Build | None = None,
        checkpoints: Path | None = None,
        checkpoint_seconds: float = SECONDS_BETWEEN,
        timeout_seconds: float | None = None,
        retries: int = 1,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        places = _places(devices, num_workers)
        cores = _core_groups(len(places), threads_per_worker, pin_cores)
        settings = {
            "space": space,
            "task": task,
            "mixed_precision": mixed_precision,
            "num_threads": threads_per_worker,
            "build": _sendable(build or build_for(space)),
            "checkpoints": checkpoints,
            "checkpoint_seconds": checkpoint_seconds,
        }
        if checkpoints is not None:  # what is wrong with the folder is told here and now
            Checkpoints(checkpoints, space.name, task.name, seconds_between=checkpoint_seconds)
        supervision = Supervision(timeout_seconds, retries, on_epoch)
        super().__init__(Processes(settings, places, cores), places, supervision)


def _places(devices: Sequence[str] | None, num_workers: int | None) -> list[str]:
    """Return the device of each worker, one after the other and round again."""
    if isinstance(devices, str) or (devices is not None and not devices):
        raise InputError(f"expected a list of devices, such as ['cuda:0', 'cuda:1'], got {devices!r}")
    gpus = [f"cuda:{i}" for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)]
    names = (gpus or ["cpu"]) if devices is None else [str(resolve_device(name)) for name in devices]
    number = len(names) if num_workers is None else num_workers
    if number < 1:
        raise InputError(f"expected num_workers >= 1, got {num_workers}")
    return [names[i % len(names)] for i in range(number)]


def _core_groups(num_workers: int, threads: int, pinned: bool) -> list[list[int]]:
    """Return the cores of each worker; none: the system decides."""
    if threads < 1:
        raise InputError(f"expected threads_per_worker >= 1, got {threads}")
    if not pinned or not hasattr(os, "sched_setaffinity"):
        return [[]] * num_workers
    cores = sorted(os.sched_getaffinity(0))
    if num_workers * threads > len(cores):
        raise InputError(
            f"expected {num_workers * threads} cores for {num_workers} workers of {threads} threads, found "
            f"{len(cores)}; take fewer workers or threads, or leave pin_cores off"
        )
    return [cores[i * threads : (i + 1) * threads] for i in range(num_workers)]


def _sendable(build: Build) -> Build:
    """Return a build function that can be sent to a worker."""
    try:
        pickle.dumps(build)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InputError(
            f"the build function can't be sent to a worker process ({error}); expected a function that a "
            "module defines at its top"
        ) from error
    return build


@dataclass(frozen=True)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    sending: threading.Thread  # of the settings; a data set does not fit into the connection's buffer


class Processes:
    """Worker processes, started when they get their first training."""

    def __init__(self, settings: dict[str, object], devices: Sequence[str], cores: list[list[int]]) -> None:
        self._settings, self._devices, self._cores = settings, devices, cores
        self._workers: dict[int, _Worker] = {}  # by place
        self._places: dict[Connection, int] = {}  # of those that have a training
        self._up: set[int] = set()  # places of workers that have said something

    def give(self, place: int, job: Job) -> None:
        """Hand a job to the worker in a place; a new one if there is none, or if it died while idle."""
        if place in self._workers:
            try:
                self._workers[place].connection.send(job)
            except ConnectionError:  # no training is lost
                self.stop(place)
        if place not in self._workers:
            self._workers[place] = self._start(place, job)
        self._places[self._workers[place].connection] = place

    def news(self, timeout: float | None) -> tuple[int, Message] | None:
        """Return what a worker says; one that is dead has that said of it."""
        ready = wait(list(self._places), timeout)
        if not ready:
            return None
        connection = cast(Connection, ready[0])
        place = self._places[connection]
        try:
            message = cast(Message, connection.recv())
        except (EOFError, OSError, pickle.UnpicklingError):
            return place, self._obituary(place)
        self._up.add(place)
        if isinstance(message, TrainingResult):
            del self._places[connection]
        return place, message

    def stop(self, place: int) -> None:
        """Kill the worker in a place, wait for its end and close the connection."""
        worker = self._workers.pop(place, None)
        if worker is None:
            return
        self._up.discard(place)
        self._places.pop(worker.connection, None)
        worker.process.kill()
        worker.process.wait()
        worker.sending.join()
        worker.connection.close()

    def _start(self, place: int, job: Job) -> _Worker:
        """Return a new worker that is being told its task, device and first job."""
        threads = dict.fromkeys(_THREAD_VARIABLES, str(self._settings["num_threads"]))
        ours, theirs = Pipe()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "surronas.training.executors.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **threads},
                process_group=0,  # Ctrl-C is for this process, which stops its workers
            )
        if self._cores[place]:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(process.pid, self._cores[place])  # before it has other threads
        own = pickle.dumps({"device": self._devices[place]})
        letters = (self._pickled, own, pickle.dumps(job))
        sending = threading.Thread(target=_send, args=(ours, letters), daemon=True)
        sending.start()
        return _Worker(process, ours, sending)

    @cached_property
    def _pickled(self) -> bytes:
        """The settings that all workers share, made once: a data set may be large."""
        return pickle.dumps(self._settings)

    def _obituary(self, place: int) -> Died:
        """Return what to say of a worker that is dead."""
        code = self._workers[place].process.wait()
        if -code in _TOLD_TO_STOP:
            why = f"a training process was told to stop (signal {-code}), so this stops too; "
            return Died("killed", why + "the same command goes on", ends_the_run=True)
        if code >= 0 and place not in self._up:
            why = f"a training process could not start (exit code {code}); see its message above"
            return Died("failed", why, ends_the_run=True)
        return Died("killed" if code < 0 else "failed", f"the worker process ended with exit code {code}")


def _send(connection: Connection, letters: Sequence[bytes]) -> None:
    """Send a new worker its first letters; if it is dead already, ``news`` says why."""
    with contextlib.suppress(OSError):
        for letter in letters:
            connection.send_bytes(letter)
