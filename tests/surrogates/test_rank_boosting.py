import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.metrics import kendall_tau
from surronas.surrogates import XGBoostRankSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> XGBoostRankSurrogate:
        return XGBoostRankSurrogate()


@parametrize_with_checks([XGBoostRankSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_the_seed_decides_and_is_enough() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 80)
    one, same, other = (XGBoostRankSurrogate(seed=seed).fit(X, y).predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_only_the_order_of_the_targets_is_learnt() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 200)
    plain, bent = (XGBoostRankSurrogate().fit(X[:80], t[:80]).predict(X[80:]) for t in (y, np.exp(5 * y)))
    assert kendall_tau(plain, bent) > 0.95


def test_predictions_are_in_the_unit_of_the_targets() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 400)
    predicted = XGBoostRankSurrogate().fit(X[:200], y[:200]).predict(X[200:])
    assert np.abs(predicted - y[200:]).mean() < 0.5 * np.abs(y - y.mean()).mean()
