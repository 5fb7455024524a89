"""Several metrics at once as a problem: what counts is the hypervolume of the front that was found."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answer, Columns, TableAnswers
from surronas.compare.facts import ProblemFacts
from surronas.compare.problem import TableProblem
from surronas.compare.reading import metric_named, read_trainings
from surronas.errors import InputError
from surronas.metrics import hypervolume, pareto_front, running_hypervolume
from surronas.objectives import Pareto
from surronas.searchers import Pool
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore
from surronas.store.axes import Axes

METRIC = "hypervolume"


@dataclass(frozen=True)
class ParetoProblem:
    """Several metrics of a table as a problem, within limits or not.

    A score is the hypervolume of all that was found so far, as a share of that of the table's own front,
    where each metric runs from its worst to its best value in the table. Searchers of several scores are
    told them, and how far within the limits they are; a searcher of one score is told that of the first
    metric. Candidates are the architectures that have all metrics.

    Attributes:
        store: path of the benchmark store.
        objective: the metrics, none of the test split, and the limits.
        task, recipe, epochs: of the runs; an axis may be left open where the store has one value.
        device: of a latency or energy.
        seeds: of the runs: the mean over all, of one or over some.
        isomorphic: see ``TableProblem``.
        label: what reports call it.
    """

    store: str | os.PathLike[str]
    objective: Pareto
    task: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    device: str | None = None
    seeds: Literal["mean"] | int | tuple[int, ...] = "mean"
    isomorphic: Literal["merge", "keep"] = "merge"
    label: str = ""

    @property
    def name(self) -> str:
        """The label, or the store's name with what else was chosen."""
        chosen = [self.source.stem, self.task, self.device, self.objective.words]
        return self.label or " ".join(filter(None, chosen))

    @property
    def source(self) -> Path:
        """The store."""
        return Path(self.store)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a JSON-able dict."""
        return {"kind": "pareto", "name": self.name} | asdict(self) | {"store": str(self.store)}

    def opened(self) -> ParetoAnswers:
        """Return the answers, read at once.

        Raises:
            AmbiguousQueryError: an axis is left open that has several values.
            InputError: a metric that is unknown, of the test split or without direction; no architecture
                with all of them, or none within the limits.
            StoreError: the store can't be read.
        """
        store = BenchmarkStore.open(self.store)
        self.objective.check(store.metrics)
        axes = Axes(self.task, self.recipe, self.epochs, None, self.device)
        read = {name: self._read(store, name, axes) for name in self.objective.names}
        scored = self.objective.scored(read, store.metrics)
        kept = np.flatnonzero(np.isfinite(scored.scores).all(axis=1))
        if not scored.feasible[kept].any():
            raise InputError(
                f"{self.name}: of the {len(kept)} architectures of {store.path} that have all of "
                f"{', '.join(self.objective.names)} none is within the limits; loosen them"
            )
        table = self._table(store, kept)
        codes = store.space.codes(store.architectures[kept])
        order = np.argsort(codes)
        rows = kept[order[np.searchsorted(codes[order], store.space.codes(table.pool.architectures))]]
        scores, feasible = scored.scores[rows], scored.feasible[rows]
        worst, best = scores.min(axis=0), scores.max(axis=0)
        shares = (scores - worst) / np.where(best > worst, best - worst, 1.0)
        whole = hypervolume(shares[feasible], np.zeros(shares.shape[1]))
        return ParetoAnswers(table, scores, scored.slacks[rows], feasible, shares, whole or 1.0)

    def _read(self, store: BenchmarkStore, name: str, axes: Axes) -> NDArray[np.float64]:
        """Return (A,) values of a metric, in its unit."""
        metric = metric_named(store, name)
        assert metric is not None  # checked by the objective
        return read_trainings(store, metric, axes, self.seeds).values[:, 0]

    def _table(self, store: BenchmarkStore, kept: NDArray[np.int64]) -> TableAnswers:
        """Return candidates, costs and facts."""
        pool = Pool(store.space, store.architectures[kept], isomorphic=self.isomorphic)
        axes = self.task, self.recipe, self.epochs, self.device
        named = TableProblem(self.store, self.objective.metrics[0], *axes, self.seeds, label=self.name)
        first = replace(named, isomorphic=self.isomorphic).opened()
        at = first.places(pool.architectures)
        words = (
            f"searched on {self.objective.words}: {first.facts.split_words.split(';')[0]}; reported: the "
            "hypervolume of what was searched, of the table's own front, no test values"
        )
        facts = ProblemFacts(
            name=self.name,
            metric=METRIC,
            sign=1.0,
            unit="share of the best",
            test_metric=None,
            split_words=words,
            optimum=1.0,
            test_optimum=float("nan"),
            num_networks=len(np.unique(store.space.keys(pool.architectures))),
            num_optima=0,
        )
        scores, seconds, epochs = (array[at] for array in (first.scores, first.seconds, first.epochs))
        return TableAnswers(facts, pool, scores, seconds, epochs, first.counts[at], np.full(len(at), np.nan))


@dataclass(frozen=True)
class ParetoAnswers:
    """The answers of N candidates that have k scores and c limits each.

    Attributes:
        table: candidates, costs and facts.
        scores: (N, k) more is better.
        slacks: (N, c) how far within each limit.
        feasible: (N,) whether all limits are kept.
        shares: (N, k) scores between the worst, 0, and the best, 1.
        whole: hypervolume of the shares of all that is feasible.
    """

    table: TableAnswers
    scores: NDArray[np.float64]
    slacks: NDArray[np.float64]
    feasible: NDArray[np.bool_]
    shares: NDArray[np.float64]
    whole: float

    @property
    def facts(self) -> ProblemFacts:
        """What a report must know."""
        return self.table.facts

    @property
    def pool(self) -> Pool:
        """The candidates."""
        return self.table.pool

    @property
    def costs_known(self) -> tuple[bool, bool]:
        """Whether training seconds are known of every query, and epochs."""
        return self.table.costs_known

    def places(self, architectures: Architectures) -> list[int]:
        """Return the places of (n, d) candidates."""
        return self.table.places(architectures)

    def draw(self, place: int, query: int, seed: int) -> int:
        """Return 0: there is one answer."""
        return 0

    def answer(self, place: int, draw: int) -> Answer:
        """Return the first score, training seconds and epochs."""
        return self.table.answer(place, draw)

    def tell(
        self, searcher: Any, architectures: Architectures, places: Sequence[int], scores: Sequence[float]
    ) -> None:
        """Tell the scores of (n, d) architectures: all that a searcher takes."""
        if "slacks" not in inspect.signature(searcher.tell).parameters:
            searcher.tell(architectures, self.scores[list(places), 0])
        elif self.slacks.shape[1]:
            searcher.tell(architectures, self.scores[list(places)], self.slacks[list(places)])
        else:
            searcher.tell(architectures, self.scores[list(places)])

    def columns(self, places: Sequence[int], draws: Sequence[int]) -> Columns:
        """Return what is known of n queries, in their order: scores are hypervolumes of all up to then."""
        at = np.asarray(places, np.int64)
        found = np.where(self.feasible[at, None], self.shares[at], np.nan)
        volumes = running_hypervolume(found, np.zeros(found.shape[1])) / self.whole
        known = self.table.columns(places, draws)
        return known._replace(scores=np.minimum(volumes, 1.0))

    def front(self) -> NDArray[np.int64]:
        """Return the places of the table's own front."""
        numbers = np.flatnonzero(self.feasible)
        return numbers[pareto_front(self.scores[numbers])]

    def fingerprint(self) -> str:
        """Return a hash of candidates and numbers."""
        digest = hashlib.sha256(self.table.fingerprint().encode())
        for array in (self.scores, self.slacks, self.feasible):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()
