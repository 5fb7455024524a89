import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surronas.acquisition import (
    expected_improvement,
    log_expected_improvement,
    probability_of_improvement,
    upper_confidence_bound,
)
from surronas.errors import InputError

scores = st.floats(-100, 100)
stds = st.floats(1e-3, 50)


def one(function, mean: float, std: float, best: float) -> float:
    return float(function(np.array([mean]), np.array([std]), best)[0])


# z, then with mpmath at 60 + z² digits: log(npdf(z) + z * erfc(-z / sqrt(2)) / 2)
EXACT = [
    (8.0, 2.0794415416798357),
    (1.0, 0.08002621884930694),
    (0.0, -0.9189385332046728),
    (-0.5, -1.6205162643873199),
    (-1.0, -2.4851210257126413),
    (-1.0000001, -2.485121216139768),
    (-3.0, -7.869686059603029),
    (-10.0, -55.55312203612235),
    (-40.0, -808.29856835662),
    (-100.0, -5010.12957880025),
]


@pytest.mark.parametrize(("z", "exact"), EXACT)
def test_log_expected_improvement_golden(z: float, exact: float) -> None:
    assert one(log_expected_improvement, z, 1.0, 0.0) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("z", [-1e6, -6.6e7, -6.8e7, -1e9, -1e150])
def test_log_expected_improvement_in_the_far_tail(z: float) -> None:
    expected = -0.5 * z * z - 0.5 * np.log(2 * np.pi) - 2 * np.log(-z)  # h ~ phi / z²
    assert one(log_expected_improvement, z, 1.0, 0.0) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("seam", [-1.0, -1.0 / np.sqrt(np.finfo(float).eps)])
def test_branches_meet(seam: float) -> None:
    left, right = (one(log_expected_improvement, seam * step, 1.0, 0.0) for step in (1 + 1e-9, 1 - 1e-9))
    assert left == pytest.approx(right, rel=1e-7)
    assert left <= right


@given(scores, stds, scores)
def test_log_expected_improvement_is_finite_and_the_log(mean: float, std: float, best: float) -> None:
    value = one(log_expected_improvement, mean, std, best)
    assert np.isfinite(value)
    assert np.exp(value) == pytest.approx(one(expected_improvement, mean, std, best), rel=1e-9)


@given(scores, stds, scores, st.floats(1e-2, 20))
def test_more_mean_or_more_doubt_is_worth_more(mean: float, std: float, best: float, more: float) -> None:
    value = one(log_expected_improvement, mean, std, best)
    assert one(log_expected_improvement, mean + more, std, best) >= value - 1e-12
    assert one(log_expected_improvement, mean, std + more, best) >= value - 1e-12


@given(scores, stds, scores)
def test_expected_improvement_is_at_least_the_improvement_of_the_mean(
    mean: float, std: float, best: float
) -> None:
    assert one(expected_improvement, mean, std, best) >= max(mean - best, 0.0) * (1 - 1e-9)


def test_expected_improvement_golden() -> None:
    # 0.1 * (phi(-0.5) + -0.5 * Phi(-0.5)) with scipy.stats.norm: pdf(.5) = .35206533, cdf(-.5) = .30853754
    assert one(expected_improvement, 0.85, 0.1, 0.9) == pytest.approx(
        0.1 * (0.3520653268 - 0.5 * 0.3085375387)
    )


def test_expected_improvement_is_the_mean_of_samples(rng: np.random.Generator) -> None:
    sample = np.maximum(rng.normal(0.3, 0.5, size=400_000) - 0.6, 0).mean()
    assert one(expected_improvement, 0.3, 0.5, 0.6) == pytest.approx(sample, rel=0.01)


def test_certain_points() -> None:
    mean, std = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    np.testing.assert_array_equal(expected_improvement(mean, std, 2.0), [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(log_expected_improvement(mean, std, 2.0), [-np.inf, -np.inf, 0.0])
    np.testing.assert_array_equal(probability_of_improvement(mean, std, 2.0), [0.0, 0.5, 1.0])


def test_probability_of_improvement_golden() -> None:
    assert one(probability_of_improvement, 1.0, 0.5, 0.0) == pytest.approx(0.9772498680518208)  # norm.cdf(2)


def test_upper_confidence_bound_counts_standard_deviations() -> None:
    assert one(upper_confidence_bound, 0.7, 0.1, 0.9) == pytest.approx(0.9)
    narrow = upper_confidence_bound(np.array([0.7]), np.array([0.1]), 0.9, beta=0.5)
    assert narrow[0] == pytest.approx(0.75)


FUNCTIONS = [
    expected_improvement,
    log_expected_improvement,
    probability_of_improvement,
    upper_confidence_bound,
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("mean", "std"), [([np.nan], [1.0]), ([1.0], [np.nan]), ([1.0], [-0.1])])
def test_nonsense_predictions_are_refused(function, mean: list[float], std: list[float]) -> None:
    with pytest.raises(InputError, match="does the surrogate predict NaN"):
        function(np.array(mean), np.array(std), 0.0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_shapes_that_differ_are_refused(function) -> None:
    with pytest.raises(InputError, match=r"expected mean and std of one shape \(n,\), got \(2,\) and \(3,\)"):
        function(np.zeros(2), np.ones(3), 0.0)
