"""One search: a searcher asks, an evaluator answers, and the trajectory is what came of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
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
        SpaceExhaustedError: the searcher has fewer candidates than the budget.
    """
    if budget < 1 or batch_size < 1 or not len(seeds):
        raise InputError(
            f"expected budget >= 1, batch_size >= 1 and one seed or more, got {budget}, {batch_size}, {seeds}"
        )
    chosen = search_metric(evaluator.metrics, metric)
    start, asked, answered = time.perf_counter(), [], []
    scores, seconds = np.empty(0), np.empty(0)
    while len(scores) < budget:
        batch = searcher.ask(min(batch_size, budget - len(scores)))
        records = evaluator.evaluate(batch, seeds)
        told = mean_scores(records, len(seeds), chosen)
        ok = np.isfinite(told)
        if ok.any():
            searcher.tell(batch[ok], told[ok])
        if not ok.all():
            searcher.discard(batch[~ok])
        asked.append(batch)
        answered.append(records)
        scores = np.append(scores, told)
        seconds = np.append(seconds, np.full(len(batch), time.perf_counter() - start))
        on_batch(len(scores), float(np.fmax.reduce(scores)))
    sign = 1.0 if chosen.direction == "maximize" else -1.0
    return Trajectory(metric, sign, np.concatenate(asked), scores, seconds, np.concatenate(answered))
