import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.metrics import kendall_tau
from surronas.surrogates import NearestNeighborsSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> NearestNeighborsSurrogate:
        return NearestNeighborsSurrogate()

    def test_ranks_architectures_it_has_not_seen(self, surrogate: NearestNeighborsSurrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 600)
        predicted = surrogate.fit(X[:150], y[:150]).predict(X[150:])
        assert kendall_tau(y[150:], predicted) > 0.5  # a baseline


@parametrize_with_checks([NearestNeighborsSurrogate()])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_rows_as_near_as_the_last_count_too() -> None:
    X = np.array([[0.0], [1.0], [1.0], [1.0], [5.0]])
    surrogate = NearestNeighborsSurrogate(choices=(1,)).fit(X, np.array([0.0, 1.0, 2.0, 3.0, 9.0]))
    assert surrogate.predict(np.array([[1.1]]))[0] == pytest.approx(surrogate.predict(np.array([[0.9]]))[0])


def test_the_number_of_neighbors_follows_the_noise() -> None:
    numbers = []
    for noise in (0.001, 0.3):
        X, y = cell_accuracies(np.random.default_rng(0), 200, noise=noise)
        numbers.append(NearestNeighborsSurrogate().fit(X, y).num_neighbors_)
    assert numbers[0] < numbers[1]


def test_many_rows_are_left_out_in_a_sample(monkeypatch) -> None:
    monkeypatch.setattr("surronas.surrogates.nearest_neighbors._MOST_LEFT_OUT", 50)
    X, y = cell_accuracies(np.random.default_rng(0), 300)
    mean, std = NearestNeighborsSurrogate().fit(X[:200], y[:200]).predict(X[200:], return_std=True)
    assert 0.75 < np.mean(np.abs(y[200:] - mean) < 1.645 * std) <= 1.0
