import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from scipy.optimize import check_grad, minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.kernels import Kernel, matern32, matern52, squared_distances, squared_exponential
from surronas.surrogates.marginal_likelihood import JITTER, MarginalLikelihood, cholesky

KERNELS = [matern32, matern52, squared_exponential]


class TestContract(SurrogateContract):
    @pytest.fixture(
        params=[
            {},
            {"kernel": squared_exponential},
            {"kernel": matern52},
        ],
        ids=["default", "squared_exponential", "matern52"],
    )
    def surrogate(self, request: pytest.FixtureRequest) -> GaussianProcessSurrogate:
        return GaussianProcessSurrogate(**request.param)


@parametrize_with_checks([GaussianProcessSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_slope_is_its_derivative(kernel: Kernel) -> None:
    t = np.linspace(0.01, 9.0, 50)
    numerical = (kernel(t + 1e-6)[0] - kernel(t - 1e-6)[0]) / 2e-6
    np.testing.assert_allclose(kernel(t)[1], numerical, rtol=1e-6, atol=1e-9)
    assert kernel(np.zeros(1))[0] == 1.0


@pytest.mark.parametrize(
    ("kernel", "reference"),
    [(matern32, Matern(nu=1.5)), (matern52, Matern(nu=2.5)), (squared_exponential, RBF())],
)
def test_kernels_are_scikit_learns(kernel: Kernel, reference, rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((20, 4)), rng.standard_normal((9, 4))
    np.testing.assert_allclose(kernel(squared_distances(a, b))[0], reference(a, b), rtol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("num_groups", [1, 3, 41])
def test_analytic_gradient_equals_finite_differences(kernel: Kernel, num_groups: int) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    group = np.arange(41) % num_groups
    likelihood = MarginalLikelihood(X / 4.0, (y - y.mean()) / y.std(), group, kernel)
    theta = np.random.default_rng(1).normal(0.0, 0.7, num_groups + 2)
    off = check_grad(
        lambda at: likelihood.negative_log_posterior(at)[0],
        lambda at: likelihood.negative_log_posterior(at)[1],
        theta,
        epsilon=1e-6,
    )
    assert off < 1e-4 * np.linalg.norm(likelihood.negative_log_posterior(theta)[1])


@pytest.mark.parametrize("kernel", KERNELS)
def test_marginal_likelihood_is_scikit_learns(kernel: Kernel, rng: np.random.Generator) -> None:
    X, z = rng.standard_normal((25, 3)), rng.standard_normal(25)
    shape = {matern32: Matern(0.5, nu=1.5), matern52: Matern(0.5, nu=2.5), squared_exponential: RBF(0.5)}
    theirs = GaussianProcessRegressor(
        ConstantKernel(1.7) * shape[kernel] + WhiteKernel(0.03 + JITTER), alpha=0.0, optimizer=None
    ).fit(X, z)
    ours = MarginalLikelihood(X, z, np.zeros(3, dtype=np.int64), kernel)
    theta = np.log([1 / 0.5**2, 1.7, 0.03])
    mean, std = ours.prior
    prior = 0.5 * np.sum(((theta - mean) / std) ** 2)
    constant = 0.5 * 25 * np.log(2 * np.pi)
    value = ours.negative_log_posterior(theta)[0] - prior + constant
    assert value == pytest.approx(-theirs.log_marginal_likelihood_value_, rel=1e-9)


def test_optimum_is_stationary_and_better_than_where_it_started() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 100)
    likelihood = MarginalLikelihood(X / 4, (y - y.mean()) / y.std(), np.zeros(41, np.int64), matern52)
    found = likelihood.maximize()
    theta = np.log([found.weights[0], found.signal, found.noise])
    value, gradient = likelihood.negative_log_posterior(theta)
    assert value < likelihood.negative_log_posterior(likelihood.prior[0])[0]
    assert np.abs(gradient).max() < 0.05


@pytest.mark.parametrize("num_groups", [1, 41])
@pytest.mark.parametrize("n", [12, 80])
def test_further_starts_find_no_better_optimum(n: int, num_groups: int) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), n)
    likelihood = MarginalLikelihood(X / 4, (y - y.mean()) / y.std(), np.arange(41) % num_groups, matern32)
    found = likelihood.maximize()
    theta = np.log([*found.weights[:num_groups], found.signal, found.noise])
    value = likelihood.negative_log_posterior(theta)[0]
    mean, std = likelihood.prior
    for seed in range(4):
        start = mean + std * np.random.default_rng(seed).standard_normal(len(mean))
        other = minimize(likelihood.negative_log_posterior, start, jac=True, method="L-BFGS-B")
        assert other.fun > value - 0.01


@pytest.mark.parametrize("hopeless", [np.nan, -1.0])
def test_covariances_without_a_factor_are_refused(hopeless: float) -> None:
    with pytest.raises(InputError, match="not positive definite; expected features and targets"):
        cholesky(np.full((3, 3), hopeless), noise=0.1)


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
    weights = fitted.hyper_parameters_.weights
    assert weights[1] > 5 * max(weights[0], weights[2])


@pytest.mark.parametrize("groups", [[0, 0], [0, 2, 2], [-1, 0, 1]])
def test_groups_that_do_not_number_the_features_are_refused(groups: list[int]) -> None:
    with pytest.raises(InputError, match=r"expected 3 numbers .* use range\(3\)"):
        GaussianProcessSurrogate(groups=groups).fit(np.eye(3), np.arange(3.0))


def test_cholesky_adds_jitter_until_it_succeeds() -> None:
    singular = np.ones((50, 50)) - 1e-9 * np.eye(50)
    factor = cholesky(singular.copy(), noise=0.0)
    np.testing.assert_allclose(factor @ factor.T, singular, atol=1e-5)
