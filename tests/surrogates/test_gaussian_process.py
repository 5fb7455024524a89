import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import calibration, kendall_tau
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.covariance import Stationary, hamming
from surronas.surrogates.kernels import matern32, squared_exponential

EDGES, COUNTS = slice(0, 36), slice(36, 41)  # of cell_accuracies' features


class TestContract(SurrogateContract):
    @pytest.fixture(
        params=[
            {},
            {"kernel": squared_exponential},
            {"kernel": matern32},
            {"max_exact": 20},
            {"warm_start": False, "noise_in_std": True, "groups": None, "kernel": Stationary(matern32)},
        ],
        ids=["default", "squared_exponential", "matern32", "through_inducing_rows", "kernel_object"],
    )
    def surrogate(self, request: pytest.FixtureRequest) -> GaussianProcessSurrogate:
        return GaussianProcessSurrogate(**request.param)


@parametrize_with_checks([GaussianProcessSurrogate(), GaussianProcessSurrogate(max_exact=5)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_noise_free_std_vanishes_where_measured_and_grows_away_from_it() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 200, noise=0.0)
    quiet = GaussianProcessSurrogate(noise_in_std=False).fit(X[:100], y[:100])
    noisy = GaussianProcessSurrogate().fit(X[:100], y[:100])
    _, measured = quiet.predict(X[:100], return_std=True)
    _, away = quiet.predict(X[100:], return_std=True)
    assert np.median(measured) < 0.3 * np.median(away)
    assert (noisy.predict(X, return_std=True)[1] >= quiet.predict(X, return_std=True)[1]).all()


def test_a_lengthscale_for_each_feature_finds_the_one_that_matters(rng: np.random.Generator) -> None:
    X = rng.standard_normal((80, 3))
    fitted = GaussianProcessSurrogate(groups=range(3)).fit(X, np.sin(2 * X[:, 1]))
    weights = fitted.covariance_.weights(fitted.theta_[:-1])
    assert weights[1] > 5 * max(weights[0], weights[2])


def test_optional_groups_are_numbered_without_gaps() -> None:
    with pytest.raises(InputError, match=r"optional groups to be numbered -1, -2, \.\.\., got \[0, -2, 0\]"):
        GaussianProcessSurrogate(groups=[0, -2, 0]).fit(np.eye(3), np.arange(3.0))


def test_an_optional_group_matters_little_until_the_targets_ask_for_it() -> None:
    X = np.random.default_rng(0).normal(size=(80, 6))
    likely, optional = [0, 0, 0, 1, 1, 1], [0, 0, 0, -1, -1, -1]
    few, y = X[:10], np.sin(X[:, 0]) + X[:, 4]  # on both halves
    as_good_as_ignored = GaussianProcessSurrogate(groups=optional).fit(few, np.sin(few[:, 0]))
    believed = GaussianProcessSurrogate(groups=likely).fit(few, np.sin(few[:, 0]))
    assert as_good_as_ignored.theta_[1] < believed.theta_[1] - 1.0
    held_out, scores = slice(60, None), []
    for groups in (likely, optional):
        mean = GaussianProcessSurrogate(groups=groups).fit(X[:60], y[:60]).predict(X[held_out])
        scores.append(np.corrcoef(mean, y[held_out])[0, 1])
    assert scores[1] > 0.95 * scores[0] > 0.8


@pytest.mark.parametrize("groups", [[0, 0], [0, 2, 2], [-1, 0, 2]])
def test_groups_that_do_not_number_the_features_are_refused(groups: list[int]) -> None:
    with pytest.raises(InputError, match=r"expected 3 numbers .* use range\(3\)"):
        GaussianProcessSurrogate(groups=groups).fit(np.eye(3), np.arange(3.0))


@pytest.mark.parametrize(
    "kernel", [hamming([6] * 6, columns=EDGES) + Stationary(columns=COUNTS)], ids=["sum"]
)
def test_sums_of_kernels_rank_and_cover(kernel) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 500)
    mean, std = (
        GaussianProcessSurrogate(kernel=kernel).fit(X[:120], y[:120]).predict(X[120:], return_std=True)
    )
    assert kendall_tau(y[120:], mean) > 0.7
    assert 0.8 < calibration(y[120:], mean, std, levels=[0.9]).coverage[0] < 0.98


