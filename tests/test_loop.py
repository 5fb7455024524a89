from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from surronas.errors import InputError, MissingRowsError
from surronas.evaluators import RecordAxes
from surronas.journal import Candidate, Journal, Round
from surronas.loop import run_loop
from surronas.proposals import BayesianProposer, LocalProposer, Measured
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records
from surronas.surrogates import GaussianProcessSurrogate, XGBoostSurrogate

SEEDS = (0, 1)


class Replay:
    """Gives the rows of a store as if it trained them, and counts them: a real table, no time."""

    def __init__(self, store: BenchmarkStore) -> None:
        self.store, self.asked = store, []

    @property
    def axes(self) -> RecordAxes:
        return RecordAxes(self.store.tasks[0], self.store.recipes[0], self.store.epochs()[0])

    def stream(self, architectures: np.ndarray, seeds: Sequence[int]) -> Iterator[Records]:
        for row, seed in zip(architectures, seeds, strict=True):
            self.asked.append((tuple(row.tolist()), seed))
            found = self.store.records(row[None], seed=seed)
            found["origin"] = "search"
            yield found


@pytest.fixture
def table(shipped) -> BenchmarkStore:
    return BenchmarkStore.open(shipped)


@pytest.fixture
def pool(table, cell201):
    """Candidates of the table only, so that a table can stand in for training."""
    taken = cell201.enumerate()[
        ~np.isin(cell201.keys(cell201.enumerate()), cell201.keys(table.architectures))
    ]

    class FromTable:
        name = "from the table"

        def propose(self, measured: Measured, n: int, seed: int) -> np.ndarray:
            outside = np.concatenate([measured.closed, taken])
            limited = Measured(measured.space, measured.architectures, measured.scores, outside)
            return BayesianProposer(GaussianProcessSurrogate()).propose(limited, n, seed)

    return FromTable()


@pytest.fixture
def start(table, tmp_path) -> tuple[BenchmarkStore, Records]:
    store = BenchmarkStore.create(tmp_path / "store", table.space, canonical=True)
    store.append(table.records(table.architectures[:25]))
    return store, table.records(table.architectures[60:90])


def turn(table, start, pool, **knobs) -> list[Round]:
    store, held_out = start
    evaluator = knobs.pop("evaluator", Replay(table))
    settings = {"num_rounds": 2, "per_round": 3, "seeds": SEEDS, "proposers": [pool], **knobs}
    return list(run_loop(store, evaluator, held_out, **settings))


def test_every_round_grows_the_store_by_what_was_trained(table, start, pool):
    rounds = turn(table, start, pool)
    assert [r.number for r in rounds] == [0, 1, 2]
    assert np.diff([r.num_rows for r in rounds]).tolist() == [3 * len(SEEDS)] * 2
    assert rounds[-1].num_rows == len(start[0])


def test_candidates_are_new_and_measured_as_the_mean_over_the_seeds(table, start, pool):
    known = set(table.space.keys(start[0].architectures).tolist())
    for round_ in turn(table, start, pool)[1:]:
        for candidate, measurement in zip(round_.candidates, round_.measurements, strict=True):
            key = int(table.space.keys(np.array([candidate.architecture], dtype=np.int8))[0])
            assert key not in known
            known.add(key)
            rows = table.query([candidate.text], "valid_accuracy", seed="all")[0]
            assert measurement.score == pytest.approx(rows[: len(SEEDS)].mean())
            assert measurement.statuses == ("ok", "ok")
            assert all(std > 0 for _, std in candidate.predicted.values())


def test_the_incumbent_never_falls_and_is_the_best_of_the_store(table, start, pool):
    rounds = turn(table, start, pool)
    scores = [r.incumbent.score for r in rounds]
    assert scores == sorted(scores)
    store = start[0]
    means = np.mean([store.query(store.architectures, "valid_accuracy", seed=s) for s in SEEDS], axis=0)
    assert scores[-1] == pytest.approx(means.max())


def test_refitting_changes_the_surrogates(table, start, pool):
    first, *_, last = turn(table, start, pool)
    for name in ("XGBoost", "Gaussian process"):
        assert first.quality[name].kendall_tau != last.quality[name].kendall_tau
        assert first.quality[name].kendall_tau > 0.2  # a sampled held-out set of 30, 25 trained cells


def test_held_out_rows_that_get_trained_no_longer_judge(table, start, pool):
    store, held_out = start
    store.append(table.records(table.architectures[60:65]))
    assert turn(table, (store, held_out), pool, num_rounds=0)[0].quality["XGBoost"].num_held_out == 25


def test_test_accuracies_do_not_matter_to_a_search(table, tmp_path, pool):
    picks = []
    for name, test_accuracy in (("a", None), ("b", 0.5)):
        store = BenchmarkStore.create(tmp_path / name, table.space, canonical=True)
        records = table.records(table.architectures[:25])
        if test_accuracy is not None:
            records["test_accuracy"] = test_accuracy
        store.append(records)
        rounds = turn(table, (store, table.records(table.architectures[60:90])), pool, num_rounds=1)
        picks.append([candidate.text for candidate in rounds[1].candidates])
    assert picks[0] == picks[1]


