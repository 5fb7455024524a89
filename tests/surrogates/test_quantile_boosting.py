import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.surrogates import XGBoostQuantileSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> XGBoostQuantileSurrogate:
        return XGBoostQuantileSurrogate()


@parametrize_with_checks([XGBoostQuantileSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_the_seed_decides_and_is_enough() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 80)
    one, same, other = (XGBoostQuantileSurrogate(seed=seed).fit(X, y).predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_noise_that_differs_is_told_apart() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(800, 2))
    y = X[:, 0] + np.where(X[:, 1] > 0.5, 0.5, 0.02) * rng.standard_normal(800)
    _, std = XGBoostQuantileSurrogate().fit(X, y).predict(X, return_std=True)
    assert np.median(std[X[:, 1] > 0.5]) > 2 * np.median(std[X[:, 1] < 0.5])
