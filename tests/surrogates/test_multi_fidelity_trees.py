import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from contracts.task_contract import TaskContract
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import calibration
from surronas.surrogates.multi_fidelity_trees import MultiFidelityXGBoost, _errors


class TestContract(SurrogateContract, TaskContract):
    @pytest.fixture
    def surrogate(self) -> MultiFidelityXGBoost:
        return MultiFidelityXGBoost()


@parametrize_with_checks([MultiFidelityXGBoost(num_rounds=60, learning_rate=0.2)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_an_architecture_is_left_out_in_all_its_tasks_at_once() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    fitted = MultiFidelityXGBoost().fit(
        np.vstack([X, X[:15]]), np.hstack([y, y[:15]]), [12] * 40 + [200] * 15
    )
    left_out = fitted._left_out(np.vstack([X, X[:15]]))
    np.testing.assert_array_equal(left_out[:15], left_out[40:])
    assert (left_out.sum(axis=1) == 2).all()


def test_errors_are_those_of_members_that_left_the_row_out() -> None:
    left_out = np.array([[True, False, True], [False, False, False]])
    errors = _errors(np.array([1.0, 2.0]), np.array([[0.2, 9.0, 0.4], [1.0, 1.0, 1.0]]), left_out)
    np.testing.assert_allclose(errors, [0.7, np.nan])


def test_a_noisier_task_is_predicted_with_a_greater_std() -> None:
    rng = np.random.default_rng(0)
    X, y = cell_accuracies(rng, 200, noise=0.0)
    noisy = y + 0.1 * rng.standard_normal(200)
    fitted = MultiFidelityXGBoost().fit(
        np.vstack([X, X]), np.hstack([noisy, y]), np.repeat([12, 200], [200, 200])
    )
    low, high = (np.median(fitted.predict(X, return_std=True, task=task)[1]) for task in (12, 200))
    assert low > 2 * high


def test_intervals_hold_for_a_target_with_few_rows() -> None:
    coverage = []
    for seed in range(3):
        X, y = cell_accuracies(np.random.default_rng(seed), 700)
        both = np.hstack([y[:200] ** 2 - 0.3, y[:40]])
        fitted = MultiFidelityXGBoost().fit(
            np.vstack([X[:200], X[:40]]), both, np.repeat([12, 200], [200, 40])
        )
        mean, std = fitted.predict(X[200:], return_std=True)
        coverage.append(calibration(y[200:], mean, std, levels=[0.9]).coverage[0])
    assert 0.82 <= np.mean(coverage) <= 0.98


def test_members_that_are_no_multiple_of_five_are_refused() -> None:
    with pytest.raises(InputError, match="num_members: expected a multiple of 5, got 7"):
        MultiFidelityXGBoost(num_members=7).fit(np.eye(6), np.arange(6.0))
