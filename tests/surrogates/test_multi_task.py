import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from contracts.task_contract import TaskContract
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import calibration, kendall_tau
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.kernels import matern32
from surronas.surrogates.multi_task import MultiTaskGaussianProcess


class TestContract(SurrogateContract, TaskContract):
    @pytest.fixture
    def surrogate(self) -> MultiTaskGaussianProcess:
        return MultiTaskGaussianProcess()


@parametrize_with_checks([MultiTaskGaussianProcess()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_a_single_task_is_predicted_as_by_the_ordinary_process() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 300)
    ours = MultiTaskGaussianProcess().fit(X[:100], y[:100]).predict(X[100:], return_std=True)
    theirs = GaussianProcessSurrogate().fit(X[:100], y[:100]).predict(X[100:], return_std=True)
    assert kendall_tau(ours[0], theirs[0]) > 0.95
    np.testing.assert_allclose(np.median(ours[1] / theirs[1]), 1.0, atol=0.1)


def test_a_covariance_of_tasks_far_apart_learns_that_they_are_unlike(rng: np.random.Generator) -> None:
    X, y = cell_accuracies(rng, 160)
    stacked, task = np.vstack([X, X]), np.repeat([0, 1], 160)
    like = MultiTaskGaussianProcess().fit(stacked, np.hstack([y, 2 * y]), task)
    unlike = MultiTaskGaussianProcess().fit(stacked, np.hstack([rng.permutation(y), y]), task)
    correlation = [
        fitted.parameters_.covariance[0, 1] / np.sqrt(np.diag(fitted.parameters_.covariance).prod())
        for fitted in (like, unlike)
    ]
    assert correlation[0] > 0.9
    assert correlation[1] < 0.6


def test_columns_of_features_are_grouped_and_kernels_chosen() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    fitted = MultiTaskGaussianProcess(kernel=matern32, groups=np.arange(X.shape[1]) % 3, rank=2).fit(
        X, y, np.arange(60) % 3
    )
    assert len(fitted.parameters_.kernel) == 4
    assert fitted.parameters_.covariance.shape == (3, 3)


def test_of_too_many_rows_the_targets_are_kept_before_others() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 300)
    task = np.where(np.arange(300) % 10 == 0, 200, 12)
    fitted = MultiTaskGaussianProcess(max_rows=80).fit(X, y, task)
    kept = fitted.posterior_.task
    assert len(kept) == 80
    assert np.count_nonzero(kept == 1) == 30
    few = MultiTaskGaussianProcess(max_rows=20).fit(X, y, task).posterior_.task
    np.testing.assert_array_equal(np.bincount(few), [1, 19])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"rank": 0}, "rank: expected at least 1, got 0"), ({"max_rows": 1}, "max_rows: expected one for each")],
)
def test_senseless_parameters_are_refused(parameters: dict[str, int], message: str) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 10)
    with pytest.raises(InputError, match=message):
        MultiTaskGaussianProcess(**parameters).fit(X, y, np.arange(10) % 2)


def test_intervals_hold_for_a_target_with_few_rows() -> None:
    coverage = []
    for seed in range(3):
        X, y = cell_accuracies(np.random.default_rng(seed), 700)
        stacked = np.vstack([X[:200], X[:40]])
        both = np.hstack([y[:200] ** 2 - 0.3, y[:40]])
        fitted = MultiTaskGaussianProcess().fit(stacked, both, np.repeat([12, 200], [200, 40]))
        mean, std = fitted.predict(X[200:], return_std=True)
        coverage.append(calibration(y[200:], mean, std, levels=[0.9]).coverage[0])
    assert 0.82 <= np.mean(coverage) <= 0.98
