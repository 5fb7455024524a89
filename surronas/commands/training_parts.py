"""What the commands that train for real share: from arguments to space, task, recipe, executor and store."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from surronas.commands.names import TASKS
from surronas.errors import InputError
from surronas.spaces import SearchSpace, space_named
from surronas.spaces.hyper_parameters import parsed
from surronas.spaces.joint import JointSpace
from surronas.store import TRAINING_METRICS, BenchmarkStore
from surronas.store.files import check_writable
from surronas.training import Recipe, Task, Trainer, TrainingEvaluator
from surronas.training.device import num_cores, resolve_device
from surronas.training.executors import (
    Executor,
    PopulationExecutor,
    ProcessExecutor,
    RayExecutor,
    SerialExecutor,
    choose_executor,
)
from surronas.training.recipes import RECIPES
from surronas.training.trainer import check_batch_size

_WORTH_MEASURING = 8  # trainings: fewer are done before a measurement pays


def space_of(name: str, hyper_parameters: Sequence[str] | None) -> SearchSpace:
    """Return a space, with hyper-parameters such as ``learning_rate=0.01,0.1`` as further decisions.

    Raises:
        InputError: an unknown space, or hyper-parameters that are no such texts.
    """
    space = space_named(name)
    if not hyper_parameters:
        return space
    parts = [text.partition("=") for text in hyper_parameters]
    choices = {key: [parsed(value) for value in values.split(",")] for key, _, values in parts}
    if len(choices) < len(parts) or not all(sign for _, sign, _ in parts):
        raise InputError(
            f"expected --hyper-parameter NAME=VALUE,VALUE,..., each once, got {', '.join(hyper_parameters)}"
        )
    return JointSpace(space, **choices)


def task_and_recipe(arguments: argparse.Namespace) -> tuple[Task, Recipe]:
    """Return the task, and the recipe: the one that is named or given as JSON, else the task's own.

    Raises:
        InputError: an unknown task or recipe, or files that are missing or not the right ones.
    """
    if arguments.task not in TASKS:
        raise InputError(f"expected --task as one of {', '.join(TASKS)}, got {arguments.task!r}")
    task, usual = TASKS[arguments.task](arguments.data)
    return task, usual if arguments.recipe is None else recipe_of(arguments.recipe)


def recipe_of(text: str) -> Recipe:
    """Return the recipe of a name, or of its JSON text.

    Raises:
        InputError: no such name, or JSON that is no recipe.
    """
    if text.lstrip().startswith("{"):
        return Recipe.from_json(text)
    if text not in RECIPES:
        raise InputError(f"expected --recipe as JSON or one of {', '.join(RECIPES)}, got {text!r}")
    return RECIPES[text]


def evaluator_for(
    arguments: argparse.Namespace,
    space: SearchSpace,
    task: Task,
    recipe: Recipe,
    num_jobs: int | None = None,
    *,
    asynchronous: bool = False,
) -> TrainingEvaluator:
    """Return what trains by the executor asked for; close it. ``num_jobs``: more workers would be idle."""
    executor = executor_for(arguments, space, task, recipe, num_jobs, asynchronous=asynchronous)
    try:
        return TrainingEvaluator(space, task, recipe, executor=executor)
    except BaseException:
        executor.close()
        raise


def executor_for(
    arguments: argparse.Namespace,
    space: SearchSpace,
    task: Task,
    recipe: Recipe,
    num_jobs: int | None = None,
    *,
    asynchronous: bool = False,
) -> Executor:
    """Return the executor that was asked for.

    ``auto`` measures whether processes or a population are faster; where candidates are asked for one by one
    (``asynchronous``), where workers are named, or for a handful of trainings, it is processes.

    Raises:
        InputError: an option that the executor does not take.
        DeviceError: the device is not there.
        MissingPackageError: Ray, or what checkpoints need, is not installed.
    """
    device, checkpoints = arguments.device, Path(arguments.checkpoints) if arguments.checkpoints else None
    workers = min(num_workers(arguments.workers, device), num_jobs or 2**31)
    settings: dict[str, Any] = {"checkpoints": checkpoints, "timeout_seconds": arguments.timeout}
    _check_taken(arguments)
    check_batch_size(task, recipe)
    few = num_jobs is not None and num_jobs < _WORTH_MEASURING
    if arguments.executor == "auto" and not (asynchronous or arguments.workers or few):
        return choose_executor(space, task, recipe, device=device, num_workers=workers, **settings)
    if arguments.executor == "serial":
        return SerialExecutor(Trainer(space, task, device=device, checkpoints=checkpoints))
    if arguments.executor == "population":
        return PopulationExecutor(space, task, device=device)
    if arguments.executor == "ray":
        return RayExecutor(space, task, num_workers=workers, **settings)
    devices = None if device == "auto" else [device]
    return ProcessExecutor(space, task, devices=devices, num_workers=workers, **settings)


_NOT_TAKEN = {  # options that an executor has no use for
    "serial": ("workers", "timeout"),
    "population": ("workers", "timeout", "checkpoints"),
}


def _check_taken(arguments: argparse.Namespace) -> None:
    """Refuse options that would have no effect."""
    for option in _NOT_TAKEN.get(arguments.executor, ()):
        if getattr(arguments, option) is not None:
            raise InputError(
                f"--executor {arguments.executor} takes no --{option}; leave it out, or use processes"
            )
    if arguments.executor == "ray" and arguments.device != "auto":
        raise InputError(
            "--executor ray takes no --device: its workers take the cluster's GPUs, or else CPUs"
        )


def num_workers(given: int | None, device: str) -> int:
    """Return how many training processes to use: one a core on a CPU, one on a GPU, unless told.

    Raises:
        DeviceError: the device is not there.
    """
    on_cpu = resolve_device(device).type == "cpu"
    if given is not None:
        return given
    if not on_cpu:
        return 1
    return num_cores()


def store_for(path: Path, space: SearchSpace) -> BenchmarkStore:
    """Return the store to append to, made if it is not there; it must take what a training gives.

    Raises:
        InputError: it is of another space, or lacks metrics.
        StoreError: it can't be written.
    """
    if not path.exists():
        return BenchmarkStore.create(path, space, canonical=True)
    store = BenchmarkStore.open(path)
    if store.space.name != space.name:
        raise InputError(f"expected a store of space {space.name!r}, but {path} is of {store.space.name!r}")
    lacking = {metric.name for metric in TRAINING_METRICS} - {metric.name for metric in store.metrics}
    if lacking:
        raise InputError(
            f"expected a store with the metrics of a training, but {path} lacks {', '.join(sorted(lacking))}"
        )
    check_writable(path)
    return store
