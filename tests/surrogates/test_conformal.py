import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.surrogates import BayesianRidgeSurrogate, ConformalSurrogate, Matrix, MeanSurrogate, Vector


class Overconfident(BayesianRidgeSurrogate):
    """Says a twentieth of the standard deviation that it should."""

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        mean, std = super()._latent(X)
        return mean, std / 20


class TestContract(SurrogateContract):
    @pytest.fixture(params=[BayesianRidgeSurrogate(), Overconfident()], ids=["honest", "overconfident"])
    def surrogate(self, request: pytest.FixtureRequest) -> ConformalSurrogate:
        return ConformalSurrogate(request.param)


@parametrize_with_checks([ConformalSurrogate(BayesianRidgeSurrogate(), num_folds=3)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def shares_held(surrogate: ConformalSurrogate, level: float, n: int = 64) -> tuple[float, float]:
    """Return the mean shares of new rows inside mean ± 1.645 std and inside the interval of a level."""
    by_std, by_interval = [], []
    for seed in range(12):
        X, y = cell_accuracies(np.random.default_rng(seed), n + 500)
        mean, std = surrogate.fit(X[:n], y[:n]).predict(X[n:], return_std=True)
        lower, upper = surrogate.predict_interval(X[n:], level)
        by_std.append(np.mean(np.abs(y[n:] - mean) < 1.6449 * std))
        by_interval.append(np.mean((lower < y[n:]) & (y[n:] < upper)))
    return float(np.mean(by_std)), float(np.mean(by_interval))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_intervals_hold_their_level_though_the_surrogate_is_overconfident(level: float) -> None:
    by_std, by_interval = shares_held(ConformalSurrogate(Overconfident()), level)
    assert by_std == pytest.approx(0.9, abs=0.035)
    assert by_interval == pytest.approx(level, abs=0.06)


def test_the_interval_of_the_level_is_that_of_the_std() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    surrogate = ConformalSurrogate(BayesianRidgeSurrogate(), level=0.8).fit(X, y)
    mean, std = surrogate.predict(X, return_std=True)
    np.testing.assert_allclose(surrogate.predict_interval(X)[1], mean + 1.2815515655446004 * std)


def test_levels_that_need_more_rows_than_there_are_stretch_the_largest_score() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 30)
    surrogate = ConformalSurrogate(BayesianRidgeSurrogate()).fit(X, y)
    widths = [
        float(np.diff(surrogate.predict_interval(X[:1], level), axis=0)[0, 0])
        for level in (0.95, 0.99, 0.999)
    ]
    assert widths[0] < widths[1] < widths[2] < 3 * widths[0]


def test_the_mean_and_the_surrogate_given_stay_as_they_are() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    given = BayesianRidgeSurrogate()
    calibrated = ConformalSurrogate(given).fit(X, y).predict(X)
    assert not hasattr(given, "ridge_")
    np.testing.assert_array_equal(calibrated, BayesianRidgeSurrogate().fit(X, y).predict(X))


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0])
def test_levels_that_are_no_share_are_refused(level: float) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 20)
    with pytest.raises(
        InputError, match=rf"level: expected a share inside \(0, 1\), such as 0.9, got {level}"
    ):
        ConformalSurrogate(MeanSurrogate(), level=level).fit(X, y)
    with pytest.raises(InputError, match="level: expected a share"):
        ConformalSurrogate(MeanSurrogate()).fit(X, y).predict_interval(X, level)


def test_one_fold_is_refused() -> None:
    with pytest.raises(InputError, match="num_folds: expected 2 or more, got 1"):
        ConformalSurrogate(MeanSurrogate(), num_folds=1).fit(np.eye(3), np.arange(3.0))
