"""One search of real trainings, without rounds: a worker that is free gets its next candidate at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np

from surronas.errors import InputError, SpaceExhaustedError
from surronas.objectives import Objective, Single
from surronas.search import Log, Trajectory, check_searcher, tell_scores
from surronas.search_notes import SearchNotes
from surronas.searchers import Searcher
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Records
from surronas.under_way import SubmittingEvaluator, UnderWay, submitting


def run_async_search(
    searcher: Searcher | MultiObjectiveSearcher,
    evaluator: SubmittingEvaluator,
    *,
    budget: int,
    metric: str = "valid_accuracy",
    objective: Objective | None = None,
    seeds: Sequence[int] = (0,),
    store: BenchmarkStore | None = None,
    notes: Path | None = None,
    on_row: Callable[[Records], None] = lambda row: None,
    on_answer: Callable[[int, float], None] = lambda queries, best: None,
) -> Trajectory:
    """Return the trajectory of ``budget`` queries, in the order in which they were answered.

    As many trainings are under way as the evaluator has workers; the searcher is asked for another
    architecture when a worker is free, with all that are not answered as ``pending``. An architecture is
    answered when the trainings with all ``seeds`` have ended: the searcher is then told its score, what
    ``objective`` makes of the means over the seeds, or has it discarded if one of them failed. With one
    worker all is as in ``run_search``.

    Each row is in ``store`` as soon as its training ends, and what the store holds is not trained. ``notes``,
    a file, remembers the order of asking and telling, without which the rows don't say how the searcher came
    to where it is: with a fresh searcher of the same seed, the store and the notes, a search that was
    interrupted goes on where it stopped. Without notes it goes on too; but with several workers a searcher
    with a model may then ask for other architectures than those that are in the store.

    ``on_row`` gets each row after it is stored, ``on_answer`` the number of queries answered so far and the
    best score within the limits, NaN where there is none.

    Raises:
        InputError: no budget or seeds, a metric of the test split, an objective with another number of
            scores than the searcher takes, a store without the metrics, notes without a store, or notes of
            another search.
        SpaceExhaustedError: the searcher has fewer candidates than the budget; its ``trajectory`` holds
            what was found.
    """
    goal, evaluator = objective or Single(metric), submitting(evaluator)
    _check(goal, evaluator, budget, store, notes)
    under_way = UnderWay(evaluator, seeds, store=store, command="an asynchronous search", on_row=on_row)
    with ExitStack() as stack:
        about = {"goal": goal.words, "seeds": [int(seed) for seed in seeds], **asdict(evaluator.axes)}
        noted = None if notes is None else stack.enter_context(SearchNotes(notes, about))
        stack.callback(under_way.cancel)
        log = Log(goal, evaluator.metrics, len(seeds))
        search = _Search(searcher, goal, under_way, log, budget, noted, on_answer)
        search.resume()
        return search.run()


def _check(
    goal: Objective,
    evaluator: SubmittingEvaluator,
    budget: int,
    store: BenchmarkStore | None,
    notes: Path | None,
) -> None:
    """Refuse what no search can have, before anything is asked."""
    if budget < 1:
        raise InputError(f"expected budget >= 1, got {budget}")
    if notes is not None and store is None:
        raise InputError("notes say what was trained, not what it gave: expected a store as well")
    goal.check(evaluator.metrics)
    if store is None:
        return
    if lacking := sorted(set(goal.names) - {metric.name for metric in store.metrics}):
        raise InputError(f"expected a store with the metrics of the search, {store.path} lacks {lacking}")


class _Search:
    """A search in progress."""

    def __init__(
        self,
        searcher: Searcher | MultiObjectiveSearcher,
        goal: Objective,
        under_way: UnderWay,
        log: Log,
        budget: int,
        notes: SearchNotes | None,
        on_answer: Callable[[int, float], None],
    ) -> None:
        self._searcher, self._goal, self._under_way, self._log = searcher, goal, under_way, log
        self._budget, self._notes, self._on_answer = budget, notes, on_answer
        self._start = time.perf_counter()
        self._num_asked = 0
        self._exhausted: SpaceExhaustedError | None = None

    def resume(self) -> None:
        """Tell again, from the store, what was told before, and take up what was under way then.

        Raises:
            InputError: the notes are of a search that began otherwise, with another seed for example.
        """
        if self._notes is None or not self._notes.asked:
            return
        first = self._searcher.ask()
        if not np.array_equal(first[0], self._notes.asked[0]):
            raise InputError(
                f"{self._notes.path} holds the notes of another search, which began with "
                f"{self._notes.asked[0].tolist()}, not {first[0].tolist()}; to go on with it, repeat its "
                "searcher and seed"
            )
        check_searcher(self._searcher, self._goal, first[:0])
        told = set()
        for architecture in self._notes.told[: self._budget]:
            rows = self._under_way.stored(architecture)
            if rows is not None and architecture.tobytes() not in told:
                self._tell(architecture[None], rows)
                told.add(architecture.tobytes())
        left = [each for each in self._notes.asked if each.tobytes() not in told]
        for architecture in left[: self._budget - len(told)]:
            self._under_way.add(architecture)
        self._num_asked = len(self._log) + len(self._under_way)

    def run(self) -> Trajectory:
        """Ask, wait and tell until the budget is spent."""
        while len(self._log) < self._budget:
            self._ask()
            if self._exhausted is not None and not len(self._under_way):
                self._exhausted.trajectory = self._log.trajectory() if len(self._log) else None
                raise self._exhausted
            answer = self._under_way.wait()
            if answer is not None:
                self._tell(*answer)
                if self._notes is not None:
                    self._notes.tell(answer[0][0])
        return self._log.trajectory()

    def _ask(self) -> None:
        """Give every free worker a candidate."""
        while self._num_asked < self._budget and self._under_way.has_room and self._exhausted is None:
            try:
                asked = self._searcher.ask(1, pending=self._under_way.pending)
            except SpaceExhaustedError as error:
                self._exhausted = error
                return
            if not self._num_asked:
                check_searcher(self._searcher, self._goal, asked[:0])
            if self._notes is not None:
                self._notes.ask(asked[0])
            self._under_way.add(asked[0])
            self._num_asked += 1

    def _tell(self, architecture: Architectures, rows: Records) -> None:
        """Tell what was answered of one architecture (1, d)."""
        tell_scores(self._searcher, architecture, self._log.add(architecture, rows, self._start))
        self._on_answer(len(self._log), self._log.best)
