import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.surrogates import MeanSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> MeanSurrogate:
        return MeanSurrogate()

    def test_ranks_architectures_it_has_not_seen(self, surrogate: MeanSurrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 50)
        predicted = surrogate.fit(X, y).predict(X)
        assert (predicted == y.mean()).all()

    def test_duplicate_rows_with_different_targets(self, surrogate: MeanSurrogate) -> None:
        std = surrogate.fit(np.ones((3, 1)), np.array([0.0, 1.0, 2.0])).predict(np.ones((1, 1)), True)[1]
        np.testing.assert_allclose(std, np.sqrt(4.0 / 3.0))


@parametrize_with_checks([MeanSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)
