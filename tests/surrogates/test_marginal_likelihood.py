import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from scipy.optimize import check_grad, minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from surronas.surrogates.cholesky import JITTER
from surronas.surrogates.covariance import Kernel, ScaledStationary, Stationary, hamming
from surronas.surrogates.kernels import Shape, matern32, matern52, squared_exponential
from surronas.surrogates.marginal_likelihood import MarginalLikelihood

SHAPES = [matern32, matern52, squared_exponential]


def likelihood_of(kernel: Kernel, n: int = 40, *, known: float = 0.0) -> MarginalLikelihood:
    X, y = cell_accuracies(np.random.default_rng(0), n)
    return MarginalLikelihood(X, (y - y.mean()) / y.std(), kernel.scaled(X), np.linspace(0.0, known, n))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("num_groups", [1, 3, 41])
def test_gradient_equals_finite_differences(shape: Shape, num_groups: int) -> None:
    _check_gradient(likelihood_of(Stationary(shape, np.arange(41) % num_groups), known=0.3))


def test_gradient_of_combined_kernels_equals_finite_differences() -> None:
    edges, counts = hamming([6] * 6, columns=slice(0, 36)), Stationary(columns=slice(36, 41))
    _check_gradient(likelihood_of(edges + counts * Stationary(matern32)))


def _check_gradient(likelihood: MarginalLikelihood) -> None:
    theta = np.random.default_rng(1).normal(0.0, 0.7, len(likelihood.prior.mean))
    off = check_grad(
        lambda at: likelihood.negative_log_posterior(at)[0],
        lambda at: likelihood.negative_log_posterior(at)[1],
        theta,
        epsilon=1e-6,
    )
    assert off < 1e-4 * np.linalg.norm(likelihood.negative_log_posterior(theta)[1])


@pytest.mark.parametrize("shape", SHAPES)
def test_marginal_likelihood_is_scikit_learns(shape: Shape, rng: np.random.Generator) -> None:
    X, z = rng.standard_normal((25, 3)), rng.standard_normal(25)
    kernels = {matern32: Matern(0.5, nu=1.5), matern52: Matern(0.5, nu=2.5), squared_exponential: RBF(0.5)}
    theirs = GaussianProcessRegressor(
        ConstantKernel(1.7) * kernels[shape] + WhiteKernel(0.03 + JITTER), alpha=0.0, optimizer=None
    ).fit(X, z)
    group = np.zeros(3, np.int64)
    unscaled = ScaledStationary(shape, slice(None), group, None, np.zeros(3), np.ones(3))
    ours = MarginalLikelihood(X, z, unscaled)
    theta = np.log([1 / 0.5**2, 1.7, 0.03])
    away = theta - ours.prior.mean
    prior = 0.5 * away @ ours.prior.precision @ away
    constant = 0.5 * 25 * np.log(2 * np.pi)
    value = ours.negative_log_posterior(theta)[0] - prior + constant
    assert value == pytest.approx(-theirs.log_marginal_likelihood_value_, rel=1e-9)


def test_optimum_is_stationary_and_better_than_where_it_started() -> None:
    likelihood = likelihood_of(Stationary(), 100)
    value, gradient = likelihood.negative_log_posterior(likelihood.maximize())
    assert value < likelihood.negative_log_posterior(likelihood.prior.mean)[0]
    assert np.abs(gradient).max() < 0.05


@pytest.mark.parametrize("num_groups", [1, 4])
@pytest.mark.parametrize("n", [12, 80])
def test_further_starts_find_no_better_optimum(n: int, num_groups: int) -> None:
    likelihood = likelihood_of(Stationary(matern52, np.arange(41) % num_groups), n)
    value = likelihood.negative_log_posterior(likelihood.maximize())[0]
    mean = likelihood.prior.mean
    for seed in range(4):
        start = mean + np.random.default_rng(seed).standard_normal(len(mean))
        other = minimize(likelihood.negative_log_posterior, start, jac=True, method="L-BFGS-B")
        assert other.fun > value - 0.01
