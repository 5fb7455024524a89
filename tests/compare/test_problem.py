"""Tables as problems: which numbers are searched, which are reported, and what is said of them."""

from pathlib import Path

import numpy as np
import pytest
from tables import LATENCY, made_store, networks, runs_of

from surronas.compare import Reported, TableProblem
from surronas.errors import AmbiguousQueryError, InputError, StoreError
from surronas.spaces import Cell201
from surronas.store import SEED_MEAN, BenchmarkStore, concatenate_records

CELLS = networks(8)


def by_cell(runs: np.ndarray, name: str) -> np.ndarray:
    return runs[name].reshape(len(CELLS), -1)


@pytest.fixture
def runs() -> np.ndarray:
    return runs_of(CELLS)


def in_order(problem: TableProblem) -> np.ndarray:
    """Return the places of CELLS."""
    return np.array(problem.opened().places(CELLS))


def test_scores_are_means_over_the_seeds_and_cost_all_of_them(tmp_path: Path, runs: np.ndarray) -> None:
    problem = TableProblem(made_store(tmp_path, runs))
    found, at = problem.opened(), in_order(problem)
    np.testing.assert_allclose(found.scores[at, 0], by_cell(runs, "valid_accuracy").mean(axis=1))
    np.testing.assert_allclose(found.test[at], by_cell(runs, "test_accuracy").mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.seconds[at, 0], 2 * np.arange(1, 9))
    np.testing.assert_array_equal(found.epochs[at, 0], 8)
    assert found.facts.optimum == found.scores.max()
    assert found.facts.test_optimum == found.test.max()
    assert found.facts.split_words == (
        "searched on valid_accuracy (validation split, task toy, after 4 epochs, mean of seeds 0, 1); "
        "reported of the best so far: test_accuracy (test split, task toy, after 4 epochs, mean of seeds "
        "0, 1)"
    )


def test_one_seed_or_some_may_answer(tmp_path: Path, runs: np.ndarray) -> None:
    path = made_store(tmp_path, runs)
    one, both = TableProblem(path, seeds=1), TableProblem(path, seeds=(0, 1))
    np.testing.assert_allclose(one.opened().scores[in_order(one), 0], by_cell(runs, "valid_accuracy")[:, 1])
    np.testing.assert_allclose(both.opened().scores, TableProblem(path).opened().scores)
    np.testing.assert_allclose(one.opened().seconds[in_order(one), 0], np.arange(1, 9))
    assert "after 4 epochs, seed 1)" in one.opened().facts.split_words
    with pytest.raises(InputError, match=r"seeds: expected one or more of \[0, 1\], got \[7\]"):
        TableProblem(path, seeds=(0, 7)).opened()


def test_each_query_may_draw_a_seed(tmp_path: Path, runs: np.ndarray) -> None:
    some = runs[np.arange(len(runs)) != 1]  # the first cell has seed 0 alone
    problem = TableProblem(made_store(tmp_path, some), seeds="drawn")
    found, at = problem.opened(), in_order(problem)
    drawn = np.array([[found.draw(place, query, 3) for query in range(300)] for place in at])
    assert set(drawn[0].tolist()) == {0}
    assert 100 < drawn[1].sum() < 200
    assert [found.draw(int(at[1]), query, 3) for query in range(300)] == drawn[1].tolist()
    assert found.answer(int(at[1]), 1)[0] == by_cell(runs, "valid_accuracy")[1, 1]
    assert found.facts.optimum == some["valid_accuracy"].max()


def test_losses_are_turned_round(tmp_path: Path, runs: np.ndarray) -> None:
    problem = TableProblem(
        made_store(tmp_path, runs), metric="valid_loss", reported=Reported("test_accuracy")
    )
    found = problem.opened()
    np.testing.assert_allclose(found.scores[in_order(problem), 0], -by_cell(runs, "valid_loss").mean(axis=1))
    assert (found.facts.sign, found.facts.test_sign, found.facts.test_metric) == (-1.0, 1.0, "test_accuracy")


def test_failed_trainings_are_candidates_without_a_score(tmp_path: Path, runs: np.ndarray) -> None:
    runs["status"][3] = "diverged"  # of the second cell, seed 1
    runs["valid_accuracy"][3] = np.nan
    path = made_store(tmp_path, runs)
    for seeds in ("mean", (0, 1), 1):
        problem = TableProblem(path, seeds=seeds)
        found, at = problem.opened(), in_order(problem)
        assert np.isnan(found.scores[at[1], 0])
        assert np.isfinite(np.delete(found.scores[at], 1)).all()
        assert found.seconds[at[1], 0] == (2.0 if seeds == 1 else 4.0)
    drawn = TableProblem(path, seeds="drawn")
    at = in_order(drawn)
    assert np.isnan(drawn.opened().scores[at[1]]).tolist() == [False, True]
    assert drawn.opened().counts[at[1]] == 2


def test_architectures_that_were_not_trained_there_are_no_candidates(
    tmp_path: Path, runs: np.ndarray
) -> None:
    runs["valid_accuracy"][:2] = np.nan  # not measured of the first cell
    found = TableProblem(made_store(tmp_path, runs)).opened()
    assert found.pool.size == 7
    with pytest.raises(InputError, match="is no candidate"):
        found.places(CELLS[:1])


