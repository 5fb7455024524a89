import numpy as np
import pytest
from made import comparison, facts
from searched import searched

from surronas.compare.curves import (
    anytime,
    default_amounts,
    grid,
    in_words,
    limits_of,
    reach,
    step_values,
)
from surronas.errors import InputError

INF, NAN = np.inf, np.nan
SCORES = np.array([0.5, 0.7, NAN, 0.8, 0.6])


def one(scores=SCORES, **other):
    """One search of one searcher on one problem."""
    return comparison(np.asarray(scores, float)[None, None, None], **other)


def limited(**budget: float) -> dict:
    return {"setting": {"budget": budget}}


def test_regret_is_a_step_function_of_queries() -> None:
    np.testing.assert_allclose(anytime(one(), [1, 2, 3, 4, 5])[0, 0, 0], [0.4, 0.2, 0.2, 0.1, 0.1])
    np.testing.assert_allclose(anytime(one(), [1.5, 2.9])[0, 0, 0], [0.4, 0.2])


def test_steps_start_at_the_first_cost_paid() -> None:
    found = step_values(np.array([0.3, 0.1]), np.array([10.0, 25.0]), [9.9, 10.0, 24.0, 25.0])
    np.testing.assert_array_equal(found, [INF, 0.3, 0.3, 0.1])


def test_nothing_found_yet_is_infinite() -> None:
    found = anytime(one([NAN, NAN, 0.6]), [1, 2, 3])[0, 0, 0]
    np.testing.assert_allclose(found, [INF, INF, 0.3])


def test_costs_in_networks_seconds_and_clock() -> None:
    keys = np.array([7, 7, 8, 7, 9])[None, None, None]
    scores = [0.5, 0.5, 0.7, 0.5, 0.8]
    repeated = one(scores, keys=keys)
    np.testing.assert_allclose(anytime(repeated, [1, 2, 3], cost="networks")[0, 0, 0], [0.4, 0.2, 0.1])
    np.testing.assert_allclose(anytime(one(), [10, 39, 40], cost="train_seconds")[0, 0, 0], [0.4, 0.2, 0.1])
    np.testing.assert_allclose(anytime(one(), [5, 20], cost="clock")[0, 0, 0], [INF, 0.2])


def test_test_regret_is_of_the_best_by_score() -> None:
    # the test optimum is .95; tests lie .01 below the scores
    np.testing.assert_allclose(anytime(one(), [1, 4], measure="test_regret")[0, 0, 0], [0.46, 0.16])
    untested = one(problems=(facts(test_metric=None),))
    assert np.isnan(anytime(untested, [1, 4], measure="test_regret")).all()


def test_what_a_search_did_not_spend_is_not_known() -> None:
    assert np.isnan(anytime(one(), [6])).all()
    assert np.isnan(anytime(one(), [51], cost="train_seconds")).all()
    by_seconds = one(settings=limited(train_seconds=55.0))
    np.testing.assert_allclose(anytime(by_seconds, [51], cost="train_seconds")[0, 0, 0], [0.1])
    by_two = one(settings=limited(train_seconds=55.0, queries=5))
    assert np.isnan(anytime(by_two, [51], cost="train_seconds")).all()


def test_one_run_that_ends_early_hides_all_of_its_searcher() -> None:
    scores = np.full((2, 1, 2, 3), 0.5)
    keys = np.broadcast_to(np.arange(3), scores.shape).copy()
    keys[0, 0, 1, 2], scores[0, 0, 1, 2] = -1, NAN
    found = anytime(comparison(scores, keys, settings=limited(clock_seconds=30.0)), [2, 3])
    assert np.isfinite(found[..., 0]).all()
    assert np.isnan(found[0, 0, :, 1]).all()
    assert np.isfinite(found[1, 0, :, 1]).all()


def test_the_optimum_and_the_whole_space_are_final() -> None:
    solved = one([0.5, 0.9])
    assert reach(solved, "queries")[0, 0, 0] == INF
    np.testing.assert_array_equal(anytime(solved, [2, 50])[0, 0, 0], [0.0, 0.0])
    everything = one([0.5, 0.7], problems=(facts(num_networks=2),))
    assert reach(everything, "epochs")[0, 0, 0] == INF
    assert reach(one(), "queries")[0, 0, 0] == 5.0


def test_failed_searches_and_unknown_costs_are_nan() -> None:
    keys = np.full((1, 1, 1, 5), -1)
    assert np.isnan(anytime(one([NAN] * 5, keys=keys), [1, 5])).all()
    timeless = one(train_seconds=np.full((1, 1, 1, 5), NAN))
    assert np.isnan(anytime(timeless, [1, 10], cost="train_seconds")).all()
    assert default_amounts(timeless, "train_seconds") == ()
    assert len(grid(timeless, "train_seconds", 0)) == 0


def test_default_amounts_are_parts_of_the_budget() -> None:
    assert default_amounts(searched()) == (15.0, 30.0, 60.0)
    assert default_amounts(one([0.5, 0.6])) == (1.0, 2.0)
    assert default_amounts(one(settings=limited(train_seconds=55.0)), "train_seconds") == (13.0, 27.0, 55.0)
    assert default_amounts(one(), "epochs") == (3.0, 7.0, 15.0)
    assert limits_of(one()) == {"queries": 5.0}


def test_curves_are_drawn_over_the_whole_budget() -> None:
    assert list(grid(one(), "queries", 0)) == [1, 2, 3, 4, 5]
    assert grid(searched(), "train_seconds", 0)[-1] > 60 * 100
    assert (np.diff(grid(searched(), "clock", 0)) > 0).all()


def test_regret_never_rises() -> None:
    for cost in ("queries", "networks", "epochs", "train_seconds", "clock"):
        found = anytime(searched(), grid(searched(), cost, 0)[:60], cost=cost)
        assert not (found[..., 1:] > found[..., :-1]).any()


def test_units_in_words() -> None:
    assert in_words(facts(), "regret") == (100.0, "percentage points", "valid_accuracy")
    assert in_words(facts(unit="ms"), "regret") == (1.0, "ms", "valid_accuracy")
    assert in_words(facts(), "test_regret") == (100.0, "percentage points", "test_accuracy")
    assert in_words(facts(unit=""), "regret")[1] == "no unit"


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"amounts \(B,\) above 0"):
        anytime(one(), [0])
    with pytest.raises(InputError, match="a measure among regret, test_regret, got 'loss'"):
        anytime(one(), [1], measure="loss")
    with pytest.raises(InputError, match="a cost among"):
        default_amounts(one(), "dollars")
