"""The executor that this machine runs fastest, chosen by a short measurement."""

import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from surronas.spaces import SearchSpace
from surronas.training.data import EpochOrder
from surronas.training.device import limited_threads, num_cores, resolve_device
from surronas.training.executors.base import Executor
from surronas.training.executors.population import PopulationExecutor
from surronas.training.executors.processes import ProcessExecutor
from surronas.training.job import Job
from surronas.training.networks import Build
from surronas.training.networks.joint import recipe_of
from surronas.training.population import PopulationTrainer
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Task
from surronas.training.trainer import OnEpoch, Trainer

_NETWORKS, _STEPS, _ROUNDS = 8, 3, 3  # measured: so many random networks, steps, and times
_SEED, _RATE = 0, 0.01  # of the architectures that are measured; their learning rate
_MOST_IMAGES_ON_CPU = 32
_MARGIN = 1.2  # by which a population must win: processes give the single trainer's very digits


def choose_executor(
    space: SearchSpace,
    task: Task,
    recipe: Recipe,
    *,
    device: str = "auto",
    num_workers: int | None = None,
    build: Build | None = None,
    checkpoints: Path | None = None,
    timeout_seconds: float | None = None,
    on_epoch: OnEpoch | None = None,
) -> Executor:
    """Return processes of one thread each, or a population: what makes more steps a second here.

    A population must win by a fifth. The measurement takes some steps of a few random networks. Checkpoints
    and time limits are processes'.

    Raises:
        DeviceError: the device is not there.
    """
    workers = num_workers or _default_workers(device)
    if checkpoints is None and timeout_seconds is None:
        rates = steps_a_second(space, task, recipe, device=device, num_workers=workers, build=build)
        if rates["population"] > _MARGIN * rates["processes"]:
            return PopulationExecutor(space, task, device=device, build=build, on_epoch=on_epoch)
    return ProcessExecutor(
        space,
        task,
        devices=None if device == "auto" else [device],
        num_workers=workers,
        build=build,
        checkpoints=checkpoints,
        timeout_seconds=timeout_seconds,
        on_epoch=on_epoch,
    )


def _default_workers(device: str) -> int:
    """Return one worker a core that this process may use; one for each GPU."""
    if resolve_device(device).type == "cuda":
        return torch.cuda.device_count() if device == "auto" else 1
    return num_cores()


def steps_a_second(
    space: SearchSpace,
    task: Task,
    recipe: Recipe,
    *,
    device: str = "auto",
    num_workers: int = 1,
    build: Build | None = None,
) -> dict[str, float]:
    """Return the training steps of single networks a second, by ``processes`` and by a ``population``.

    A process is measured alone and counted ``num_workers`` times; a population is of 8 networks. Where
    networks can't be stacked nothing is measured: (infinity, 0).
    """
    cells = space.canonical(space.sample(_NETWORKS, np.random.default_rng(_SEED)))
    jobs = [Job(tuple(cell.tolist()), i, recipe_of(space, cell, recipe)) for i, cell in enumerate(cells)]
    population = PopulationTrainer(space, task, device=device, build=build, most=_NETWORKS)
    alone = population.trainer
    if len({job.recipe for job in jobs}) > 1 or not all(map(population.stackable, jobs)):
        return {"processes": math.inf, "population": 0.0}
    order = torch.arange(_batch_size(alone, recipe), device=alone.device)
    chosen, each = EpochOrder(order), EpochOrder(order.expand(len(jobs), -1))
    with limited_threads(1):
        single = sum(_seconds_a_step(_single_step(alone, job, chosen), alone.device) for job in jobs)
        pack = population.pack(jobs)
        together = _seconds_a_step(lambda: pack.step(each, _RATE), alone.device)
    return {"processes": num_workers * len(jobs) / single, "population": len(jobs) / together}


def _batch_size(trainer: Trainer, recipe: Recipe) -> int:
    """Return the images of a measured step: the recipe's batch, on a CPU part of a large one."""
    size = min(recipe.batch_size, trainer.data.num_train)
    return size if trainer.device.type == "cuda" else min(size, _MOST_IMAGES_ON_CPU)


def _single_step(trainer: Trainer, job: Job, chosen: EpochOrder) -> Callable[[], object]:
    """Return what makes one step of a job's network."""
    training = trainer.begin(job)
    training.network.train()
    return lambda: trainer.step(training, chosen, _RATE)


def _seconds_a_step(step: Callable[[], object], device: torch.device) -> float:
    """Return the median seconds of a step, after some that are not counted."""
    seconds = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        for _ in range(_STEPS):
            step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append((time.perf_counter() - start) / _STEPS)
    return statistics.median(seconds[1:])
