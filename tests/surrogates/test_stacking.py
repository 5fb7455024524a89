import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import root_mean_squared_error
from surronas.surrogates import (
    BayesianRidgeSurrogate,
    GaussianProcessSurrogate,
    MeanSurrogate,
    NearestNeighborsSurrogate,
    StackingSurrogate,
    XGBoostSurrogate,
)

MEMBERS = [BayesianRidgeSurrogate(), NearestNeighborsSurrogate()]


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> StackingSurrogate:
        return StackingSurrogate(MEMBERS)


@parametrize_with_checks([StackingSurrogate(MEMBERS, num_folds=3)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_a_member_that_does_not_help_is_left_out() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 80)
    stacked = StackingSurrogate([MeanSurrogate(), BayesianRidgeSurrogate()]).fit(X, y)
    assert stacked.weights_[1] > 0.9
    assert stacked.weights_.sum() == pytest.approx(1.0)


def test_together_they_err_less_than_the_better_of_them() -> None:
    X, y = cell_accuracies(np.random.default_rng(1), 700)
    errors = [
        root_mean_squared_error(y[200:], surrogate.fit(X[:200], y[:200]).predict(X[200:]))
        for surrogate in (StackingSurrogate(MEMBERS), *MEMBERS)
    ]
    assert errors[0] < min(errors[1:])


def test_below_ten_rows_all_weigh_the_same() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 9)
    np.testing.assert_array_equal(StackingSurrogate(MEMBERS).fit(X, y).weights_, [0.5, 0.5])


def test_the_default_members_are_a_gaussian_process_and_boosted_trees() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 8)
    fitted = StackingSurrogate().fit(X, y).surrogates_
    assert [type(member) for member in fitted] == [GaussianProcessSurrogate, XGBoostSurrogate]


@pytest.mark.parametrize(("members", "num_folds"), [([], 5), (MEMBERS, 1)])
def test_no_members_and_one_fold_are_refused(members: list, num_folds: int) -> None:
    expected = f"expected at least one member and two folds, got {len(members)} and {num_folds}"
    with pytest.raises(InputError, match=expected):
        StackingSurrogate(members, num_folds=num_folds).fit(np.eye(3), np.arange(3.0))


def test_the_default_gaussian_process_knows_the_groups_of_features() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    groups = np.arange(X.shape[1]) % 2
    process = StackingSurrogate(groups=groups).fit(X, y).surrogates_[0]
    np.testing.assert_array_equal(process.groups, groups)


def test_a_state_from_before_groups_has_none() -> None:
    state = StackingSurrogate(MEMBERS).__getstate__()
    del state["groups"]
    restored = StackingSurrogate.__new__(StackingSurrogate)
    restored.__setstate__(state)
    assert restored.get_params()["groups"] is None
