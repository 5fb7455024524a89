"""Trainings on the machines of a Ray cluster (``pip install 'surronas[distributed]'``)."""

import math
import socket
from pathlib import Path
from typing import Any

from surronas.errors import DeviceError, InputError, MissingPackageError
from surronas.spaces import SearchSpace
from surronas.training.checkpoint import SECONDS_BETWEEN
from surronas.training.executors.messages import Died, Message
from surronas.training.executors.ray_worker import TrainingActor
from surronas.training.executors.retries import Supervision
from surronas.training.executors.supervision import SupervisedExecutor
from surronas.training.job import Job
from surronas.training.networks import Build, build_for
from surronas.training.result import TrainingResult
from surronas.training.tasks.base import Task
from surronas.training.trainer import OnEpoch

_PATIENCE_SECONDS = 10.0  # for a machine that is to answer


class RayExecutor(SupervisedExecutor):
    """Trains by ``num_workers`` actors of a Ray cluster, which Ray spreads over its machines.

    ``address`` is as ``ray.init`` takes it: with None, and no cluster running, one is started on this host.
    If Ray is connected already, that cluster is taken. A worker takes ``cpus_per_worker`` CPUs, one thread
    each, and ``num_gpus_per_worker`` GPUs, fractions of one allowed; None: 1 where the cluster has GPUs. The
    task travels once to each machine, into Ray's object store. A training whose worker dies, with or without
    its machine, that hangs, raises, diverges or runs out of memory is tried again as by `ProcessExecutor`; to
    go on from ``checkpoints`` the folder must be one that all machines share. ``close`` ends the workers, and
    leaves the cluster alone unless it was started here.

    Raises:
        InputError: a number out of range, no networks of this space can be built, more CPUs asked for than
            the cluster has, or no cluster at this address.
        DeviceError: more GPUs asked for than the cluster has.
        MissingPackageError: Ray is not installed.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        *,
        num_workers: int,
        address: str | None = None,
        num_gpus_per_worker: float | None = None,
        cpus_per_worker: float = 1,
        mixed_precision: bool = True,
        build: Build | None = None,
        checkpoints: Path | None = None,
        checkpoint_seconds: float = SECONDS_BETWEEN,
        timeout_seconds: float | None = None,
        retries: int = 1,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        _check_numbers(num_workers, cpus_per_worker, num_gpus_per_worker)
        supervision = Supervision(timeout_seconds, retries, on_epoch)
        shared = (space, task, build or build_for(space))
        self._connected_here = _connect(address)
        try:
            gpus = _gpus_of_worker(num_workers, cpus_per_worker, num_gpus_per_worker)
            settings: dict[str, object] = {
                "device": "cuda" if gpus else "cpu",
                "mixed_precision": mixed_precision,
                "num_threads": max(1, int(cpus_per_worker)),
                "checkpoints": checkpoints,
                "checkpoint_seconds": checkpoint_seconds,
            }
            workers = _Actors(shared, settings, cpus_per_worker, gpus)
        except BaseException:
            self._disconnect()
            raise
        super().__init__(workers, ["ray"] * num_workers, supervision)

    def close(self) -> None:
        """Stop all workers, and Ray if it was started here; trainings that still run are lost."""
        super().close()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connected_here:
            _ray().shutdown()
            self._connected_here = False


class _Actors:
    """The workers as Ray actors, each started when it gets its first training."""

    def __init__(
        self,
        shared: tuple[SearchSpace, Task, Build],
        settings: dict[str, object],
        cpus: float,
        gpus: float,
    ) -> None:
        ray = _ray()
        space, task, build = shared
        self._shared = (space, ray.put(task), build, settings)
        self._actor = ray.remote(TrainingActor).options(
            num_cpus=cpus, num_gpus=gpus, max_restarts=0, scheduling_strategy="SPREAD"
        )
        self._workers: dict[int, Any] = {}  # actors by place
        self._streams: dict[Any, int] = {}  # what those say that have a training, and their places

    def give(self, place: int, job: Job) -> None:
        """Have the actor in a place do a training; a new one if there is none."""
        if place not in self._workers:
            self._workers[place] = self._actor.remote(*self._shared)
        stream = self._workers[place].train.options(num_returns="streaming").remote(job)
        self._streams[stream] = place

    def news(self, timeout: float | None) -> tuple[int, Message] | None:
        """Return what a worker says; one that is dead has that said of it."""
        ray = _ray()
        ready, _ = ray.wait(list(self._streams), num_returns=1, timeout=timeout)
        if not ready:
            return None
        stream = ready[0]
        place = self._streams[stream]
        try:
            message: Message = ray.get(next(stream))
        except (ray.exceptions.RayError, StopIteration) as error:
            del self._streams[stream]
            return place, _obituary(error)
        if isinstance(message, TrainingResult):
            del self._streams[stream]
        return place, message

    def stop(self, place: int) -> None:
        """Kill the actor in a place, if there is one."""
        actor = self._workers.pop(place, None)
        self._streams = {stream: p for stream, p in self._streams.items() if p != place}
        if actor is not None and _ray().is_initialized():
            _ray().kill(actor)


def _ray() -> Any:
    """Return Ray.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingPackageError(
            "trainings on a cluster need Ray; pip install 'surronas[distributed]'"
        ) from error
    return ray


