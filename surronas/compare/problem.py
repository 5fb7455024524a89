"""A problem of a comparison: which numbers of a table are searched, and which are reported."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answers, TableAnswers
from surronas.compare.facts import ProblemFacts
from surronas.compare.reading import Seeds, asked, held, metric_named, read_trainings
from surronas.compare.words import problem_words
from surronas.errors import InputError
from surronas.evaluators import CurveEvaluator, search_metric, test_counterpart
from surronas.searchers import Pool
from surronas.store import BenchmarkStore, Metric
from surronas.store.axes import Axes


class Problem(Protocol):
    """What is searched: it can be opened, told apart and written down."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def source(self) -> Path:
        """The file or folder that its numbers come from."""
        ...

    def opened(self) -> Answers:
        """Return its answers, read at once.

        Raises:
            SurronasError: the table is not there, or can't be searched as asked.
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """Return everything needed to open it again, JSON-able."""
        ...


@dataclass(frozen=True)
class Reported:
    """The test metric that is reported, and its axes; what is left open is as the problem has it."""

    metric: str | None = None
    task: str | None = None
    recipe: str | None = None
    epochs: int | None = None


@dataclass(frozen=True)
class TableProblem:
    """The runs of a benchmark store as a problem.

    An axis may be left open (None) only where the store holds one value of it. Candidates are the
    architectures with a value, and those whose trainings failed: asking them costs a query, and gives no
    score.

    Attributes:
        store: path of the benchmark store.
        metric: that is searched: of validation, or of architectures alone, such as a latency.
        task: of the runs.
        recipe: of the runs; any part of its text that no other recipe has.
        epochs: of the runs.
        device: of a latency or energy.
        seeds: a score is the ``"mean"`` over all seeds of an architecture (or the source's own mean), of
            one seed, the mean over some, or ``"drawn"``: of one seed drawn anew for each query, as
            NAS-Bench-201 has it. A mean costs all of its trainings, and fails if one of them did.
        reported: what is reported of the best so far, always as the mean over its seeds.
        objective_is_test: must be True for a metric of the test split to be searched; reports then say so.
        fidelities: numbers of epochs after which a search over fidelities may look, each a training of its
            own schedule; None: after every epoch of the learning curves. Other searches see none of them.
        isomorphic: ``"merge"``: isomorphic architectures are one candidate, with the numbers of the
            canonical form if the table has it, else of the first. ``"keep"``: each is one, as in papers
            that count strings.
        label: what reports call it; "" for a name made of store, task and metric.
    """

    store: str | os.PathLike[str]
    metric: str = "valid_accuracy"
    task: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    device: str | None = None
    seeds: Seeds = "mean"
    reported: Reported = Reported()
    objective_is_test: bool = False
    fidelities: tuple[int, ...] | None = None
    isomorphic: Literal["merge", "keep"] = "merge"
    label: str = ""

    @property
    def name(self) -> str:
        """The label, or the store's name with what else was chosen."""
        metric = "" if self.metric == "valid_accuracy" else self.metric
        return self.label or " ".join(filter(None, [self.source.stem, self.task, self.device, metric]))

    @property
    def source(self) -> Path:
        """The store."""
        return Path(self.store)

    @property
    def _axes(self) -> Axes:
        return Axes(self.task, self.recipe, self.epochs, None, self.device)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a JSON-able dict."""
        return {"kind": "table", "name": self.name} | asdict(self) | {"store": str(self.store)}

    def opened(self) -> TableAnswers:
        """Return the answers, read at once.

        Raises:
            AmbiguousQueryError: an axis is left open that has several values.
            InputError: no such metric, one without direction, of the test split without
                ``objective_is_test``, seeds that are not there, or no architecture with a value.
            StoreError: the store can't be read.
        """
        store = BenchmarkStore.open(self.store)
        metric = self._objective(store)
        trainings = read_trainings(store, metric, self._axes, self.seeds)
        run = np.isfinite(trainings.values) | trainings.failed
        if not np.isfinite(trainings.values).any():
            raise InputError(
                f"{self.name}: no architecture of {store.path} has a value of {metric.name} there"
            )
        kept = np.flatnonzero(run.any(axis=1))
        pool = Pool(store.space, store.architectures[kept], isomorphic=self.isomorphic)
        codes = store.space.codes(store.architectures[kept])
        order = np.argsort(codes)
        rows = kept[order[np.searchsorted(codes[order], store.space.codes(pool.architectures))]]
        front = np.argsort(~run[rows], axis=1, kind="stable")  # the trainings that there are come first
        scores, seconds, trained = (
            np.take_along_axis(values[rows], front, axis=1)
            for values in (metric.sign * trainings.values, trainings.seconds, trainings.num_trainings)
        )
        tested = self._tested(store, metric)
        test = np.full(len(rows), np.nan) if tested is None else asked(store, *tested, "mean")[rows]
        return TableAnswers(
            self._facts(store, metric, tested, test, scores, pool),
            pool,
            scores,
            seconds,
            _epochs(store, metric, self._axes) * trained,
            run[rows].sum(axis=1),
            test,
        )

    def curves(self) -> CurveEvaluator:
        """Return what a search over fidelities sees of this.

        Raises:
            InputError: seeds that are drawn, or some of several; or a metric of the test split.
            MissingRowsError: the store has no learning curves there.
        """
        if self.seeds == "drawn" or isinstance(self.seeds, tuple):
            raise InputError(f"{self.name}: a search over fidelities needs one seed, or the mean over all")
        epochs = self.epochs if self.fidelities is None else self.fidelities
        store, seed = BenchmarkStore.open(self.store), self.seeds
        return CurveEvaluator(
            store, task=self.task, recipe=self.recipe, epochs=epochs, metric=self.metric, seed=seed
        )

    def _objective(self, store: BenchmarkStore) -> Metric:
        """Return the metric that is searched."""
        metric = metric_named(store, self.metric)
        if metric is not None and metric.split == "test" and self.objective_is_test:
            return metric
        if metric is not None and metric.split == "test":
            raise InputError(
                f"{self.name}: {self.metric!r} is measured on the test split, which a search must not see; "
                "search on a validation metric. Where a table has none, or to repeat published work, say "
                "that the objective is the test split (objective_is_test=True, --objective-is-test)"
            )
        return search_metric(store.metrics, self.metric)

    def _tested(self, store: BenchmarkStore, metric: Metric) -> tuple[Metric, Axes] | None:
        """Return the test metric that is reported and where it lies; None if there is none."""
        name = self.reported.metric or test_counterpart(store.metrics, metric.name)
        axes = Axes(
            self.reported.task or self.task,
            self.reported.recipe
            or (self.recipe if self.reported.task is None and self.reported.epochs is None else None),
            self.reported.epochs if self.reported.epochs is not None else self.epochs,
        )
        explicit = self.reported != Reported()
        test = None if name is None else metric_named(store, name)
        if explicit and (test is None or test.split != "test" or not held(store, test.name, axes)):
            raise InputError(f"{self.name}: {store.path} has no values of a test metric at {self.reported}")
        return (test, axes) if test is not None and held(store, test.name, axes) else None

    def _facts(
        self,
        store: BenchmarkStore,
        metric: Metric,
        tested: tuple[Metric, Axes] | None,
        test: NDArray[np.float64],
        scores: NDArray[np.float64],
        pool: Pool,
    ) -> ProblemFacts:
        """Return what a report must know."""
        optimum, networks = float(np.nanmax(scores)), store.space.keys(pool.architectures)
        sign = 1.0 if tested is None else tested[0].sign
        return ProblemFacts(
            name=self.name,
            metric=metric.name,
            sign=metric.sign,
            unit=metric.unit,
            test_metric=None if tested is None else tested[0].name,
            split_words=problem_words(store, metric, self._axes, self.seeds, tested),
            optimum=optimum,
            test_optimum=float("nan") if tested is None else float(sign * np.nanmax(sign * test)),
            num_networks=len(np.unique(networks)),
            num_optima=len(np.unique(networks[(scores == optimum).any(axis=1)])),
            test_sign=sign,
            test_unit="" if tested is None else tested[0].unit,
        )


def _epochs(store: BenchmarkStore, metric: Metric, axes: Axes) -> float:
    """Return the epochs of one training, NaN where the table does not say."""
    if metric.per == "architecture":
        return float("nan")
    epochs = [axes.epochs] if axes.epochs is not None else store.epochs(task=axes.task, recipe=axes.recipe)
    return float(epochs[0]) if len(epochs) == 1 and epochs[0] else float("nan")
