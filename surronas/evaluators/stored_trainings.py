"""What a store's trainings were worth and what they cost, epoch by epoch or at their ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from surronas.errors import AmbiguousQueryError, MissingRowsError
from surronas.store import SEED_MEAN, BenchmarkStore, Metric, Records
from surronas.store.schema import CURVE_SUFFIX, metric_names

Values = NDArray[np.float64]
_SECONDS = "train_seconds"


@dataclass(frozen=True)
class Where:
    """The axes at which a store's trainings lie; None: left open."""

    task: str | None
    recipe: str | None
    seed: int | str | None  # "mean": all


@dataclass(frozen=True)
class Trainings:
    """What all A architectures of a store answer at F fidelities, and at which cost.

    Attributes:
        scores: (A, F), more is better; NaN: failed or not measured.
        epochs: (A, F) trained for it, of all seeds together; fewer than asked where a training failed.
        seconds: (A, F) of that, NaN where not known.
        failed: (A,) whether a training failed.
    """

    scores: Values
    epochs: Values
    seconds: Values
    failed: NDArray[np.bool_]

    @classmethod
    def mean_of(cls, seeds: Sequence["Trainings"]) -> Self:
        """Return the mean scores, NaN where one is missing, at the cost of all."""
        return cls(
            np.mean([one.scores for one in seeds], axis=0),
            np.sum([one.epochs for one in seeds], axis=0),
            np.sum([one.seconds for one in seeds], axis=0),
            np.any([one.failed for one in seeds], axis=0),
        )

    @classmethod
    def side_by_side(cls, parts: Sequence["Trainings"]) -> Self:
        """Return trainings of several numbers of epochs as the fidelities of one."""
        return cls(
            np.hstack([one.scores for one in parts]),
            np.hstack([one.epochs for one in parts]),
            np.hstack([one.seconds for one in parts]),
            np.any([one.failed for one in parts], axis=0),
        )


def stored_trainings(
    store: BenchmarkStore, metric: Metric, where: Where, length: int, *, curves: bool
) -> Trainings:
    """Return trainings of ``length`` epochs: their curves (F = length), or their ends (F = 1).

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        MissingRowsError: there is none.
    """
    rows = store.table(task=where.task, recipe=where.recipe, epochs=length)
    for axis in ("task", "recipe"):
        values = sorted({str(value) for value in rows[axis].tolist()})
        if len(values) > 1:
            raise AmbiguousQueryError(f"several values of {axis}: {', '.join(values)}; name one")
    if not len(rows) or metric.name not in metric_names(rows.dtype):
        raise MissingRowsError(
            f"expected trainings of {length} epochs with {metric.name} in {store.path} "
            f"at {where}, found none; it holds epochs {store.epochs()}"
        )
    read = _curves_of if curves else _ends_of
    seeds = _seeds(rows, metric.name, where.seed)
    return Trainings.mean_of([read(store, metric, rows[rows["seed"] == seed], length) for seed in seeds])


def final_values(store: BenchmarkStore, metric: str, where: Where, length: int) -> Values:
    """Return (A,) means over the seeds of a metric after trainings of ``length`` epochs, NaN where missing.

    Raises:
        AmbiguousQueryError: the seed is left open and there are several.
    """
    rows = store.table(task=where.task, recipe=where.recipe, epochs=length)
    if metric not in metric_names(rows.dtype):
        return store.query(store.architectures, metric, task=where.task, missing="nan")
    values = []
    for seed in _seeds(rows, metric, where.seed):
        of_seed = rows[(rows["seed"] == seed) & (rows["status"] == "ok")]
        values.append(np.full(len(store.architectures), np.nan))
        values[-1][_places(store, of_seed)] = of_seed[metric]
    mean: Values = np.mean(values, axis=0)
    return mean


def _seeds(rows: Records, metric: str, seed: int | str | None) -> list[int]:
    """Return the seeds meant, of those with values of a metric; the source's mean if nothing else has."""
    if isinstance(seed, int):
        return [seed]
    measured = (rows["status"] == "ok") & ~np.isnan(rows[metric])
    held = np.unique(rows["seed"][measured]).tolist()
    single = [number for number in held if number != SEED_MEAN] or [SEED_MEAN]
    if seed is None and len(single) > 1:
        raise AmbiguousQueryError(f'several seeds: {single}; pass seed=, one of them or "mean"')
    return single


def _ends_of(store: BenchmarkStore, metric: Metric, runs: Records, length: int) -> Trainings:
    """Return the ends (A, 1) of the runs of one seed."""
    found = _nothing(store, 1)
    at = _places(store, runs)
    ok = runs["status"] == "ok"
    found.scores[at, 0] = np.where(ok, metric.sign * runs[metric.name], np.nan)
    found.epochs[:, 0] = length
    found.seconds[at, 0] = _run_seconds(runs)
    found.failed[at] = ~ok
    return found


def _curves_of(store: BenchmarkStore, metric: Metric, runs: Records, length: int) -> Trainings:
    """Return the curves (A, length) of the runs of one seed; all epochs of a run take the same seconds."""
    found = _nothing(store, length)
    if not len(runs):
        return found
    task, recipe, seed = str(runs["task"][0]), str(runs["recipe"][0]), int(runs["seed"][0])
    found.scores[:] = metric.sign * store.curves(
        store.architectures, metric.name, task=task, recipe=recipe, epochs=length, seed=seed, missing="nan"
    )
    trained = np.full(len(store.architectures), length)
    failed = runs[runs["status"] != "ok"]
    if len(failed):
        broken = store.records(failed["architecture"], task=task, recipe=recipe, epochs=length, seed=seed)
        at, name = _places(store, broken), metric.name + CURVE_SUFFIX
        found.failed[at] = True
        if name in (broken.dtype.names or ()):
            found.scores[at] = metric.sign * broken[name][:, :length]
            trained[at] = np.isfinite(found.scores[at]).sum(axis=1) + 1  # it failed in the next epoch
    found.epochs[:] = np.minimum(np.arange(1, length + 1), trained[:, None])
    total = np.full(len(store.architectures), np.nan)
    total[_places(store, runs)] = _run_seconds(runs)
    found.seconds[:] = found.epochs * (total / trained)[:, None]
    return found


def _nothing(store: BenchmarkStore, num_fidelities: int) -> Trainings:
    """Return trainings of which nothing is known, to be filled in."""
    shape = (len(store.architectures), num_fidelities)
    blank = (np.full(shape, np.nan), np.zeros(shape), np.full(shape, np.nan))
    return Trainings(*blank, np.zeros(shape[0], bool))


def _run_seconds(runs: Records) -> Values:
    """Return the seconds (n,) of runs, NaN where not known."""
    known = _SECONDS in metric_names(runs.dtype)
    return runs[_SECONDS].astype(np.float64) if known else np.full(len(runs), np.nan)


def _places(store: BenchmarkStore, runs: Records) -> NDArray[np.int64]:
    """Return the (n,) rows of runs among the store's architectures."""
    place = {row.tobytes(): number for number, row in enumerate(store.architectures)}
    return np.array([place[row.tobytes()] for row in runs["architecture"]], np.int64)
