import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from scipy.special import ndtr

from surronas.errors import InputError
from surronas.metrics import calibration, calibration_of_probabilities
from surronas.surrogates import (
    AutoSurrogate,
    BayesianRidgeSurrogate,
    ConformalSurrogate,
    GaussianProcessSurrogate,
    StackingSurrogate,
)
from surronas.surrogates.intervals import cdf_of, check_level, interval_of


def test_intervals_of_skewed_predictions_are_skewed_and_hold_what_they_say() -> None:
    """Noise of the warped target: failures far below a ceiling, as on NAS-Bench-Graph."""
    rng = np.random.default_rng(0)
    X = rng.random((3_000, 2))
    y = 1.0 - np.exp(X[:, 0] - 2.0 + 0.8 * rng.standard_normal(3_000))
    process = GaussianProcessSurrogate().fit(X[:300], y[:300])
    low, high = process.predict_interval(X[300:])
    mean, std = process.predict(X[300:], return_std=True)
    assert np.mean((low <= y[300:]) & (y[300:] <= high)) == pytest.approx(0.9, abs=0.03)
    assert np.mean(np.abs(y[300:] - mean) <= 1.645 * std) > 0.94
    assert (mean - low > high - mean).all()
    own = calibration_of_probabilities(process.cdf(X[300:], y[300:]))
    assert own.error < 0.5 * calibration(y[300:], mean, std).error


def test_a_surrogate_without_intervals_of_its_own_has_a_gaussians() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    stacked = StackingSurrogate([BayesianRidgeSurrogate()]).fit(X[:40], y[:40])
    mean, std = stacked.predict(X, return_std=True)
    low, high = interval_of(stacked, X, 0.8)
    np.testing.assert_allclose([low, high], [mean - 1.2815516 * std, mean + 1.2815516 * std], rtol=1e-6)
    np.testing.assert_allclose(cdf_of(stacked, X, y), ndtr((y - mean) / std))


def test_conformal_intervals_are_its_own() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    conformal = ConformalSurrogate(BayesianRidgeSurrogate()).fit(X[:40], y[:40])
    np.testing.assert_array_equal(interval_of(conformal, X, 0.5), conformal.predict_interval(X, 0.5))


def test_auto_has_those_of_what_it_chose() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    auto = AutoSurrogate([BayesianRidgeSurrogate()]).fit(X[:40], y[:40])
    ridge = BayesianRidgeSurrogate().fit(X[:40], y[:40])
    np.testing.assert_array_equal(auto.predict_interval(X, 0.5), ridge.predict_interval(X, 0.5))
    np.testing.assert_array_equal(auto.cdf(X, y), ridge.cdf(X, y))


def test_ends_stay_within_the_range_that_the_warp_knows() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    low, high = BayesianRidgeSurrogate().fit(X, y).predict_interval(X, 1 - 1e-12)
    assert low.min() >= y.min() - np.ptp(y) - 1e-9
    assert high.max() <= y.max() + np.ptp(y) + 1e-9


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0, np.nan])
def test_levels_are_shares(level: float) -> None:
    with pytest.raises(InputError, match=r"level: expected a share inside \(0, 1\)"):
        check_level(level)
    X, y = cell_accuracies(np.random.default_rng(0), 20)
    with pytest.raises(InputError, match=r"level: expected a share inside \(0, 1\)"):
        interval_of(StackingSurrogate([BayesianRidgeSurrogate()]).fit(X, y), X, level)
