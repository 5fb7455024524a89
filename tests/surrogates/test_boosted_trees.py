import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.surrogates import XGBoostSurrogate
from surronas.surrogates.boosted_trees import growth


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> XGBoostSurrogate:
        return XGBoostSurrogate()


@parametrize_with_checks([XGBoostSurrogate(num_rounds=60, learning_rate=0.2)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_members_differ_on_every_row() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 200)
    members = XGBoostSurrogate().fit(X[:100], y[:100])._members(X[100:])
    assert members.shape == (100, 10)
    assert (members.std(axis=1) > 1e-3).all()


def test_each_row_is_left_out_by_as_many_members_as_any_other() -> None:
    left_out = XGBoostSurrogate(num_members=15)._left_out(23)
    assert (left_out.sum(axis=1) == 3).all()
    assert (left_out.sum(axis=0) >= 4).all()


def test_a_member_does_not_learn_from_the_rows_it_leaves_out() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    surrogate = XGBoostSurrogate()
    first = np.flatnonzero(surrogate._left_out(60)[:, 0])
    learned = ~surrogate._left_out(60)
    z = (y - y.mean()) / y.std()
    changed = z.copy()
    changed[first] += 5.0
    before = surrogate._boost(X, z, learned).inplace_predict(X)
    after = surrogate._boost(X, changed, learned).inplace_predict(X)
    np.testing.assert_array_equal(after[:, 0], before[:, 0])
    assert np.abs(after[:, 1:] - before[:, 1:]).max() > 1.0


def test_noisier_targets_are_predicted_with_a_greater_std() -> None:
    std = []
    for noise in (0.005, 0.05):
        X, y = cell_accuracies(np.random.default_rng(0), 150, noise=noise)
        std.append(np.median(XGBoostSurrogate().fit(X, y).predict(X, return_std=True)[1]))
    assert std[1] > 3 * std[0]


def test_the_seed_decides_and_is_enough() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 80)
    one, same, other = (XGBoostSurrogate(seed=seed).fit(X, y).predict(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("num_members", [0, 4, 12])
def test_members_that_are_no_multiple_of_five_are_refused(num_members: int) -> None:
    with pytest.raises(InputError, match=f"num_members: expected a multiple of 5, got {num_members}"):
        XGBoostSurrogate(num_members=num_members).fit(np.eye(3), np.arange(3.0))


def test_more_rows_are_given_more_and_deeper_trees() -> None:
    assert [growth(n) for n in (20, 499, 500, 1999, 2000, 50_000)] == [
        *[(100, 3)] * 2,
        *[(200, 4)] * 2,
        *[(200, 6)] * 2,
    ]
    X, y = cell_accuracies(np.random.default_rng(0), 600)
    assert XGBoostSurrogate().fit(X, y).booster_.num_boosted_rounds() == 200
    assert XGBoostSurrogate(num_rounds=7, max_depth=1).fit(X, y).booster_.num_boosted_rounds() == 7
