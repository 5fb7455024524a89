from collections.abc import Sequence

import numpy as np
import pytest
from simulated_trainings import SimulatedTrainings, Stop
from training.tiny import TINY, tiny_task

from surronas.errors import InputError, SpaceExhaustedError
from surronas.journal import Candidate, Journal, Round
from surronas.loop import run_loop
from surronas.proposals import BayesianProposer, LocalProposer, Measured
from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore, Records
from surronas.surrogates import BayesianRidgeSurrogate, GaussianProcessSurrogate, XGBoostSurrogate
from surronas.training import TrainingEvaluator

SPACE = Cell201()
SEEDS = (0, 1)
SURROGATES = {"ridge": BayesianRidgeSurrogate()}


@pytest.fixture(scope="module")
def table(shipped) -> BenchmarkStore:
    return BenchmarkStore.open(shipped)


@pytest.fixture
def start(table, tmp_path) -> tuple[BenchmarkStore, Records]:
    return begin(table, tmp_path / "store")


def begin(table: BenchmarkStore, path) -> tuple[BenchmarkStore, Records]:
    store = BenchmarkStore.create(path, table.space, canonical=True)
    for seed in SEEDS:
        store.append(table.records(table.architectures[:25], seed=seed))
    return store, table.records(table.architectures[60:90])


class FromTable:
    """Picks the candidates of a table, so that it can stand in for training, and notes what was pending."""

    def __init__(self, table: BenchmarkStore, name: str = "from the table") -> None:
        self.name, self._pool = name, table.architectures[100:200]
        self.pending: list[Architectures] = []
        self.num_measured: list[int] = []

    def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
        assert measured.pending is not None
        self.pending.append(measured.pending)
        self.num_measured.append(len(measured.architectures))
        taken = np.concatenate([measured.architectures, measured.closed])
        open_ = self._pool[~np.isin(SPACE.keys(self._pool), SPACE.keys(taken))]
        if len(open_) < n:
            raise SpaceExhaustedError(f"{self.name} has {len(open_)} left")
        return open_[np.random.default_rng(seed).permutation(len(open_))[:n]]


def turn(table, start, trainings, proposers: Sequence[object], **knobs) -> list[Round]:
    store, held_out = start
    settings = {"num_rounds": 3, "per_round": 4, "seeds": SEEDS, "surrogates": SURROGATES, **knobs}
    return list(run_loop(store, trainings, held_out, proposers=proposers, asynchronous=True, **settings))


@pytest.mark.parametrize("workers", [1, 3, 5])
def test_no_worker_waits_for_the_end_of_a_round(table, start, workers):
    trainings, team = SimulatedTrainings(table, workers), FromTable(table)
    rounds = turn(table, start, trainings, [team])
    assert trainings.most_at_once == workers
    assert trainings.idle == [] or min(trainings.idle) >= trainings.begun[-1]
    assert [r.number for r in rounds] == [0, 1, 2, 3]
    assert [len(r.candidates) for r in rounds] == [0, 4, 4, 4]
    assert len(start[0]) == 50 + 12 * 2
    assert len(set(trainings.trained)) == len(trainings.trained) == 24
    picked = [c.architecture for r in rounds for c in r.candidates]
    assert len(set(picked)) == 12
    scores = [r.incumbent.score for r in rounds]
    assert scores == sorted(scores)


def test_proposers_take_turns_and_know_what_is_pending_and_all_that_is_in(table, start):
    team = [FromTable(table, "a"), FromTable(table, "b")]
    rounds = turn(table, start, SimulatedTrainings(table, 4), team)
    for r in rounds[1:]:
        assert [c.proposer for c in r.candidates] == ["a", "b", "a", "b"]
    waiting = [len(pending) for each in team for pending in each.pending]
    assert waiting.count(0) == 1  # the very first
    assert max(waiting) >= 2
    measured = sorted(number for each in team for number in each.num_measured)
    assert measured[0] == 25
    assert measured[-1] > 25 + 8  # not only the rounds before


def test_every_measurement_is_whole_when_its_round_ends(table, start):
    rounds = turn(table, start, SimulatedTrainings(table, 5), [FromTable(table)])
    for r in rounds[1:]:
        for candidate, measurement in zip(r.candidates, r.measurements, strict=True):
            expected = [table.query([candidate.text], "valid_accuracy", seed=s)[0] for s in SEEDS]
            assert measurement.score == pytest.approx(np.mean(expected))
            assert measurement.statuses == ("ok", "ok")


def test_failed_trainings_are_shown_and_not_picked_again(table, start):
    trainings = SimulatedTrainings(table, 3, fails=lambda a: True)
    rounds = turn(table, start, trainings, [FromTable(table)])
    assert {m.statuses for r in rounds for m in r.measurements} == {("diverged", "diverged")}
    assert rounds[-1].incumbent == rounds[0].incumbent


