import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import calibration
from surronas.surrogates import RegressorSurrogate


class TestTrees(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> RegressorSurrogate:
        return RegressorSurrogate(GradientBoostingRegressor(n_estimators=40), num_copies=10)


class TestRidge(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> RegressorSurrogate:
        return RegressorSurrogate(make_pipeline(StandardScaler(), Ridge(1.0)))


@parametrize_with_checks([RegressorSurrogate(DecisionTreeRegressor(), num_copies=5)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", [DecisionTreeRegressor(), SVR(), Ridge()], ids=repr)
def test_any_regressor_gets_honest_intervals(estimator) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 500)
    mean, std = RegressorSurrogate(estimator).fit(X[:120], y[:120]).predict(X[120:], return_std=True)
    assert 0.8 <= calibration(y[120:], mean, std, levels=[0.9]).coverage[0] <= 0.98


def test_a_seed_left_open_is_set_and_one_given_is_kept() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 30)
    tree = DecisionTreeRegressor(max_features=0.3)
    copies = RegressorSurrogate(make_pipeline(StandardScaler(), tree)).fit(X, y).copies_
    assert len({copy[-1].random_state for copy in copies}) == len(copies)
    kept = RegressorSurrogate(DecisionTreeRegressor(random_state=3)).fit(X, y).copies_
    assert {copy.random_state for copy in kept} == {3}
    assert tree.random_state is None


def test_one_copy_has_no_spread() -> None:
    with pytest.raises(InputError, match="num_copies: expected 2 or more, got 1"):
        RegressorSurrogate(Ridge(), num_copies=1).fit(np.ones((3, 1)), np.arange(3.0))
