"""Columns of architectures beside the runs of a table: latency, energy, parameters, FLOPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, MissingRowsError
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Metric, Records
from surronas.store.schema import curve_names, metric_names, num_curve_epochs, record_dtype

if TYPE_CHECKING:
    from surronas.store import Column

Values = dict[str, NDArray[np.float64]]


def on_device(store: BenchmarkStore, task: str, device: str) -> dict[str, Column]:
    """Return the columns that a store holds of a device for a task, each under its metric's name.

    Raises:
        MissingRowsError: there is none.
    """
    from surronas.store import Column

    per_device = [metric for metric in store.metrics if metric.per == "architecture"]
    found = {}
    for metric in per_device:
        values = store.query(store.architectures, metric.name, task=task, device=device, missing="nan")
        if not np.isnan(values).all():
            found[metric.name] = Column(metric.name, task=task, device=device)
    if not found:
        raise MissingRowsError(
            f"expected columns of device {device!r} for task {task!r} in {store.path}, found none; "
            f"name the task or store that has them with costs="
        )
    return found


def costs_of(
    store: BenchmarkStore, architectures: Architectures, columns: Mapping[str, Column]
) -> tuple[tuple[Metric, ...], Values]:
    """Return the metric of each column, and its (n,) values for n architectures, NaN where not measured.

    Raises:
        MissingRowsError: a column has no value of any of the architectures.
        InputError: an unknown metric, or a name that can't be a metric's.
    """
    known = {metric.name: metric for metric in store.metrics}
    metrics, values = [], {}
    for name, column in columns.items():
        if column.metric not in known:
            raise InputError(
                f"column {name!r}: expected a metric among {', '.join(known)}, got {column.metric!r}"
            )
        found = _queried(store, architectures, column, "nan")
        if np.isnan(found).all():
            _queried(store, architectures[:1], column, "raise")
        on = f", on {column.device}" if column.device else ""
        metric = known[column.metric]
        metrics.append(
            replace(
                metric, name=name, per="architecture", description=f"{metric.description}{on}".lstrip(", ")
            )
        )
        values[name] = found
    return tuple(metrics), values


def _queried(
    store: BenchmarkStore, architectures: Architectures, column: Column, missing: str
) -> NDArray[np.float64]:
    """Return (n,) values of a column."""
    return store.query(
        architectures,
        column.metric,
        task=column.task,
        recipe=column.recipe,
        epochs=column.epochs,
        seed=column.seed,
        device=column.device,
        missing=missing,
    )


def with_costs(records: Records, metrics: tuple[Metric, ...], values: Values) -> Records:
    """Return the records with a field more for each metric.

    Raises:
        InputError: the records have a field of that name already.
    """
    held = metric_names(records.dtype)
    twice = [metric.name for metric in metrics if metric.name in held]
    if twice:
        raise InputError(f"the records have {', '.join(twice)} already; give the columns other names")
    curves, epochs = curve_names(records.dtype), num_curve_epochs(records.dtype)
    dtype = record_dtype(
        records["architecture"].shape[1], [*held, *(metric.name for metric in metrics)], curves, epochs
    )
    wider = np.zeros(len(records), dtype)
    for field in records.dtype.names or ():
        wider[field] = records[field]
    for metric in metrics:
        wider[metric.name] = values[metric.name]
    return wider
