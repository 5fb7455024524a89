"""What follows from the queries of searches, and the file they lie in."""

from pathlib import Path

import numpy as np
import pytest
from made import comparison, facts

from surronas.compare import Comparison, Failure
from surronas.errors import InputError, StoreDamagedError, StoreError, StoreVersionError

NAN = np.nan


def one(scores: list[float], **other: object) -> Comparison:
    return comparison(np.array(scores, np.float64)[None, None, None], **other)


def test_the_incumbent_rises_and_failures_leave_it() -> None:
    found = one([NAN, 0.5, 0.4, NAN, 0.7, 0.7])
    np.testing.assert_array_equal(found.incumbents[0, 0, 0], [NAN, 0.5, 0.5, 0.5, 0.7, 0.7])
    np.testing.assert_array_equal(found.best_queries[0, 0, 0], [-1, 1, 1, 1, 4, 4])
    np.testing.assert_allclose(found.regret[0, 0, 0], [NAN, 0.4, 0.4, 0.4, 0.2, 0.2])


def test_test_scores_are_those_of_the_best_by_score() -> None:
    found = one([0.5, 0.6, 0.4], test=np.array([0.8, 0.7, 0.9])[None, None, None])
    np.testing.assert_array_equal(found.test_of_best[0, 0, 0], [0.8, 0.7, 0.7])
    np.testing.assert_allclose(found.test_regret[0, 0, 0], [0.15, 0.25, 0.25])


def test_test_losses_have_regret_too() -> None:
    losses = np.array([0.8, 0.7])[None, None, None]
    found = one([-0.8, -0.7], test=losses, problems=(facts(test_sign=-1.0, test_optimum=0.5),))
    np.testing.assert_allclose(found.test_regret[0, 0, 0], [0.3, 0.2])


def test_queries_to_the_optimum_are_censored_where_it_was_not_found() -> None:
    scores = np.array([[0.5, 0.9, 0.9], [0.5, 0.6, 0.7], [NAN, NAN, NAN]])[None, None]
    keys = np.array([[1, 2, 3], [1, 2, 3], [-1, -1, -1]])[None, None]
    found = comparison(scores, keys)
    np.testing.assert_array_equal(found.queries_to_optimum()[0, 0], [2, np.inf, NAN])
    np.testing.assert_array_equal(found.queries_to_optimum(0.21)[0, 0], [2, 3, NAN])
    np.testing.assert_array_equal(found.cost_to_optimum("train_seconds")[0, 0], [20, np.inf, NAN])
    np.testing.assert_array_equal(found.num_queries[0, 0], [3, 3, 0])


def test_costs_stay_after_the_end() -> None:
    found = comparison(np.array([0.1, 0.2, 0.3, NAN])[None, None, None], np.array([[[[7, 8, 7, -1]]]]))
    spent = {cost: found.costs(cost)[0, 0, 0].tolist() for cost in ("queries", "networks", "epochs", "clock")}
    assert spent == {
        "queries": [1, 2, 3, 3],
        "networks": [1, 2, 2, 2],
        "epochs": [3, 6, 9, 9],
        "clock": [10, 20, 30, 30],
    }


def test_unknown_costs_stay_unknown() -> None:
    found = one([0.1, 0.2], train_seconds=np.array([NAN, NAN])[None, None, None])
    assert np.isnan(found.costs("train_seconds")).all()
    with pytest.raises(InputError, match="expected a cost among queries, networks"):
        found.costs("dollars")


def test_a_part_keeps_what_belongs_to_it() -> None:
    scores = np.random.default_rng(0).uniform(size=(3, 2, 4, 5))
    failures = (Failure("a", "toy 0", 0, "no"), Failure("b", "toy 1", 1, "neither"))
    part = comparison(scores, failures=failures).part(["c", "b"], ["toy 1"])
    assert (part.searchers, part.problems[0].name, part.failures) == (("c", "b"), "toy 1", failures[1:])
    np.testing.assert_array_equal(part.scores, scores[[2, 1], 1:])
    with pytest.raises(InputError, match="expected a searcher among a, b, c, got 'd'"):
        comparison(scores).part(["d"])


def test_wrong_shapes_and_names_given_twice_are_refused() -> None:
    with pytest.raises(InputError, match=r"keys: expected shape \(1, 1, 1, 2\), got \(1, 1, 1, 3\)"):
        one([0.1, 0.2], keys=np.zeros((1, 1, 1, 3), np.int64))
    with pytest.raises(InputError, match="expected distinct searchers, got a, a"):
        comparison(np.zeros((2, 1, 1, 1)), searchers=("a", "a"))


def test_a_saved_comparison_comes_back_bit_for_bit(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).uniform(size=(2, 3, 5, 70))
    made = comparison(scores, failures=(Failure("a", "toy 0", 0, "why"),))
    made.save(tmp_path / "found.h5")
    again = Comparison.load(tmp_path / "found.h5")
    np.testing.assert_array_equal(again.scores, made.scores)
    np.testing.assert_array_equal(again.keys, made.keys)
    assert (again.searchers, again.problems, again.seeds) == (made.searchers, made.problems, made.seeds)
    assert (again.settings, again.failures) == (made.settings, made.failures)


def test_other_and_damaged_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "found.h5"
    one([0.1, 0.2]).save(path)
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(StoreDamagedError, match="truncated or damaged"):
        Comparison.load(path)
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="is no comparison"):
        Comparison.load(path)
    with pytest.raises(StoreError, match="can't read"):
        Comparison.load(tmp_path / "nothing.h5")


def test_later_versions_and_other_kinds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from surronas.compare import saving

    path = tmp_path / "found.h5"
    saving.write_arrays(path, "shopping", {}, {})
    with pytest.raises(InputError, match="expected a file of kind 'surronas-comparison', got one of"):
        Comparison.load(path)
    monkeypatch.setattr(saving, "VERSION", 2)
    one([0.1]).save(path)
    monkeypatch.setattr(saving, "VERSION", 1)
    with pytest.raises(StoreVersionError, match="upgrade surronas"):
        Comparison.load(path)
