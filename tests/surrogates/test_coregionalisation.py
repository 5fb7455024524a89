import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from scipy.optimize import check_grad

from surronas.surrogates.coregionalisation import CoregionalLikelihood, CoregionalPosterior, TaskParameters
from surronas.surrogates.covariance import Stationary


def likelihood(num_tasks: int, rank: int, n: int = 60) -> CoregionalLikelihood:
    X, y = cell_accuracies(np.random.default_rng(0), n)
    task = np.random.default_rng(1).integers(num_tasks, size=n)
    task[:num_tasks] = np.arange(num_tasks)
    return CoregionalLikelihood(X, (y - y.mean()) / y.std(), task, Stationary().scaled(X), rank)


@pytest.mark.parametrize(("num_tasks", "rank"), [(1, 1), (2, 1), (3, 1), (3, 2)])
def test_analytic_gradient_equals_finite_differences(num_tasks: int, rank: int) -> None:
    posterior = likelihood(num_tasks, rank)
    mean = posterior.prior.mean
    theta = mean + np.random.default_rng(2).normal(0.0, 0.5, len(mean))
    off = check_grad(
        lambda at: posterior.negative_log_posterior(at)[0],
        lambda at: posterior.negative_log_posterior(at)[1],
        theta,
        epsilon=1e-6,
    )
    assert off < 1e-4 * np.linalg.norm(posterior.negative_log_posterior(theta)[1])


def test_covariance_of_tasks_is_symmetric_and_positive() -> None:
    at = likelihood(3, 2).maximize()
    np.testing.assert_array_equal(at.covariance, at.covariance.T)
    assert (np.linalg.eigvalsh(at.covariance) > 0).all()
    assert (at.noise > 0).all()


def test_optimum_is_stationary_and_better_than_the_priors_mean() -> None:
    rows = likelihood(2, 1, n=100)
    found = rows.maximize()
    mean = rows.prior.mean
    alike = found.covariance[0, 1]
    assert alike > 0  # both tasks were cut from one landscape
    theta = np.concatenate([found.kernel, mean[len(found.kernel) :]])
    theta[-2:] = np.log(found.noise)
    assert rows.negative_log_posterior(theta)[0] < rows.negative_log_posterior(mean)[0]


def test_moments_are_those_of_the_joint_normal_distribution() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 30)
    task = np.arange(20) % 2
    at = TaskParameters(np.array([0.1, 0.2]), np.array([[1.0, 0.6], [0.6, 0.8]]), np.array([0.01, 0.02]))
    kernel = Stationary().scaled(X)
    mean, variance = CoregionalPosterior.given(kernel, at, X[:20], task, y[:20]).moments(X[20:], 1)

    of_features = kernel.between(at.kernel, X, X)
    every_task = np.append(task, np.ones(10, dtype=int))
    joint = of_features * at.covariance[np.ix_(every_task, every_task)] + np.diag(at.noise[every_task])
    gain = joint[20:, :20] @ np.linalg.inv(joint[:20, :20])
    np.testing.assert_allclose(mean, gain @ y[:20], rtol=1e-5)
    np.testing.assert_allclose(variance, np.diag(joint[20:, 20:] - gain @ joint[:20, 20:]), rtol=1e-5)