def _check_numbers(num_workers: int, cpus: float, gpus: float | None) -> None:
    if num_workers < 1:
        raise InputError(f"expected num_workers >= 1, got {num_workers}")
    if not 0 <= cpus < math.inf:
        raise InputError(f"expected cpus_per_worker >= 0, got {cpus}")
    if gpus is not None and not (0 <= gpus <= 1 or (gpus < math.inf and gpus == int(gpus))):
        raise InputError(f"expected num_gpus_per_worker of 0 to 1, or a whole number, got {gpus}")


def _connect(address: str | None) -> bool:
    """Connect to a cluster, or start one, unless that is done; return whether it was done here.

    Raises:
        InputError: there is no cluster at this address.
    """
    ray = _ray()
    if ray.is_initialized():
        return False
    if address not in (None, "auto", "local"):
        _check_reachable(address)
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"expected the address of a Ray cluster, got {address!r}: {reason}") from error
    return True


def _check_reachable(address: str) -> None:
    """Check that something answers: Ray itself tries for minutes, and then ends this process.

    Raises:
        InputError: nothing does.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_SECONDS).close()
    except (OSError, ValueError) as error:
        raise InputError(
            f"expected the address of a Ray cluster, host:port, and nothing answers at {address!r}: {error}"
        ) from error


def _gpus_of_worker(num_workers: int, cpus: float, gpus: float | None) -> float:
    """Return the GPUs that each worker takes.

    Raises:
        InputError: the cluster has fewer CPUs than all workers take.
        DeviceError: it has fewer GPUs.
    """
    has = _ray().cluster_resources()
    if num_workers * cpus > has.get("CPU", 0):
        raise InputError(
            f"expected a cluster with {num_workers * cpus:g} CPUs for {num_workers} workers, found "
            f"{has.get('CPU', 0):g}; take fewer workers, or a smaller cpus_per_worker"
        )
    each = float(has.get("GPU", 0) > 0) if gpus is None else gpus
    if num_workers * each > has.get("GPU", 0):
        raise DeviceError(
            f"expected a cluster with {num_workers * each:g} GPUs for {num_workers} workers, found "
            f"{has.get('GPU', 0):g}; take fewer workers, or a smaller num_gpus_per_worker"
        )
    return each


def _obituary(error: Exception) -> Died:
    """Return what to say of a worker that is dead."""
    text = " ".join(str(error).split())
    if "creation task" in text:  # so the others won't start either
        return Died("failed", f"a worker could not start: {text}", ends_the_run=True)
    return Died("killed", f"the worker died: {text}"[:300])
