"""One search of a comparison: what it is told, what it may spend, and the simulated clock."""

from pathlib import Path

import numpy as np
import pytest
from tables import Foreign, Watching, made_store, networks, runs_of

from surronas.compare import Budget, Setting, TableProblem
from surronas.compare.answers import TableAnswers
from surronas.compare.run import Log, run
from surronas.errors import InputError
from surronas.searchers import LocalSearch, RandomSearch, Searcher

CELLS = networks(40)


@pytest.fixture
def answers(tmp_path: Path) -> TableAnswers:
    """Forty cells, a training each, of 1, 2, ..., 40 s."""
    return TableProblem(made_store(tmp_path, runs_of(CELLS, (0,)))).opened()


def searched(
    answers: TableAnswers, setting: Setting, make: type[Searcher] = Watching
) -> tuple[Searcher, Log]:
    searcher = make(answers.pool.space, seed=3, candidates=answers.pool)
    return searcher, run(searcher, answers, setting, 3)


def test_a_search_is_told_its_scores_and_nothing_else(answers: TableAnswers) -> None:
    searcher, log = searched(answers, Setting(Budget(queries=12)))
    columns = log.columns(answers)
    told = answers.pool.architectures[log.places]
    assert searcher.told == list(zip(map(tuple, told.tolist()), columns["scores"].tolist(), strict=True))
    np.testing.assert_allclose(columns["clock"], np.cumsum(columns["train_seconds"]))
    np.testing.assert_array_equal(columns["epochs"], 4)
    np.testing.assert_array_equal(columns["test"], answers.test[log.places])


def test_failed_evaluations_are_discarded_and_cost_a_query(tmp_path: Path) -> None:
    runs = runs_of(CELLS, (0,))
    runs["status"][::3] = "diverged"
    runs["valid_accuracy"][::3] = np.nan
    answers = TableProblem(made_store(tmp_path, runs)).opened()
    for setting in (
        Setting(Budget(queries=40)),
        Setting(Budget(queries=40), batch=7),
        Setting(Budget(queries=40), workers=3),
    ):
        searcher, log = searched(answers, setting)
        assert (len(log.places), len(searcher.told), len(searcher.discarded)) == (40, 26, 14)
        columns = log.columns(answers)
        assert np.isnan(columns["scores"]).sum() == 14
        assert (columns["keys"] >= 0).all()
        assert np.isfinite(columns["train_seconds"]).all()


@pytest.mark.parametrize(
    ("budget", "spent", "limit"),
    [
        (Budget(train_seconds=100.0), "train_seconds", 100.0),
        (Budget(clock_seconds=100.0), "train_seconds", 100.0),
        (Budget(epochs=30), "epochs", 30),
        (Budget(queries=9, train_seconds=5000.0), "epochs", 36),
    ],
)
def test_a_search_ends_before_it_overspends(
    answers: TableAnswers, budget: Budget, spent: str, limit: float
) -> None:
    for batch in (1, 4):
        total = searched(answers, Setting(budget, batch=batch))[1].columns(answers)[spent].sum()
        assert limit - 40 < total <= limit


def test_a_search_ends_with_its_candidates(answers: TableAnswers) -> None:
    for workers in (1, 6):
        setting = Setting(Budget(train_seconds=1e9), workers=workers)
        log = searched(answers, setting)[1]
        assert sorted(log.places) == list(range(40))


def test_workers_never_wait(answers: TableAnswers) -> None:
    searcher, log = searched(answers, Setting(Budget(queries=30), workers=4))
    assert searcher.pending[:4] == [0, 1, 2, 3]
    assert set(searcher.pending[4:]) == {3}
    columns = log.columns(answers)
    assert (np.diff(columns["clock"]) >= 0).all()
    begun = columns["clock"] - columns["train_seconds"]
    at = np.linspace(0, begun.max() - 1e-9, 50)
    busy = ((begun[:, None] <= at) & (columns["clock"][:, None] > at)).sum(axis=0)
    assert (busy == 4).all()


def test_a_deadline_holds_for_all_workers(answers: TableAnswers) -> None:
    columns = searched(answers, Setting(Budget(clock_seconds=60.0), workers=4))[1].columns(answers)
    assert columns["clock"].max() <= 60.0
    assert columns["train_seconds"].sum() > 60.0


def test_decisions_take_time_on_request(answers: TableAnswers) -> None:
    free, fixed, measured = (
        searched(answers, Setting(Budget(queries=20), decision_seconds=how))[1].columns(answers)
        for how in ("free", 2.5, "measured")
    )
    np.testing.assert_allclose(fixed["clock"], free["clock"] + 2.5 * np.arange(1, 21))
    gone = measured["clock"] - free["clock"]
    spent = np.cumsum(measured["decision_seconds"])  # what follows an answer comes after its clock
    assert (gone > np.append(0.0, spent[:-1]) - 1e-9).all()
    assert (gone < spent + 1e-9).all()


def test_one_searcher_decides_for_all_workers(answers: TableAnswers) -> None:
    columns = searched(answers, Setting(Budget(queries=4), workers=4, decision_seconds=100.0))[1].columns(
        answers
    )
    begun = np.sort(columns["clock"] - columns["train_seconds"])
    np.testing.assert_allclose(begun, [100, 200, 300, 400])


def test_tables_without_times_have_no_clock(tmp_path: Path) -> None:
    runs = runs_of(CELLS, (0,))
    runs["train_seconds"] = np.nan
    answers = TableProblem(made_store(tmp_path, runs)).opened()
    searcher, log = searched(answers, Setting(Budget(queries=20), workers=4))
    assert np.isnan(log.columns(answers)["clock"]).all()
    assert set(searcher.pending[4:]) == {3}  # as if all trainings took equally long


def test_batches_are_told_together(answers: TableAnswers) -> None:
    one = searched(answers, Setting(Budget(queries=20), batch=8), LocalSearch)[1]
    assert len(one.places) == 20
    searcher = searched(answers, Setting(Budget(queries=20), batch=8))[0]
    assert len(searcher.pending) == 3


def test_strangers_are_refused(answers: TableAnswers) -> None:
    with pytest.raises(InputError, match=r"asked for .*, of which one is no candidate"):
        searched(answers, Setting(Budget(queries=2)), Foreign)


def test_replacement_asks_again_and_networks_are_counted_once(answers: TableAnswers) -> None:
    searcher = RandomSearch(answers.pool.space, seed=0, candidates=answers.pool, replacement=True)
    log = run(searcher, answers, Setting(Budget(queries=40)), 0)
    assert len(set(log.places)) < 40


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expected a limit of queries, epochs"),
        ({"queries": 0}, "expected queries > 0, got 0"),
        ({"queries": 2.5}, "expected a whole number of queries, got 2.5"),
        ({"train_seconds": -1.0}, "expected train_seconds > 0, got -1.0"),
        ({"epochs": np.inf}, "expected epochs > 0, got inf"),
    ],
)
def test_budgets_must_be_something(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Budget(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"workers": 0}, "expected workers and batch of 1 or more, got 0, 1"),
        ({"workers": 2, "batch": 2}, "expected one simulated worker or batches of 1"),
        ({"decision_seconds": -1.0}, "decision_seconds: expected 'free', 'measured' or seconds, got -1.0"),
        ({"decision_seconds": "none"}, "decision_seconds: expected 'free'"),
    ],
)
def test_settings_must_be_possible(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Setting(Budget(queries=1), **given)