def test_the_sources_own_means_answer(tmp_path: Path) -> None:
    runs = runs_of(CELLS, (SEED_MEAN,))
    path = made_store(tmp_path, runs)
    found = TableProblem(path).opened()
    assert "the source's own mean over seeds" in found.facts.split_words
    assert np.unique(found.epochs).tolist() == [4]
    with pytest.raises(InputError, match="the table has only means"):
        TableProblem(path, seeds="drawn").opened()


def test_a_test_objective_must_be_asked_for_in_words(tmp_path: Path, runs: np.ndarray) -> None:
    path = made_store(tmp_path, runs)
    with pytest.raises(InputError, match=r"'test_accuracy' is measured on the test split.*objective_is_test"):
        TableProblem(path, metric="test_accuracy").opened()
    facts = TableProblem(path, metric="test_accuracy", objective_is_test=True).opened().facts
    assert facts.test_metric is None
    assert np.isnan(facts.test_optimum)
    assert "the TEST split, as asked, though the table has valid_accuracy" in facts.split_words


def test_tables_without_validation_or_test_say_so(tmp_path: Path, runs: np.ndarray) -> None:
    only_test, only_valid = runs.copy(), runs.copy()
    only_test["valid_accuracy"] = np.nan
    only_valid["test_accuracy"] = np.nan
    path = made_store(tmp_path, only_test, "test.h5")
    facts = TableProblem(path, metric="test_accuracy", objective_is_test=True).opened().facts
    assert facts.split_words.startswith("this table has no validation split there: searched on test_accuracy")
    with pytest.raises(InputError, match=r"no architecture of .* has a value of valid_accuracy there"):
        TableProblem(path).opened()
    facts = TableProblem(made_store(tmp_path, only_valid, "valid.h5")).opened().facts
    assert facts.split_words.endswith(
        "this table has no test values there: what is reported is the score searched on"
    )
    assert facts.test_metric is None


def test_what_is_reported_may_lie_elsewhere(tmp_path: Path, runs: np.ndarray) -> None:
    longer = runs_of(CELLS, epochs=9)
    longer["test_accuracy"] = 0.5
    path = made_store(tmp_path, concatenate_records([runs, longer]))
    with pytest.raises(AmbiguousQueryError, match="epochs"):
        TableProblem(path).opened()
    found = TableProblem(path, epochs=4, reported=Reported(epochs=9)).opened()
    np.testing.assert_array_equal(found.test, 0.5)
    assert "test_accuracy (test split, task toy, after 9 epochs" in found.facts.split_words
    with pytest.raises(InputError, match="has no values of a test metric at"):
        TableProblem(path, epochs=4, reported=Reported(epochs=5)).opened()
    with pytest.raises(InputError, match="has no values of a test metric at"):
        TableProblem(path, epochs=4, reported=Reported("valid_loss")).opened()


def test_latency_is_an_objective(tmp_path: Path, runs: np.ndarray) -> None:
    path = made_store(tmp_path, runs)
    values = np.arange(8) + 1.0
    BenchmarkStore.open(path).attach(CELLS, {LATENCY.name: values}, device="phone")
    problem = TableProblem(path, metric="latency_ms", device="phone")
    found = problem.opened()
    np.testing.assert_array_equal(found.scores[in_order(problem), 0], -values)
    assert (
        found.facts.split_words == "searched on latency_ms (on phone, ms), which is measured on no data split"
    )
    assert (found.facts.optimum, problem.name) == (-1.0, "toy phone latency_ms")


def test_isomorphic_candidates_are_merged_or_kept(tmp_path: Path) -> None:
    space = Cell201()
    cells = space.sample(300, np.random.default_rng(0))
    cells = cells[np.unique(space.codes(cells), return_index=True)[1]]
    path = made_store(tmp_path, runs_of(cells))
    merged, kept = (TableProblem(path, isomorphic=how).opened() for how in ("merge", "keep"))
    assert kept.pool.size == len(cells)
    assert merged.pool.size == kept.facts.num_networks == merged.facts.num_networks < len(cells)
    columns = kept.columns(range(len(cells)), [0] * len(cells))
    assert len(np.unique(columns.keys)) == merged.pool.size
    canonical = (space.canonical(cells) == cells).all(axis=1)
    at = merged.places(cells[canonical])
    np.testing.assert_array_equal(merged.scores[at], kept.scores[kept.places(cells[canonical])])


def test_bad_axes_are_refused(tmp_path: Path, runs: np.ndarray) -> None:
    path = made_store(tmp_path, runs)
    with pytest.raises(InputError, match="expected a metric among"):
        TableProblem(path, metric="accuracy").opened()
    with pytest.raises(StoreError, match="nowhere"):
        TableProblem(tmp_path / "nowhere.h5").opened()


def test_fingerprints_tell_answers_apart(tmp_path: Path, runs: np.ndarray) -> None:
    path = made_store(tmp_path, runs)
    prints = [
        TableProblem(path, seeds=seeds).opened().fingerprint() for seeds in ("mean", "mean", 0, "drawn")
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
