"""One search over fidelities: a searcher asks, stored trainings answer, simulated workers take their time."""

import heapq
import time
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import CurveEvaluator
from surronas.searchers import FidelitySearcher
from surronas.spaces import Architectures

Values = NDArray[np.float64]  # (q,)
CHARGES = ("added", "all")


@dataclass(frozen=True)
class FidelityTrajectory:
    """What a search over fidelities asked and was told: q evaluations, in the order in which they ended.

    Attributes:
        metric: what was searched on; ``sign`` is 1 where more of it is better, else -1.
        architectures: (q, d).
        epochs: (q,) that each was trained for, in all.
        scores: (q,) sign * metric after so many epochs; NaN: the training failed.
        charged: (q,) epochs that each cost.
        clock: (q,) simulated time at which each ended.
        clock_unit: "seconds", or "epochs" where the table does not know the seconds of all trainings.
        workers: (q,) the number of the worker.
        decision_seconds: (q,) wall time of the asking before each.
        incumbents: (q,) the evaluation of the best score among those of the most epochs so far; -1: none.
        final: (q,) the metric, in its unit, after a complete training of each architecture.
        test_metric: the test metric beside it, None without one.
        test: (q,) its value after a complete training; NaN without one. The search saw nothing of both.
    """

    metric: str
    sign: float
    architectures: Architectures
    epochs: NDArray[np.int64]
    scores: Values
    charged: Values
    clock: Values
    clock_unit: str
    workers: NDArray[np.int64]
    decision_seconds: Values
    incumbents: NDArray[np.int64]
    final: Values
    test_metric: str | None
    test: Values

    def spent_epochs(self) -> Values:
        """Return (q,) the epochs charged up to the end of each evaluation."""
        return np.cumsum(self.charged)

    def incumbent_final(self) -> Values:
        """Return (q,) the metric after a complete training of the incumbent, NaN where there is none."""
        return self._of_incumbents(self.final)

    def incumbent_test(self) -> Values:
        """Return (q,) the test metric after a complete training of the incumbent, NaN where there is none."""
        return self._of_incumbents(self.test)

    def best(self) -> int:
        """Return the number of the last incumbent's evaluation.

        Raises:
            InputError: no evaluation succeeded.
        """
        if not len(self.incumbents) or self.incumbents[-1] < 0:
            raise InputError(f"none of the {len(self.scores)} evaluations gave a score")
        return int(self.incumbents[-1])

    def _of_incumbents(self, values: Values) -> Values:
        return np.where(self.incumbents >= 0, values[self.incumbents], np.nan) if len(values) else values


def run_fidelity_search(
    searcher: FidelitySearcher,
    curves: CurveEvaluator,
    *,
    budget_epochs: float,
    workers: int = 1,
    charge: str | None = None,
    count_decisions: bool = False,
    on_evaluation: Callable[[float, float], None] = lambda epochs, score: None,
) -> FidelityTrajectory:
    """Return the trajectory of a search that may train for ``budget_epochs`` in all.

    Each of the workers asks when it is free, with what the others train as pending, and trains as long as
    the table says; a searcher that has to wait for them lets it idle. The searcher is told the score of the
    architecture after so many epochs, nothing else; a failed training is discarded. No evaluation is begun
    that the rest of the budget does not cover, and then the search ends. ``charge`` is "added" (what
    stopped goes on where it was) or "all" (it is trained anew, from the start); None: as the table's
    trainings are. With ``count_decisions`` the clock, in seconds, counts the wall time of asking too.
    ``on_evaluation`` gets the epochs charged so far and the score.

    Raises:
        InputError: no budget or workers, another word for ``charge``, or "added" where trainings of several
            lengths are no continuations of each other; decisions counted on a clock in epochs.
        SpaceExhaustedError: all candidates were trained before the budget was spent; its ``trajectory``
            holds what was found.
    """
    if not budget_epochs > 0 or workers < 1:
        raise InputError(f"expected budget_epochs > 0 and workers >= 1, got {budget_epochs} and {workers}")
    chosen = ("added" if curves.continues else "all") if charge is None else charge
    if chosen not in CHARGES:
        raise InputError(f"charge: expected one of {CHARGES}, got {chosen!r}")
    if chosen == "added" and not curves.continues:
        raise InputError(
            f"charge: trainings of {curves.fidelities} epochs are each one of its own in this table, "
            "so none goes on as another; charge 'all'"
        )
    if count_decisions and not curves.timed:
        raise InputError("count_decisions: the table's seconds are not all known, so the clock is in epochs")
    run = _Run(searcher, curves, budget_epochs, chosen == "added", count_decisions)
    idle = list(range(workers))
    try:
        while True:
            while idle and run.begin(idle[0]):
                del idle[0]
            if not run.under_way:
                return run.trajectory()
            insort(idle, run.end())
            on_evaluation(run.spent, run.done[-1].score)
    except SpaceExhaustedError as error:
        error.trajectory = run.trajectory() if run.done else None
        raise


