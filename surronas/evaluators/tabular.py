"""A store as an evaluator: searches run against what was measured before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import AmbiguousQueryError, InputError, MissingRowsError
from surronas.evaluators.base import RecordAxes
from surronas.evaluators.cost_columns import costs_of, on_device, with_costs
from surronas.spaces import Architectures
from surronas.store import SEED_MEAN, BenchmarkStore, Metric, Records
from surronas.store.schema import metric_names

if TYPE_CHECKING:
    from surronas.store import Column


class TabularEvaluator:
    """Answers from a store's rows of one task, recipe and number of epochs, read once.

    An axis may be left open (None) only where the store holds one value of it. Where the source gives only
    its own mean over seeds, that mean answers as the one run of seed SEED_MEAN.

    Columns of architectures that hang on no device (parameters) are in the records; those that do, such as
    latency, come in with ``device``, under their own names and of the runs' task, or with ``costs``.

    Args:
        store: the runs.
        task, recipe, epochs: of the runs.
        device: whose latency, energy and so on the records carry.
        costs: further columns by the name that they get: ``{"pixel3_ms": Column("latency_ms",
            task="cifar10", device="pixel3")}``.
        costs_store: the store that holds ``costs``; None: that of the runs.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        MissingRowsError: the store holds no run there, or no value of a column.
        InputError: a name that the records have already, or that can't be a metric's.
    """

    def __init__(
        self,
        store: BenchmarkStore,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        device: str | None = None,
        costs: Mapping[str, Column] | None = None,
        costs_store: BenchmarkStore | None = None,
    ) -> None:
        self.store = store
        self._rows = store.table(task=task, recipe=recipe, epochs=epochs)
        if not len(self._rows):
            raise MissingRowsError(
                f"expected runs of task {task!r}, recipe {recipe!r}, epochs {epochs} in {store.path}, "
                f"found none; it holds tasks {store.tasks}"
            )
        for axis in ("task", "recipe", "epochs"):
            values = sorted({str(value) for value in self._rows[axis].tolist()})
            if len(values) > 1:
                raise AmbiguousQueryError(f"several values of {axis}: {', '.join(values)}; name one")
        self._costs: tuple[Metric, ...] = ()
        if device is not None:
            self._add(store, on_device(store, str(self._rows["task"][0]), device))
        if costs:
            self._add(store if costs_store is None else costs_store, costs)  # no runs: a false store
        codes = store.space.codes(self._rows["architecture"])  # the forms under which the store keeps them
        self._codes, first, architecture = np.unique(codes, return_index=True, return_inverse=True)
        self._architectures: Architectures = self._rows["architecture"][first]
        self._seeds, seed = np.unique(self._rows["seed"], return_inverse=True)
        self._row_of = np.full((len(self._codes), len(self._seeds)), -1)  # -1: no such run
        self._row_of[architecture, seed] = np.arange(len(self._rows))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that the rows hold."""
        held = set(metric_names(self._rows.dtype)) - {metric.name for metric in self._costs}
        return tuple(metric for metric in self.store.metrics if metric.name in held) + self._costs

    @property
    def architectures(self) -> Architectures:
        """The (n, d) architectures with at least one run: the candidates of a search on this table."""
        return self._architectures

    @property
    def seeds(self) -> list[int]:
        """The single seeds of the rows; [SEED_MEAN] where there is none."""
        return _single_or_mean(self._seeds)

    def seeds_of(self, metric: str) -> list[int]:
        """Return the single seeds that have values of a metric; [SEED_MEAN] where only the source's mean has.

        Raises:
            InputError: the rows hold no such metric.
            MissingRowsError: no run has a value of it.
        """
        if metric not in (names := metric_names(self._rows.dtype)):
            raise InputError(f"expected a metric among {', '.join(names)}, got {metric!r}")
        measured = (self._rows["status"] == "ok") & ~np.isnan(self._rows[metric])
        if not measured.any():
            raise MissingRowsError(f"no run there in {self.store.path} has a value of {metric}")
        return _single_or_mean(np.unique(self._rows["seed"][measured]))

    def architectures_with(self, seeds: Sequence[int]) -> Architectures:
        """Return the (n, d) architectures with a run of each of the seeds.

        Those that lack a value of ``device`` or of ``costs`` are left out.

        Raises:
            MissingRowsError: there is none.
        """
        columns = np.isin(self._seeds, seeds)
        complete = (self._row_of[:, columns] >= 0).all(axis=1) & (columns.sum() == len(set(seeds)))
        some_run = self._rows[self._row_of.max(axis=1)]
        for metric in self._costs:
            complete &= ~np.isnan(some_run[metric.name])
        if not complete.any():
            raise MissingRowsError(
                f"expected architectures with seeds {list(seeds)} in {self.store.path}, found none; "
                f"it holds seeds {self._seeds.tolist()}"
            )
        found: Architectures = self._architectures[complete]
        return found

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int]) -> Records:
        """Return one row for each of the n architectures and each seed, architecture by architecture.

        Raises:
            MissingRowsError: the store has no such run.
        """
        wanted, at, there = self._found(architectures)
        rows = self._row_of[at][:, _positions(self._seeds, np.asarray(seeds))]
        known = there[:, None] & np.isin(seeds, self._seeds) & (rows >= 0)
        if not known.all():
            row, column = np.argwhere(~known)[0]
            text = self.store.space.to_strings(wanted[row : row + 1])[0]
            raise MissingRowsError(
                f"no run of {text} with seed {seeds[column]} in {self.store.path}, which holds "
                f"{len(self._codes)} architectures and seeds {self._seeds.tolist()}; "
                "give the searcher candidates=evaluator.architectures"
            )
        answer: Records = self._rows[rows.ravel()]
        return answer

    @property
    def axes(self) -> RecordAxes:
        """The task, recipe and epochs of the rows."""
        first = self._rows[0]
        return RecordAxes(str(first["task"]), str(first["recipe"]), int(first["epochs"]))

    def stream(self, architectures: ArrayLike, seeds: Sequence[int], /) -> Iterator[Records]:
        """Yield one (1,) row for each of n architectures, each with its own of n seeds: a loop offline.

        Raises:
            MissingRowsError: the store has no such run; those before it were yielded.
        """
        for architecture, seed in zip(self.store.space.validate(architectures), seeds, strict=True):
            yield self.evaluate(architecture[None], [seed])

    def known(self, architectures: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Return (n,) values, by metric, of what is known of architectures before any run: no run's metrics.

        NaN where a value was not measured.

        Raises:
            MissingRowsError: the evaluator has no run of an architecture.
        """
        wanted, at, there = self._found(architectures)
        if not there.all():
            text = self.store.space.to_strings(wanted[~there][:1])[0]
            raise MissingRowsError(f"no run of {text} in {self.store.path}: nothing is known of it")
        some_run = self._rows[self._row_of[at].max(axis=1)]
        names = [metric.name for metric in self.metrics if metric.per == "architecture"]
        return {name: np.array(some_run[name]) for name in names}

    def _found(self, architectures: ArrayLike) -> tuple[Architectures, NDArray[np.int64], NDArray[np.bool_]]:
        """Return n architectures as they are stored, their places, and which of them are there at all."""
        wanted = self._stored(self.store.space.validate(architectures))
        at = _positions(self._codes, self.store.space.codes(wanted))
        return wanted, at, (self._architectures[at] == wanted).all(axis=1)

    def _add(self, store: BenchmarkStore, columns: Mapping[str, Column]) -> None:
        """Give every row the values of more columns."""
        metrics, values = costs_of(store, self._rows["architecture"], columns)
        self._rows = with_costs(self._rows, metrics, values)
        self._costs += metrics

    def _stored(self, architectures: Architectures) -> Architectures:
        """Return (n, d) the canonical forms where the store keeps those."""
        if not self.store.canonical:
            return architectures
        return self.store.space.canonical(architectures)


def _single_or_mean(seeds: NDArray[np.int64]) -> list[int]:
    """Return the seeds without SEED_MEAN, unless there is nothing else."""
    return [int(seed) for seed in seeds if seed != SEED_MEAN] or [SEED_MEAN]


def _positions(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) positions of ``wanted`` in sorted ``known``, anything valid for what is not there."""
    return np.minimum(np.searchsorted(known, wanted), len(known) - 1)
