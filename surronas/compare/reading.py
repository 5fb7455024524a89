"""A store's trainings as arrays: what a query of each architecture would give, and cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store import SEED_MEAN, BenchmarkStore, Metric
from surronas.store.axes import Axes, Seed

Seeds = Literal["mean", "drawn"] | int | tuple[int, ...]
Values = NDArray[np.float64]  # (A, K): architectures of the store, trainings of which a query gets one
COST = "train_seconds"


@dataclass(frozen=True)
class Trainings:
    """What a query of each of A architectures gives: one of up to K answers, each of one training or more."""

    values: Values  # of the metric; NaN: failed, or not there
    failed: NDArray[np.bool_]  # (A, K)
    seconds: Values  # of all trainings behind the answer; NaN: unknown
    num_trainings: Values  # behind the answer


def read_trainings(store: BenchmarkStore, metric: Metric, axes: Axes, seeds: Seeds) -> Trainings:
    """Return what queries of all architectures of a store give.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        InputError: seeds that the runs do not have.
    """
    if metric.per == "architecture":
        values = asked(store, metric, axes)[:, None]
        nothing = np.full(values.shape, np.nan)
        return Trainings(values, np.zeros(values.shape, np.bool_), nothing, nothing)
    every = _every_seed(store, metric, axes)
    known = store.seeds(task=axes.task, recipe=axes.recipe, epochs=axes.epochs)
    if seeds == "drawn":
        if not known:
            raise InputError("seeds: expected single seeds to draw from, but the table has only means")
        return every
    if seeds == "mean":
        return _mean(store, metric, axes, every)
    wanted = (seeds,) if isinstance(seeds, int) else seeds
    strangers = [seed for seed in wanted if seed not in known]
    if strangers or not wanted:
        what = known or "none (the table has only means)"
        raise InputError(f"seeds: expected one or more of {what}, got {strangers or wanted}")
    columns = [known.index(seed) for seed in wanted]
    chosen = Trainings(*(getattr(every, name)[:, columns] for name in Trainings.__dataclass_fields__))
    return Trainings(
        chosen.values.mean(axis=1, keepdims=True),  # NaN where one is missing
        np.asarray(chosen.failed.any(axis=1, keepdims=True)),
        chosen.seconds.sum(axis=1, keepdims=True),
        np.full((len(chosen.values), 1), float(len(columns))),
    )


def asked(store: BenchmarkStore, metric: Metric, axes: Axes, seed: Seed = None) -> Values:
    """Return the values of all A architectures, NaN where there is none; (A, S) for all seeds."""
    per_run = metric.per == "run"
    return store.query(
        store.architectures,
        metric.name,
        task=axes.task,
        recipe=axes.recipe,
        epochs=axes.epochs if per_run else None,
        seed=seed if per_run else None,
        device=None if per_run else axes.device,
        missing="nan",
    )


def held(store: BenchmarkStore, name: str, axes: Axes) -> bool:
    """Return whether the store has a value of a metric of runs there."""
    metric = metric_named(store, name)
    if metric is None or metric.per != "run":
        return False
    return bool(np.isfinite(asked(store, metric, axes, "mean")).any())


def metric_named(store: BenchmarkStore, name: str) -> Metric | None:
    """Return a metric of the store, None if it has no such."""
    return next((metric for metric in store.metrics if metric.name == name), None)


def _every_seed(store: BenchmarkStore, metric: Metric, axes: Axes) -> Trainings:
    """Return each single seed's training as an answer of its own."""
    values = asked(store, metric, axes, "all").reshape(len(store.architectures), -1)
    cost = metric_named(store, COST)
    nothing = np.full(values.shape, np.nan)
    seconds = nothing if cost is None else asked(store, cost, axes, "all").reshape(values.shape)
    failed, seconds = _failed(store, axes, seconds)
    return Trainings(np.where(failed, np.nan, values), failed, seconds, np.ones(values.shape))


def _failed(store: BenchmarkStore, axes: Axes, seconds: Values) -> tuple[NDArray[np.bool_], Values]:
    """Return (A, S) which trainings failed, and the seconds with those that these took."""
    failed = np.zeros(seconds.shape, np.bool_)
    if set(store.info()["statuses"]) <= {"ok"}:
        return failed, seconds
    runs = store.table(task=axes.task, recipe=axes.recipe, epochs=axes.epochs)
    runs = runs[(runs["status"] != "ok") & (runs["seed"] != SEED_MEAN)]
    known = store.seeds(task=axes.task, recipe=axes.recipe, epochs=axes.epochs)
    codes = store.space.codes(store.architectures)
    order = np.argsort(codes)
    rows = order[np.searchsorted(codes[order], store.space.codes(runs["architecture"]))]
    columns = np.searchsorted(known, runs["seed"])
    failed[rows, columns] = True
    seconds = seconds.copy()
    if COST in (runs.dtype.names or ()):
        seconds[rows, columns] = runs[COST]
    return failed, seconds


def _mean(store: BenchmarkStore, metric: Metric, axes: Axes, every: Trainings) -> Trainings:
    """Return the mean over all seeds of an architecture as its one answer; the source's own if it has one."""
    values = asked(store, metric, axes, "mean")
    counts = store.seed_counts(
        store.architectures, metric.name, task=axes.task, recipe=axes.recipe, epochs=axes.epochs
    )
    failed = np.asarray(every.failed.any(axis=1))
    if (counts < 0).any():  # the source's own mean, of nobody knows how many: as if of one
        cost = metric_named(store, COST)
        seconds = np.full(len(values), np.nan) if cost is None else asked(store, cost, axes, "mean")
        num_trainings = np.ones(len(values))
    else:
        run = np.isfinite(every.values) | every.failed
        seconds = np.where(run, every.seconds, 0.0).sum(axis=1)
        num_trainings = run.sum(axis=1).astype(np.float64)
    values = np.where(failed, np.nan, values)
    return Trainings(values[:, None], failed[:, None], seconds[:, None], num_trainings[:, None])
