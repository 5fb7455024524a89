"""One search: a searcher asks, an evaluator answers, and the trajectory is what came of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import Evaluator, mean_scores, search_metric
from surronas.searchers import Searcher
from surronas.spaces import Architectures
from surronas.store import Records


@dataclass(frozen=True)
class Trajectory:
    """What a search asked, in order, and what it was told; q queries, one architecture each."""

    metric: str
    sign: float  # 1 where more of the metric is better, else -1: score = sign * metric
    architectures: Architectures  # (q, d)
    scores: NDArray[np.float64]  # (q,) mean over the seeds, more is better; NaN: the evaluation failed
    seconds: NDArray[np.float64]  # (q,) wall time since the search began, at the answer
    records: Records  # (q * seeds,) every run behind the scores

    def values(self) -> NDArray[np.float64]:
        """Return (q,) the metric itself, in its unit, mean over the seeds."""
        return self.sign * self.scores

    def incumbent_scores(self) -> NDArray[np.float64]:
        """Return (q,) the best score so far after each query, NaN before the first success."""
        return np.fmax.accumulate(self.scores) if len(self.scores) else self.scores

    def best(self) -> int:
        """Return the number of the query with the best score.

        Raises:
            InputError: no query succeeded.
        """
        if not np.isfinite(self.scores).any():
            raise InputError(f"none of the {len(self.scores)} queries gave a score")
        return int(np.nanargmax(self.scores))


def run_search(
    searcher: Searcher,
    evaluator: Evaluator,
    *,
    budget: int,
    metric: str = "valid_accuracy",
    seeds: Sequence[int] = (0,),
    batch_size: int = 1,
    on_batch: Callable[[int, float], None] = lambda queries, best: None,
) -> Trajectory:
    """Return the trajectory of ``budget`` queries: ask a batch, evaluate it, tell the scores.

    The searcher is told architectures and the mean of ``metric`` over ``seeds``, nothing else;
    failed evaluations are discarded, without a score. ``on_batch`` gets the number of queries
    answered so far and the best score, for progress displays.

    Raises:
        InputError: a budget, batch or seeds that are empty, or a metric of the test split.
        SpaceExhaustedError: the searcher has fewer candidates than the budget; its ``trajectory`` holds
            what was found.
    """
    if budget < 1 or batch_size < 1 or not len(seeds):
        raise InputError(
            f"expected budget >= 1, batch_size >= 1 and one seed or more, got {budget}, {batch_size}, {seeds}"
        )
    chosen = search_metric(evaluator.metrics, metric)
    start, log = time.perf_counter(), _Log(metric, chosen.sign)
    while len(log) < budget:
        try:
            batch = searcher.ask(min(batch_size, budget - len(log)))
        except SpaceExhaustedError as error:
            error.trajectory = log.trajectory() if len(log) else None
            raise
        records = evaluator.evaluate(batch, seeds)
        told = mean_scores(records, len(seeds), chosen)
        ok = np.isfinite(told)
        if ok.any():
            searcher.tell(batch[ok], told[ok])
        if not ok.all():
            searcher.discard(batch[~ok])
        log.add(batch, told, time.perf_counter() - start, records)
        on_batch(len(log), float(np.fmax.reduce(log.scores)))
    return log.trajectory()


class _Log:
    """The batches of a search so far."""

    def __init__(self, metric: str, sign: float) -> None:
        self.metric, self.sign = metric, sign
        self.scores: list[float] = []
        self.seconds: list[float] = []
        self.architectures: list[Architectures] = []
        self.records: list[Records] = []

    def __len__(self) -> int:
        return len(self.scores)

    def add(
        self, batch: Architectures, scores: NDArray[np.float64], seconds: float, records: Records
    ) -> None:
        """Append a batch that was answered."""
        self.scores += scores.tolist()
        self.seconds += [seconds] * len(batch)
        self.architectures.append(batch)
        self.records.append(records)

    def trajectory(self) -> Trajectory:
        """Return what was asked and answered, as arrays."""
        return Trajectory(
            self.metric,
            self.sign,
            np.concatenate(self.architectures),
            np.array(self.scores),
            np.array(self.seconds),
            np.concatenate(self.records),
        )
