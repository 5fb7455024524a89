import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.surrogates import RandomForestSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> RandomForestSurrogate:
        return RandomForestSurrogate(num_trees=50)


@parametrize_with_checks([RandomForestSurrogate(num_trees=50)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_the_trees_of_a_row_out_of_bag_did_not_see_it() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    forest = RandomForestSurrogate().fit(X, y)
    mean, _, count = forest._trees(X, out_of_bag=True)
    z = forest.warp_.latent(y)
    assert 20 < count.min() <= count.max() < 55  # of 100, about a share 1/e
    assert np.mean((z - mean) ** 2) > 2 * np.mean((z - forest._trees(X, out_of_bag=False)[0]) ** 2)


def test_the_seed_decides_and_is_enough() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 80)
    one, same, other = (RandomForestSurrogate(seed=seed).fit(X, y).predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