class Stop(Exception):
    pass


class StopsAfter(Replay):
    """Dies in the middle of a round."""

    def __init__(self, store: BenchmarkStore, rows: int) -> None:
        super().__init__(store)
        self.left = rows

    def stream(self, architectures: np.ndarray, seeds: Sequence[int]) -> Iterator[Records]:
        for row in super().stream(architectures, seeds):
            if self.left == 0:
                raise Stop
            self.left -= 1
            yield row


@pytest.mark.parametrize("rows", [0, 1, 4, 6, 7, 11])
def test_a_stopped_loop_goes_on_without_repeating_or_losing_a_training(table, start, pool, tmp_path, rows):
    store, held_out = start
    journal, stopping, after = Journal(), StopsAfter(table, rows), Replay(table)
    with pytest.raises(Stop):
        turn(table, start, pool, evaluator=stopping, journal=journal)
    rounds = turn(table, start, pool, evaluator=after, journal=journal)
    fresh = BenchmarkStore.create(tmp_path / "fresh", table.space, canonical=True)
    fresh.append(table.records(table.architectures[:25]))
    uninterrupted = turn(table, (fresh, held_out), pool)
    assert rounds == uninterrupted
    assert len(after.asked) == 12 - rows
    assert len(store) == len(fresh)


def test_a_failed_training_is_shown_with_its_status_and_not_picked_again(table, start, pool):
    class Fails(Replay):
        def stream(self, architectures: np.ndarray, seeds: Sequence[int]) -> Iterator[Records]:
            for row in super().stream(architectures, seeds):
                row["status"] = "diverged"
                for metric in table.metrics:
                    if metric.per == "run":
                        row[metric.name] = np.nan
                yield row

    evaluator = Fails(table)
    rounds = turn(table, start, pool, evaluator=evaluator)
    for round_ in rounds[1:]:
        for measurement in round_.measurements:
            assert measurement.statuses == ("diverged", "diverged")
            assert np.isnan(measurement.score)
    assert len(set(evaluator.asked)) == len(evaluator.asked) == 12
    assert rounds[-1].incumbent == rounds[0].incumbent


def test_local_proposals_start_from_the_best_and_leave_out_what_is_taken(table, cell201):
    cells = table.architectures[:40]
    scores = table.query(cells, "valid_accuracy", seed="mean")
    measured = Measured(cell201, cells, scores, table.architectures[40:60])
    proposed = LocalProposer(XGBoostSurrogate()).propose(measured, 5, 0)
    keys = cell201.keys(proposed)
    assert len(np.unique(keys)) == 5
    assert not np.isin(keys, cell201.keys(table.architectures[:60])).any()
    again = LocalProposer(XGBoostSurrogate()).propose(measured, 5, 0)
    np.testing.assert_array_equal(proposed, again)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"num_rounds": -1}, "num_rounds >= 0"),
        ({"per_round": 0}, "per_round >= 1"),
        ({"seeds": ()}, "one seed or more"),
        ({"metric": "test_accuracy"}, "must not see"),
    ],
)
def test_bad_settings_are_refused(table, start, pool, knobs, message):
    with pytest.raises(InputError, match=message):
        turn(table, start, pool, **knobs)


def test_too_few_held_out_rows_are_refused(table, start, pool):
    with pytest.raises(InputError, match=r"expected 10 held-out architectures or more.*got 4"):
        turn(table, (start[0], table.records(table.architectures[60:64])), pool)


def test_a_store_without_rows_to_learn_from_is_refused(table, tmp_path, pool):
    empty = BenchmarkStore.create(tmp_path / "empty", Cell201(), canonical=True)
    with pytest.raises(MissingRowsError, match="to learn from, found none"):
        turn(table, (empty, table.records(table.architectures[60:90])), pool)


def test_a_round_says_itself_in_one_line(table, start, pool):
    line = str(turn(table, start, pool, num_rounds=1)[1])
    assert line.startswith("round 1: ")
    assert "XGBoost tau" in line
    assert "\n" not in line


def test_a_journal_remembers_what_it_was_told():
    journal = Journal()
    candidate = Candidate((0,) * 6, "x", "p", {})
    journal.planned(1, (candidate,))
    assert journal.plan(1) == (candidate,)
    assert journal.plan(2) is None
    assert journal.finished_round(1) is None


def test_a_proposer_that_repeats_or_picks_held_out_cells_is_refused(table, start):
    for architectures in (table.architectures[:3], table.architectures[60:63], table.architectures[[40] * 3]):

        class Stubborn:
            name = "stubborn"

            def propose(self, measured: Measured, n: int, seed: int, picks=architectures) -> np.ndarray:
                return picks

        evaluator = Replay(table)
        with pytest.raises(InputError, match="'stubborn': expected 3 distinct new architectures"):
            turn(table, start, Stubborn(), evaluator=evaluator)
        assert evaluator.asked == []