class TestKnownNoise:
    def test_noisy_rows_count_less(self, rng: np.random.Generator) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 300, noise=0.0)
        variance = np.where(np.arange(100) % 2, 0.15**2, 1e-8)
        measured = y[:100] + np.sqrt(variance) * rng.standard_normal(100)
        told = GaussianProcessSurrogate().fit(X[:100], measured, noise_variance=variance)
        untold = GaussianProcessSurrogate().fit(X[:100], measured)
        assert (
            kendall_tau(y[100:], told.predict(X[100:])) > kendall_tau(y[100:], untold.predict(X[100:])) + 0.05
        )

    def test_it_is_in_the_targets_unit(self) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 60)
        variance = np.linspace(1e-5, 1e-3, 60)
        fraction = GaussianProcessSurrogate().fit(X, y, noise_variance=variance).predict(X)
        percent = GaussianProcessSurrogate().fit(X, 100 * y, noise_variance=1e4 * variance).predict(X)
        np.testing.assert_allclose(percent, 100 * fraction, rtol=1e-3)

    def test_no_known_noise_is_zero_noise_known(self) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 40)
        zero = GaussianProcessSurrogate().fit(X, y, noise_variance=np.zeros(40)).predict(X)
        np.testing.assert_array_equal(zero, GaussianProcessSurrogate().fit(X, y).predict(X))

    @pytest.mark.parametrize("bad", [[0.1], [-1.0, 0.0, 0.0], [np.nan, 0.0, 0.0]])
    def test_what_is_no_variance_is_refused(self, bad: list[float]) -> None:
        with pytest.raises(InputError, match="expected 3 finite numbers of at least 0, one a target"):
            GaussianProcessSurrogate().fit(np.eye(3), np.arange(3.0), noise_variance=bad)


class TestUpdate:
    @pytest.mark.parametrize("max_exact", [5_000, 20])
    def test_it_moves_towards_the_new_rows_and_narrows(self, max_exact: int) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 120)
        surrogate = GaussianProcessSurrogate(max_exact=max_exact).fit(X[:60], y[:60])
        before, doubt = surrogate.predict(X[60:], return_std=True)
        after, doubt_after = surrogate.update(X[60:], y[60:]).predict(X[60:], return_std=True)
        assert np.abs(after - y[60:]).mean() < np.abs(before - y[60:]).mean()
        assert np.median(doubt_after) < np.median(doubt)

    def test_row_by_row_is_all_at_once(self) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 80)
        at_once = (
            GaussianProcessSurrogate().fit(X[:60], y[:60]).update(X[60:], y[60:]).predict(X, return_std=True)
        )
        one_by_one = GaussianProcessSurrogate().fit(X[:60], y[:60])
        for i in range(60, 80):
            one_by_one.update(X[i : i + 1], y[i : i + 1])
        np.testing.assert_allclose(one_by_one.predict(X, return_std=True), at_once, rtol=1e-6)

    def test_unfitted_is_refused(self) -> None:
        with pytest.raises(NotFittedError, match="not fitted"):
            GaussianProcessSurrogate().update(np.eye(3), np.arange(3.0))

    def test_another_number_of_features_is_refused(self) -> None:
        surrogate = GaussianProcessSurrogate().fit(np.eye(3), np.arange(3.0))
        with pytest.raises(ValueError, match="features"):
            surrogate.update(np.eye(2), np.arange(2.0))


def test_warm_start_goes_on_from_the_last_fit() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 90)
    warm = GaussianProcessSurrogate(warm_start=True).fit(X[:80], y[:80]).fit(X, y)
    cold = GaussianProcessSurrogate().fit(X, y)
    np.testing.assert_allclose(warm.theta_, cold.theta_, atol=0.05)
    assert np.isfinite(warm.fit(X[:, :5], y).predict(X[:, :5])).all()


def test_more_rows_than_are_exact_lose_little() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 2_400)
    exact = GaussianProcessSurrogate().fit(X[:1_400], y[:1_400]).predict(X[1_400:])
    through = GaussianProcessSurrogate(max_exact=1_200).fit(X[:1_400], y[:1_400]).predict(X[1_400:])
    assert kendall_tau(y[1_400:], through) > kendall_tau(y[1_400:], exact) - 0.01
