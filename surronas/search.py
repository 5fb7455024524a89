"""One search: a searcher asks, an evaluator answers, and the trajectory is what came of it."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import Evaluator, mean_scores
from surronas.metrics import pareto_front
from surronas.objectives import Constrained, Objective, Pareto, Scored, Single, visible_metric
from surronas.searchers import Searcher
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.spaces import Architectures
from surronas.store import Metric, Records


@dataclass(frozen=True)
class Trajectory:
    """What a search asked, in order, and what it was told; q queries, one architecture each."""

    metric: str  # what was optimised; of several metrics, the objective in words
    sign: float  # 1 where more of the metric is better, else -1: score = sign * metric
    architectures: Architectures  # (q, d)
    scores: NDArray[np.float64]  # (q,), or (q, k): as told, more is better; NaN: the evaluation failed
    seconds: NDArray[np.float64]  # (q,) wall time since the search began, at the answer
    records: Records  # (q * seeds,) every run behind the scores
    objective: Objective
    measured: Mapping[
        str, NDArray[np.float64]
    ]  # (q,) by metric, mean over the seeds, in its unit; NaN: failed
    feasible: NDArray[np.bool_]  # (q,) whether the answer keeps all limits; False of failed ones

    def values(self) -> NDArray[np.float64]:
        """Return (q,) the metric itself, in its unit, mean over the seeds; of a weighted sum, the scores.

        Raises:
            InputError: the objective has several scores.
        """
        self._check_one_score()
        return self.measured.get(self.metric, self.scores)

    def incumbent_scores(self) -> NDArray[np.float64]:
        """Return (q,) the best feasible score so far after each query, NaN before the first.

        Raises:
            InputError: the objective has several scores.
        """
        self._check_one_score()
        return np.asarray(np.fmax.accumulate(np.where(self.feasible, self.scores, np.nan)))

    def best(self) -> int:
        """Return the number of the query with the best score.

        Raises:
            InputError: no query succeeded, none kept the limits, or the objective has several scores.
        """
        self._check_one_score()
        if not np.isfinite(self.scores).any():
            raise InputError(f"none of the {len(self.scores)} queries gave a score")
        if not self.feasible.any():
            raise InputError(self.nearest())
        return int(np.nanargmax(np.where(self.feasible, self.scores, np.nan)))

    def front(self) -> NDArray[np.int64]:
        """Return the numbers, ascending, of the queries within the limits that no other dominates."""
        numbers = np.flatnonzero(self.feasible)
        scores = self.scores if self.scores.ndim > 1 else self.scores[:, None]
        return numbers[pareto_front(scores[numbers])]

    def nearest(self) -> str:
        """Return in words that no query kept the limits, and which came nearest."""
        limits = cast(Constrained | Pareto, self.objective).limits
        violation = limits.violation(limits.slacks(self.measured))
        query = int(np.nanargmin(violation))
        values = ", ".join(f"{name} {self.measured[name][query]:g}" for name in limits.names)
        return (
            f"none of the {len(self.scores)} queries has {limits.words}; the nearest, query {query + 1}, has "
            f"{values}: loosen the limits, or restrict the candidates to those that keep them"
        )

    def _check_one_score(self) -> None:
        if self.scores.ndim > 1:
            raise InputError(
                f"{self.objective.words} gives {self.scores.shape[1]} scores and no single best; use front()"
            )


def run_search(
    searcher: Searcher | MultiObjectiveSearcher,
    evaluator: Evaluator,
    *,
    budget: int,
    metric: str = "valid_accuracy",
    objective: Objective | None = None,
    seeds: Sequence[int] = (0,),
    batch_size: int = 1,
    on_batch: Callable[[int, float], None] = lambda queries, best: None,
) -> Trajectory:
    """Return the trajectory of ``budget`` queries: ask a batch, evaluate it, tell the scores.

    The searcher is told architectures and scores, nothing else: what ``objective`` makes of the means over
    ``seeds``, or the mean of ``metric``, which is short for ``objective=Single(metric)``. A ``Pareto``
    objective wants a multi-objective searcher, which is told how far within the limits answers lie as well.
    Failed evaluations are discarded, without a score; a warning says if no answer kept the limits.
    ``on_batch`` gets the number of queries answered so far and the best score within the limits (NaN where
    there is none), for progress displays.

    Raises:
        InputError: a budget, batch or seeds that are empty, a metric of the test split, or an objective
            with another number of scores than the searcher takes.
        SpaceExhaustedError: the searcher has fewer candidates than the budget; its ``trajectory`` holds
            what was found.
    """
    if budget < 1 or batch_size < 1 or not len(seeds):
        raise InputError(
            f"expected budget >= 1, batch_size >= 1 and one seed or more, got {budget}, {batch_size}, {seeds}"
        )
    goal = objective or Single(metric)
    goal.check(evaluator.metrics)
    start, log = time.perf_counter(), Log(goal, evaluator.metrics, len(seeds))
    while len(log) < budget:
        try:
            batch = searcher.ask(min(batch_size, budget - len(log)))
        except SpaceExhaustedError as error:
            error.trajectory = log.trajectory() if len(log) else None
            raise
        if not len(log):
            check_searcher(searcher, goal, batch[:0])
        records = evaluator.evaluate(batch, seeds)
        tell_scores(searcher, batch, log.add(batch, records, start))
        on_batch(len(log), log.best)
    return log.trajectory()


def check_searcher(searcher: Searcher | MultiObjectiveSearcher, goal: Objective, none: Architectures) -> None:
    """Raise before anything is evaluated if the searcher takes one score and the objective has more."""
    if not isinstance(goal, Pareto):
        return
    try:
        searcher.tell(none, np.empty((0, len(goal.metrics))))
    except InputError as error:
        raise InputError(
            f"{type(searcher).__name__} takes one score an architecture; for {goal.words} use a "
            f"multi-objective searcher, or the objective Weighted or Constrained"
        ) from error


def tell_scores(searcher: Searcher | MultiObjectiveSearcher, batch: Architectures, scored: Scored) -> None:
    """Tell what was answered: scores of what succeeded, and what failed."""
    ok = np.isfinite(scored.scores.reshape(len(batch), -1)).all(axis=1)
    if ok.any() and scored.scores.ndim == 2 and scored.slacks.shape[1]:
        cast(MultiObjectiveSearcher, searcher).tell(batch[ok], scored.scores[ok], scored.slacks[ok])
    elif ok.any():
        searcher.tell(batch[ok], scored.scores[ok])
    if not ok.all():
        searcher.discard(batch[~ok])


class Log:
    """The batches of a search so far."""

    def __init__(self, objective: Objective, metrics: Sequence[Metric], num_seeds: int) -> None:
        self._objective, self._metrics, self._num_seeds = objective, metrics, num_seeds
        self._seconds: list[float] = []
        self._architectures: list[Architectures] = []
        self._records: list[Records] = []
        self._scored: list[Scored] = []
        self._values: list[dict[str, NDArray[np.float64]]] = []
        self.best = np.nan  # score within the limits so far

    def __len__(self) -> int:
        return len(self._seconds)

    def add(self, batch: Architectures, records: Records, start: float) -> Scored:
        """Append a batch that was answered, and return its scores."""
        values = {}
        for name in self._objective.names:
            metric = visible_metric(self._metrics, name)
            values[name] = metric.sign * mean_scores(records, self._num_seeds, metric)
        scored = self._objective.scored(values, self._metrics)
        self._seconds += [time.perf_counter() - start] * len(batch)
        self._architectures.append(batch)
        self._records.append(records)
        self._scored.append(scored)
        self._values.append(values)
        if scored.scores.ndim == 1 and scored.feasible.any():
            self.best = float(np.fmax(self.best, scored.scores[scored.feasible].max()))
        return scored

    def trajectory(self) -> Trajectory:
        """Return what was asked and answered, as arrays; warn if nothing kept the limits."""
        goal = self._objective
        optimised = goal.metric if isinstance(goal, Single | Constrained) else goal
        found = Trajectory(
            optimised if isinstance(optimised, str) else goal.words,
            visible_metric(self._metrics, optimised).sign if isinstance(optimised, str) else 1.0,
            np.concatenate(self._architectures),
            np.concatenate([scored.scores for scored in self._scored]),
            np.array(self._seconds),
            np.concatenate(self._records),
            goal,
            {name: np.concatenate([values[name] for values in self._values]) for name in goal.names},
            np.concatenate([scored.feasible for scored in self._scored]),
        )
        if np.isfinite(found.scores).any() and not found.feasible.any():
            warnings.warn(found.nearest(), stacklevel=3)
        return found