@dataclass(order=True)
class _Evaluation:
    """An evaluation that was begun; they end in their order."""

    end: float
    number: int
    worker: int
    architecture: Architectures = field(compare=False)  # (1, d)
    epochs: int = field(compare=False)
    score: float = field(compare=False)  # not looked at before the end
    charged: float = field(compare=False)
    decision_seconds: float = field(compare=False)


class _Run:
    """A search under way: what is in training, what has ended, and the clock."""

    def __init__(
        self,
        searcher: FidelitySearcher,
        curves: CurveEvaluator,
        budget: float,
        goes_on: bool,
        decisions: bool,
    ) -> None:
        self._searcher, self._curves, self._left = searcher, curves, budget
        self._goes_on, self._count_decisions = goes_on, decisions
        self._paid: dict[bytes, tuple[float, float]] = {}  # epochs and clock time that a training has had
        self._now = 0.0
        self.under_way: list[_Evaluation] = []  # a heap
        self.done: list[_Evaluation] = []
        self.spent = 0.0  # epochs of what is done

    def begin(self, worker: int) -> bool:
        """Ask for one evaluation and begin it; return False if none is to be begun now.

        Raises:
            SpaceExhaustedError: there is none, and no result to wait for.
        """
        if self._left < -1e-9:  # the last one asked was not covered
            return False
        pending = None
        if self.under_way:
            rows = np.concatenate([evaluation.architecture for evaluation in self.under_way])
            pending = rows, np.array([evaluation.epochs for evaluation in self.under_way])
        start = time.perf_counter()
        try:
            architecture, epochs = self._searcher.ask(pending=pending)
        except SpaceExhaustedError:
            if self.under_way:
                return False
            raise
        deciding = time.perf_counter() - start
        cost, duration = self._cost(architecture, epochs)
        self._left -= cost
        if self._left < -1e-9:
            return False
        end = self._now + duration + (deciding if self._count_decisions else 0.0)
        score = float(self._curves.scores(architecture, epochs)[0])
        number, length = len(self.done) + len(self.under_way), int(epochs[0])
        begun = _Evaluation(end, number, worker, architecture, length, score, cost, deciding)
        heapq.heappush(self.under_way, begun)
        return True

    def end(self) -> int:
        """Let the next evaluation end, tell its score, and return the worker that is free."""
        ended = heapq.heappop(self.under_way)
        self.done.append(ended)
        self._now, self.spent = ended.end, self.spent + ended.charged
        if np.isfinite(ended.score):
            self._searcher.tell(ended.architecture, [ended.score], [ended.epochs])
        else:
            self._searcher.discard(ended.architecture, [ended.epochs])
        return ended.worker

    def trajectory(self) -> FidelityTrajectory:
        """Return what has ended, with what a report tells of it."""
        done, curves = self.done, self._curves
        metric, test = curves.metric, curves.test_metric
        rows = np.concatenate([curves.architectures[:0], *(one.architecture for one in done)])
        epochs = np.array([one.epochs for one in done], np.int64)
        scores = np.array([one.score for one in done])
        return FidelityTrajectory(
            metric.name,
            metric.sign,
            rows,
            epochs,
            scores,
            np.array([one.charged for one in done]),
            np.array([one.end for one in done]),
            "seconds" if curves.timed else "epochs",
            np.array([one.worker for one in done], np.int64),
            np.array([one.decision_seconds for one in done]),
            incumbents(epochs, scores),
            curves.final_values(rows, metric.name),
            test,
            curves.final_values(rows, test) if test else np.full(len(done), np.nan),
        )

    def _cost(self, architecture: Architectures, epochs: NDArray[np.int64]) -> tuple[float, float]:
        """Return the epochs that an evaluation costs, and its time on the clock."""
        trained, seconds = self._curves.costs(architecture, epochs)
        total = float(trained[0]), float(seconds[0] if self._curves.timed else trained[0])
        had = self._paid.get(architecture.tobytes(), (0.0, 0.0)) if self._goes_on else (0.0, 0.0)
        self._paid[architecture.tobytes()] = max(total, had)
        return max(0.0, total[0] - had[0]), max(0.0, total[1] - had[1])


def incumbents(epochs: NDArray[np.int64], scores: Values) -> NDArray[np.int64]:
    """Return (q,): after each evaluation, that of the best score among those of the most epochs; -1: none."""
    best, found = -1, np.full(len(scores), -1)
    for number, score in enumerate(scores.tolist()):
        if np.isfinite(score) and (best < 0 or (epochs[number], score) > (epochs[best], scores[best])):
            best = number
        found[number] = best
    return found