@pytest.mark.parametrize("rows", [0, 1, 6, 9, 17, 23])
def test_a_stopped_loop_goes_on_and_no_row_is_lost_or_repeated(table, start, rows):
    journal, team = Journal(), FromTable(table)
    stopped, after = SimulatedTrainings(table, 3, stop_after=rows), SimulatedTrainings(table, 3)
    with pytest.raises(Stop):
        turn(table, start, stopped, [team], journal=journal)
    store = start[0]
    assert len(store) == 50 + rows
    before = [journal.plan(number) or () for number in (1, 2, 3)]
    finished = journal.finished_round(1)
    rounds = turn(table, start, after, [team], journal=journal)
    assert len(after.trained) == 24 - rows
    assert len(store) == 50 + 24
    for r, plan in zip(rounds[1:], before, strict=True):
        assert r.candidates[: len(plan)] == plan
    assert finished is None or rounds[1] == finished
    again = SimulatedTrainings(table, 3)
    assert turn(table, start, again, [team], journal=journal) == rounds
    assert again.trained == []


def test_one_worker_gives_the_same_loop_interrupted_or_not(table, tmp_path):
    journal, team = Journal(), FromTable(table)
    once, other = begin(table, tmp_path / "once"), begin(table, tmp_path / "other")
    whole = turn(table, once, SimulatedTrainings(table, 1), [team])
    with pytest.raises(Stop):
        turn(table, other, SimulatedTrainings(table, 1, stop_after=11), [team], journal=journal)
    assert turn(table, other, SimulatedTrainings(table, 1), [team], journal=journal) == whole


def test_a_proposer_that_runs_dry_is_told_of_once_all_that_was_begun_is_kept(table, start):
    class Few(FromTable):
        def __init__(self) -> None:
            super().__init__(table)
            self._pool = self._pool[:6]

    with pytest.raises(SpaceExhaustedError, match="0 left"):
        turn(table, start, SimulatedTrainings(table, 4), [Few()])
    assert len(start[0]) == 50 + 6 * 2


def test_a_proposer_that_picks_what_is_pending_is_refused(table, start):
    class Stubborn:
        name = "stubborn"

        def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
            return table.architectures[[120]]

    with pytest.raises(InputError, match="'stubborn': expected 1 distinct new architectures"):
        turn(table, start, SimulatedTrainings(table, 2), [Stubborn()])


def test_an_evaluator_that_takes_no_single_trainings_is_refused(table, start):
    class Streams:
        axes = SimulatedTrainings(table, 1).axes

    with pytest.raises(InputError, match=r"submit\(\) and finished\(\).*Streams"):
        turn(table, start, Streams(), [FromTable(table)])


@pytest.mark.parametrize(
    "proposer", [BayesianProposer(GaussianProcessSurrogate()), LocalProposer(XGBoostSurrogate())]
)
def test_shipped_proposers_leave_out_what_is_pending(table, proposer):
    cells = table.architectures[:30]
    scores = table.query(cells, "valid_accuracy", seed="mean")
    closed = table.architectures[40:44]
    first = proposer.propose(Measured(SPACE, cells, scores, closed), 1, 0)
    taken = np.concatenate([closed, first])
    second = proposer.propose(Measured(SPACE, cells, scores, taken, first), 1, 0)
    assert not np.isin(SPACE.keys(second), SPACE.keys(np.concatenate([cells, taken]))).any()


def test_bayesian_optimisation_believes_what_is_pending_as_it_does_in_a_batch(table):
    cells = table.architectures[:30]
    scores = table.query(cells, "valid_accuracy", seed="mean")
    none = table.architectures[:0]
    batch = BayesianProposer().propose(Measured(SPACE, cells, scores, none), 2, 0)
    second = BayesianProposer().propose(Measured(SPACE, cells, scores, batch[:1], batch[:1]), 1, 0)
    np.testing.assert_array_equal(second, batch[1:])


def test_a_journal_notes_candidates_one_by_one():
    journal = Journal()
    one, two = (Candidate((i,) * 6, "x", "p", {}) for i in (0, 1))
    journal.picked(2, one)
    journal.picked(2, two)
    assert journal.plan(2) == (one, two)


def test_two_processes_train_for_real(table, tmp_path):
    store = BenchmarkStore.create(tmp_path / "store", SPACE, canonical=True)
    cells = SPACE.sample(60, np.random.default_rng(0))
    cells = SPACE.canonical(cells)[np.unique(SPACE.keys(cells), return_index=True)[1]]
    with TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu", num_workers=2) as evaluator:
        rows = evaluator.evaluate(cells[:20], [0])
        store.append(rows[:8])
        rounds = turn(
            table, (store, rows[8:]), evaluator, [FromTable(table)], seeds=(0,), num_rounds=2, per_round=3
        )
    assert len(store) == 8 + 6
    assert [m.statuses for m in rounds[2].measurements] == [("ok",)] * 3
