import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from surronas.errors import InputError
from surronas.metrics import (
    LEVELS,
    calibration,
    calibration_of_probabilities,
    kendall_tau,
    mean_absolute_error,
    negative_log_likelihood,
    r2,
    root_mean_squared_error,
    sharpness,
    simple_regret,
    sparse_kendall_tau,
    spearman,
)

vectors = st.lists(st.integers(-1000, 1000), min_size=2, max_size=30, unique=True).map(np.array)


def test_rank_correlations_golden() -> None:
    # 5 pairs of 6 in order, one swapped: tau = (5 - 1) / 6; Spearman = 1 - 6 * 2 / (4 * 15)
    assert kendall_tau([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(4 / 6)
    assert spearman([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx(0.8)


@given(vectors)
def test_rank_correlations_depend_on_order_alone(y: np.ndarray) -> None:
    for correlation in (kendall_tau, spearman):
        assert correlation(y, np.exp(y / 500)) == pytest.approx(1.0)
        assert correlation(y, -y) == pytest.approx(-1.0)


@pytest.mark.parametrize("correlation", [kendall_tau, spearman])
def test_a_constant_side_ranks_nothing(correlation) -> None:
    assert correlation([0.1, 0.2, 0.3], [0.5, 0.5, 0.5]) == 0.0
    assert correlation([0.5, 0.5], [0.1, 0.2]) == 0.0


def test_root_mean_squared_error_golden() -> None:
    assert root_mean_squared_error([1.0, 2.0], [1.0, 5.0]) == pytest.approx(3 / np.sqrt(2))


def test_negative_log_likelihood_golden() -> None:
    # -scipy.stats.norm.logpdf([1., 2.], [0., 2.], [1., .5]).mean()
    assert negative_log_likelihood([1.0, 2.0], [0.0, 2.0], [1.0, 0.5]) == pytest.approx(0.8223649429247)


def test_a_true_gaussian_is_calibrated(rng: np.random.Generator) -> None:
    std = rng.uniform(0.1, 2.0, size=50_000)
    found = calibration(rng.normal(0.0, std), np.zeros(50_000), std)
    assert found.levels == (0.5, 0.8, 0.9, 0.95)
    np.testing.assert_allclose(found.coverage, found.levels, atol=0.01)
    assert found.error < 0.01


def test_overconfidence_and_doubt_are_both_errors(rng: np.random.Generator) -> None:
    y = rng.standard_normal(20_000)
    bold, shy = (calibration(y, 0 * y, std * np.ones_like(y)) for std in (0.3, 5.0))
    assert bold.coverage[2] < 0.5
    assert shy.coverage[0] > 0.95
    assert min(bold.error, shy.error) > 0.2


def test_simple_regret_follows_the_incumbent_past_failures() -> None:
    regret = simple_regret([np.nan, 0.5, 0.4, np.nan, 0.9], optimum=1.0)
    np.testing.assert_allclose(regret, [np.inf, 0.5, 0.5, 0.5, 0.1])


def test_errors_are_those_of_scikit_learn(rng: np.random.Generator) -> None:
    from sklearn import metrics

    y, predicted = rng.normal(size=(2, 50))
    assert r2(y, predicted) == pytest.approx(metrics.r2_score(y, predicted))
    assert mean_absolute_error(y, predicted) == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert root_mean_squared_error(y, predicted) == pytest.approx(
        metrics.root_mean_squared_error(y, predicted)
    )
    assert r2([1.0, 1.0], [1.0, 1.0]) == metrics.r2_score([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert r2([1.0, 1.0], [1.0, 2.0]) == metrics.r2_score([1.0, 1.0], [1.0, 2.0]) == 0.0


@given(vectors)
def test_errors_are_zero_only_where_all_is_met(y: np.ndarray) -> None:
    assert (root_mean_squared_error(y, y), mean_absolute_error(y, y), r2(y, y)) == (0.0, 0.0, 1.0)
    assert r2(y, np.full(len(y), y.mean())) == pytest.approx(0.0, abs=1e-9)
    assert mean_absolute_error(y, y + 2) <= root_mean_squared_error(y, y + 2) == pytest.approx(2.0)


def test_sharpness_is_the_width_of_the_interval() -> None:
    assert sharpness([1.0, 3.0]) == pytest.approx(2 * 1.6448536 * 2.0)
    assert sharpness([1.0], level=0.5) == pytest.approx(2 * 0.67448975)
    with pytest.raises(InputError, match="expected levels inside"):
        sharpness([1.0], level=90)
    with pytest.raises(InputError, match="expected values above 0"):
        sharpness([0.0])


@pytest.mark.parametrize(
    "metric",
    [kendall_tau, spearman, sparse_kendall_tau, root_mean_squared_error, mean_absolute_error, r2],
)
def test_nan_and_shapes_are_refused(metric) -> None:
    with pytest.raises(InputError, match="predictions: expected finite values, got nan at row 1"):
        metric([1.0, 2.0], [1.0, np.nan])
    with pytest.raises(InputError, match=r"expected arrays of one shape .*\(2,\).*\(3,\)"):
        metric([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="expected arrays of one shape"):
        metric([], [])


def test_calibration_of_probabilities_is_that_of_any_distribution(rng: np.random.Generator) -> None:
    y, mean, std = rng.standard_normal((3, 500))
    std = np.exp(std)
    assert calibration_of_probabilities(ndtr((y - mean) / std)) == calibration(y, mean, std)
    skewed = 1.0 - np.exp(-rng.exponential(size=20_000))  # an exponential's own probabilities
    np.testing.assert_allclose(calibration_of_probabilities(skewed).coverage, LEVELS, atol=0.01)
    with pytest.raises(InputError, match="expected levels inside"):
        calibration_of_probabilities([0.5], levels=[90])


@pytest.mark.parametrize("metric", [calibration, negative_log_likelihood])
def test_a_std_of_zero_is_refused(metric) -> None:
    with pytest.raises(InputError, match=r"std: expected values above 0, got 0.0 at row 1"):
        metric([1.0, 2.0], [1.0, 2.0], [1.0, 0.0])


def test_levels_outside_zero_to_one_are_refused() -> None:
    with pytest.raises(InputError, match="expected levels inside"):
        calibration([1.0], [1.0], [1.0], levels=[90])


def test_regret_needs_a_finite_optimum() -> None:
    with pytest.raises(InputError, match="finite optimum"):
        simple_regret([0.1], np.nan)
