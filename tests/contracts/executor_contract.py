"""What every executor promises: inherit, and give a fixture ``executor``.

It trains cells of ``Cell201`` for ``training.tiny.tiny_task`` on the CPU; it may have been used before.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from training.tiny import EMPTY, EXPLODING, GOOD, POINTWISE, TINY, tiny_task

from surronas.spaces import Cell201
from surronas.store import STATUSES
from surronas.training import Job, Trainer, TrainingResult
from surronas.training.executors import Executor
from surronas.training.result import CURVES

CELLS = (GOOD, EMPTY, POINTWISE, (3, 2, 1, 4, 0, 2))
JOBS = [Job(cell, seed, TINY) for seed, cell in enumerate(CELLS)]


def alone(jobs: Sequence[Job]) -> list[TrainingResult]:
    """What each job gives when nothing else is trained."""
    trainer = Trainer(Cell201(), tiny_task(), device="cpu")
    return [trainer.train(job) for job in jobs]


def all_finished(executor: Executor, jobs: Sequence[Job]) -> list[TrainingResult]:
    """The results of jobs, in their order."""
    tickets = [executor.submit(job) for job in jobs]
    results = list(executor.finished())
    assert sorted(ticket for ticket, _ in results) == tickets, "each job is finished once"
    return [dict(results)[ticket] for ticket in tickets]


class ExecutorContract:
    tolerance = 0.0  # relative, of losses; executors that sum in another order set one

    def assert_same(self, found: TrainingResult, expected: TrainingResult) -> None:
        """Equal in all but the seconds and the message."""
        assert (found.status, found.params, found.flops) == (
            expected.status,
            expected.params,
            expected.flops,
        ), found.message
        assert set(found.curves) == set(CURVES)
        for name in CURVES if self.tolerance == 0 else [c for c in CURVES if c.endswith("loss")]:
            np.testing.assert_allclose(
                found.curves[name], expected.curves[name], rtol=self.tolerance, atol=0, err_msg=name
            )

    def test_a_job_gives_what_it_gives_alone(self, executor: Executor) -> None:
        for found, expected in zip(all_finished(executor, JOBS), alone(JOBS), strict=True):
            self.assert_same(found, expected)
            assert found.train_seconds > 0
            assert found.device
            assert found.message == ""

    def test_tickets_count_the_submissions(self, executor: Executor) -> None:
        first = executor.submit(JOBS[1])
        assert executor.submit(JOBS[2]) == first + 1
        assert {ticket for ticket, _ in executor.finished()} == {first, first + 1}

    def test_equal_jobs_are_two_jobs(self, executor: Executor) -> None:
        one, two = all_finished(executor, [JOBS[1], JOBS[1]])
        self.assert_same(one, two)

    def test_more_may_be_submitted_while_results_come_in(self, executor: Executor) -> None:
        waiting, seen = [JOBS[2], replace(JOBS[1], seed=9)], {}
        expected = {executor.submit(JOBS[1]): JOBS[1]}
        for ticket, result in executor.finished():
            seen[ticket] = result
            if waiting:
                job = waiting.pop()
                expected[executor.submit(job)] = job
        assert set(seen) == set(expected)
        for ticket, result in zip(expected, alone(list(expected.values())), strict=True):
            self.assert_same(seen[ticket], result)

    def test_nothing_submitted_nothing_finished(self, executor: Executor) -> None:
        assert list(executor.finished()) == []

    def test_a_training_that_fails_costs_only_itself(self, executor: Executor) -> None:
        bad = Job(GOOD, 0, EXPLODING)
        failed, good = all_finished(executor, [bad, JOBS[2]])
        assert failed.status == "diverged"
        assert failed.status in STATUSES
        assert all(np.isnan(curve[-1]) for curve in failed.curves.values())
        self.assert_same(good, alone([JOBS[2]])[0])

    def test_what_is_cancelled_never_finishes(self, executor: Executor) -> None:
        for job in JOBS:
            executor.submit(job)
        executor.cancel()
        assert list(executor.finished()) == []
        (result,) = all_finished(executor, JOBS[1:2])
        self.assert_same(result, alone(JOBS[1:2])[0])

    def test_it_says_how_many_jobs_keep_it_busy(self, executor: Executor) -> None:
        assert executor.num_workers >= 1

    @pytest.mark.parametrize("taken", [0, 1])
    def test_results_may_be_left_for_later(self, executor: Executor, taken: int) -> None:
        tickets = {executor.submit(job) for job in JOBS[1:3]}
        seen = set()
        for _ in range(taken):
            seen.add(next(executor.finished())[0])
        seen |= {ticket for ticket, _ in executor.finished()}
        assert seen == tickets
