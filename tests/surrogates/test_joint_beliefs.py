import tracemalloc

import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from sklearn.exceptions import NotFittedError

from surronas.encodings import default_encoding
from surronas.spaces import Cell201
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.joint_beliefs import target_moments
from surronas.surrogates.warping import Warp


def fitted(n: int = 60, **options: object) -> GaussianProcessSurrogate:
    X, y = cell_accuracies(np.random.default_rng(0), n)
    return GaussianProcessSurrogate(**options).fit(X, y)


def rows(m: int) -> np.ndarray:
    return cell_accuracies(np.random.default_rng(1), m)[0]


@pytest.mark.parametrize("max_exact", [5_000, 20])
def test_joint_agrees_with_predict_without_noise(max_exact: int) -> None:
    surrogate = fitted(noise_in_std=False, max_exact=max_exact)
    mean, covariance = surrogate.joint(rows(30))
    expected_mean, std = surrogate.predict(rows(30), return_std=True)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), std, rtol=1e-6)
    np.testing.assert_array_equal(surrogate.set_params(noise_in_std=True).joint(rows(30))[1], covariance)


@pytest.mark.parametrize("max_exact", [5_000, 20])
def test_joint_covariance_is_symmetric_and_positive_semidefinite(max_exact: int) -> None:
    covariance = fitted(max_exact=max_exact).joint(rows(40))[1]
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-15)
    assert np.linalg.eigvalsh(covariance).min() > -1e-10 * np.diag(covariance).max()


def test_few_inducing_rows_leave_the_covariance_of_all_as_inducing() -> None:
    exact, through = fitted(60).joint(rows(20)), fitted(60, max_exact=59).joint(rows(20))
    np.testing.assert_allclose(through[1], exact[1], atol=2e-3 * np.diag(exact[1]).max())


@pytest.mark.parametrize("max_exact", [5_000, 20])
def test_exact_draws_have_the_joint_moments(max_exact: int) -> None:
    surrogate = fitted(max_exact=max_exact)
    mean, covariance = surrogate.joint(rows(12))
    drawn = surrogate.sample(rows(12), 40_000, np.random.default_rng(0))
    assert drawn.shape == (40_000, 12)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=5e-4)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.04 * np.diag(covariance).max())


def test_draws_through_pivots_keep_means_stds_and_most_covariances(monkeypatch) -> None:
    monkeypatch.setattr("surronas.surrogates.joint_beliefs._EXACT", 50)
    monkeypatch.setattr("surronas.surrogates.joint_beliefs._PIVOTS", 60)
    surrogate, X = fitted(), rows(90)
    mean, covariance = surrogate.joint(X)
    drawn = surrogate.sample(X, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=2e-3)
    np.testing.assert_allclose(drawn.var(axis=0), np.diag(covariance), rtol=0.1)
    away = np.abs(np.cov(drawn.T) - covariance).mean()
    assert away < 0.15 * np.abs(covariance).mean()


def test_equal_rows_are_drawn_equal() -> None:
    X = np.vstack([rows(5), rows(5)])
    drawn = fitted().sample(X, 3, np.random.default_rng(0))
    np.testing.assert_allclose(drawn[:, :5], drawn[:, 5:], atol=1e-3)
    mean, covariance = fitted().joint(X)
    np.testing.assert_allclose(covariance[:5, :5], covariance[5:, :5], rtol=1e-6)
    np.testing.assert_allclose(mean[:5], mean[5:], rtol=1e-12)


def test_the_whole_space_is_drawn_in_little_memory() -> None:
    space = Cell201()
    cells = np.unique(space.canonical(space.enumerate()), axis=0)
    X = default_encoding(space, cells)
    y = (cells == 3).sum(axis=1) + 0.1 * cells[:, 0]
    surrogate = GaussianProcessSurrogate(groups=default_encoding.groups(space)).fit(X[::100], y[::100])
    tracemalloc.start()
    drawn = surrogate.sample(X, 2, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert drawn.shape == (2, 6466)
    assert np.isfinite(drawn).all()
    assert peak < 100 * 2**20  # a covariance of all alone is 330 MB
    assert np.corrcoef(drawn[0], y)[0, 1] > 0.9


def test_measured_rows_are_drawn_near_their_measurement() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60, noise=0.0)
    drawn = GaussianProcessSurrogate().fit(X, y).sample(X, 50, np.random.default_rng(0))
    assert np.abs(drawn.mean(axis=0) - y).mean() < 0.02


def test_constant_targets_are_drawn_finite() -> None:
    X = rows(10)
    surrogate = GaussianProcessSurrogate().fit(X, np.full(10, 0.5))
    assert np.isfinite(surrogate.sample(rows(30), 4, np.random.default_rng(0))).all()
    assert np.isfinite(surrogate.joint(rows(30))[1]).all()


def test_an_update_is_seen() -> None:
    surrogate, new = fitted(), rows(80)[70:71]
    before = surrogate.joint(new)[1][0, 0]
    surrogate.update(new, np.array([0.9]))
    assert surrogate.joint(new)[1][0, 0] < before


def test_a_surrogate_that_is_not_fitted_tells_nothing() -> None:
    for ask in (lambda s: s.joint(rows(2)), lambda s: s.sample(rows(2), 1, np.random.default_rng(0))):
        with pytest.raises(NotFittedError, match="not fitted"):
            ask(GaussianProcessSurrogate())


@pytest.mark.parametrize("power", [0.3, 1.0, 2.5])
def test_moments_of_warped_targets_are_those_of_samples(power: float) -> None:
    warp = Warp(0.5, 0.1, power, 0.1, 1.2, -3.0, 3.0)
    mean, covariance = np.array([0.2, -0.4]), np.array([[0.5, 0.3], [0.3, 0.4]])
    drawn = warp.target(np.random.default_rng(0).multivariate_normal(mean, covariance, 400_000))
    center, found = target_moments(warp, mean, covariance)
    np.testing.assert_allclose(center, drawn.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(found, np.cov(drawn.T), rtol=0.03)
