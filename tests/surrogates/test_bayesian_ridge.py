import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.surrogates import BayesianRidgeSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> BayesianRidgeSurrogate:
        return BayesianRidgeSurrogate()


@parametrize_with_checks([BayesianRidgeSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_columns_of_any_unit_count_alike() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    units = np.logspace(-6, 6, X.shape[1])
    plain = BayesianRidgeSurrogate().fit(X, y).predict(X)
    np.testing.assert_allclose(
        BayesianRidgeSurrogate().fit(X * units, y).predict(X * units), plain, rtol=1e-6
    )
