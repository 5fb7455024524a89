"""Measured costs as columns of a store, under the device that they hold for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore
from surronas.store.files import check_writable
from surronas.training.costs.conditions import Conditions
from surronas.training.costs.measuring import COST_NAMES, CostMeter, OnProgress
from surronas.training.costs.quantities import COUNTS, ON_DEVICE
from surronas.training.networks import Build
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Task


def attach_costs(
    store: BenchmarkStore,
    architectures: ArrayLike,
    task: Task,
    recipe: Recipe,
    *,
    conditions: Conditions,
    metrics: Sequence[str] = COST_NAMES,
    seconds: float = 0.5,
    build: Build | None = None,
    on_progress: OnProgress = lambda done, total: None,
    command: str = "",
) -> int:
    """Measure architectures and keep what they cost in a store; return how many values were new.

    Latency, memory and energy become columns of the device ``conditions.text``; parameters and FLOPs hang on
    no device. An architecture that the store has all of the metrics of (energy aside, which few machines
    count) is not measured again, and no value that the store holds is changed: a call that was cut short goes
    on after the last group of networks.

    Raises:
        InputError: as ``measure_costs``, or the store has one of the metrics as one of runs.
        MissingPackageError: onnxruntime is asked for and not installed.
        StoreError: the store can't be written.
    """
    meter = CostMeter(store.space, task.signature, recipe, conditions, metrics, seconds, build)
    _check(store, metrics)
    todo = _lacking(store, store.space.validate(architectures), task, recipe, conditions, metrics)
    new = 0
    for rows, costs in meter.groups(todo, on_progress) if len(todo) else ():
        cells = todo[rows]
        for known, device in ((ON_DEVICE, conditions.text), (COUNTS, "")):
            values = {metric.name: costs[metric.name] for metric in known if metric.name in costs}
            for name in values:  # a value that is there stays
                there = ~np.isnan(held_costs(store, cells, name, task, recipe, conditions))
                values[name] = np.where(there, np.nan, values[name])
            values = {name: column for name, column in values.items() if not np.isnan(column).all()}
            new += store.attach(
                cells,
                values,
                task=task.name,
                recipe=recipe.to_json(),
                device=device,
                metrics=known,
                origin="search",
                command=command,
            )
    return new


def _lacking(
    store: BenchmarkStore,
    architectures: Architectures,
    task: Task,
    recipe: Recipe,
    conditions: Conditions,
    metrics: Sequence[str],
) -> Architectures:
    """Return the architectures that the store lacks one of the metrics of."""
    missing = np.zeros(len(architectures), np.bool_)
    for name in [name for name in metrics if name != "energy_mj"] or metrics:
        missing |= np.isnan(held_costs(store, architectures, name, task, recipe, conditions))
    return architectures[missing]


def held_costs(
    store: BenchmarkStore,
    architectures: Architectures,
    metric: str,
    task: Task,
    recipe: Recipe,
    conditions: Conditions,
) -> NDArray[np.float64]:
    """Return the (n,) values that a store holds of a cost, NaN where it holds none."""
    device = "" if metric in {known.name for known in COUNTS} else conditions.text
    there = {(c["metric"], c["task"], c["recipe"], c["device"]) for c in store.info()["columns"]}
    if (metric, task.name, recipe.to_json(), device) not in there:
        return np.full(len(architectures), np.nan)
    return store.query(
        architectures, metric, task=task.name, recipe=recipe.to_json(), device=device, missing="nan"
    )


def _check(store: BenchmarkStore, metrics: Sequence[str]) -> None:
    """Refuse, before anything is measured, a store that can't take the columns.

    Raises:
        InputError: it has one of the metrics as one of runs.
        StoreError: it is read-only.
    """
    of_runs = [metric.name for metric in store.metrics if metric.name in metrics and metric.per == "run"]
    if of_runs:
        raise InputError(
            f"expected a store without {', '.join(of_runs)} as a metric of runs, but {store.path} has; "
            "attach the costs to a store of their own"
        )
    check_writable(store.path)
