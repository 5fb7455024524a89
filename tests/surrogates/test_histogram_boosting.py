import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.surrogates import HistogramBoostingSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> HistogramBoostingSurrogate:
        return HistogramBoostingSurrogate(num_rounds=30, learning_rate=0.3)


@parametrize_with_checks([HistogramBoostingSurrogate(num_rounds=30, learning_rate=0.3)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_the_std_is_that_of_left_out_rows() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 600)
    surrogate = HistogramBoostingSurrogate().fit(X[:300], y[:300])
    z = surrogate.warp_.latent(y)
    error = np.sqrt(np.mean((z[300:] - surrogate.model_.predict(X[300:])) ** 2))
    fitted = np.sqrt(np.mean((z[:300] - surrogate.model_.predict(X[:300])) ** 2))
    assert fitted < 0.8 * surrogate.std_
    assert surrogate.std_ == pytest.approx(error, rel=0.25)
