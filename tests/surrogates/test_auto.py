import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.surrogates import (
    AutoSurrogate,
    BayesianRidgeSurrogate,
    GaussianProcessSurrogate,
    MeanSurrogate,
    NearestNeighborsSurrogate,
)

CANDIDATES = [BayesianRidgeSurrogate(), NearestNeighborsSurrogate()]


class TestContract(SurrogateContract):
    @pytest.fixture(params=["kendall_tau", "likelihood"])
    def surrogate(self, request: pytest.FixtureRequest) -> AutoSurrogate:
        return AutoSurrogate(CANDIDATES, criterion=request.param)


@parametrize_with_checks([AutoSurrogate(CANDIDATES, num_folds=3)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("criterion", ["kendall_tau", "likelihood"])
def test_the_better_candidate_is_taken_wherever_it_stands(criterion) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    for candidates in (
        [MeanSurrogate(), BayesianRidgeSurrogate()],
        [BayesianRidgeSurrogate(), MeanSurrogate()],
    ):
        chosen = AutoSurrogate(candidates, criterion=criterion).fit(X, y)
        assert isinstance(chosen.surrogate_, BayesianRidgeSurrogate)
        assert isinstance(candidates[int(np.argmax(chosen.scores_))], BayesianRidgeSurrogate)


@pytest.mark.parametrize(("n", "spread"), [(9, 1.0), (30, 0.0)])
def test_nothing_to_tell_by_gives_the_first_candidate(n: int, spread: float) -> None:
    X, y = cell_accuracies(np.random.default_rng(0), n)
    chosen = AutoSurrogate([MeanSurrogate(), BayesianRidgeSurrogate()]).fit(X, spread * y)
    assert isinstance(chosen.surrogate_, MeanSurrogate)


def test_few_rows_are_given_to_a_gaussian_process() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 5)
    assert isinstance(AutoSurrogate().fit(X, y).surrogate_, GaussianProcessSurrogate)


@pytest.mark.parametrize(("candidates", "num_folds"), [([], 5), (CANDIDATES, 1)])
def test_no_candidates_and_one_fold_are_refused(candidates: list, num_folds: int) -> None:
    expected = f"expected at least one candidate and two folds, got {len(candidates)} and {num_folds}"
    with pytest.raises(InputError, match=expected):
        AutoSurrogate(candidates, num_folds=num_folds).fit(np.eye(3), np.arange(3.0))


def test_other_criteria_are_refused() -> None:
    with pytest.raises(InputError, match='criterion: expected "kendall_tau" or "likelihood", got \'r2\''):
        AutoSurrogate(criterion="r2").fit(np.eye(3), np.arange(3.0))


def test_the_default_gaussian_process_knows_the_groups_of_features() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    groups = np.arange(X.shape[1]) % 2
    surrogate = AutoSurrogate(groups=groups).fit(X, y)
    assert surrogate.scores_[0] != AutoSurrogate().fit(X, y).scores_[0]
    assert surrogate.scores_[1] == AutoSurrogate().fit(X, y).scores_[1]


def test_a_state_from_before_groups_has_none() -> None:
    state = AutoSurrogate(CANDIDATES).__getstate__()
    del state["groups"]
    restored = AutoSurrogate.__new__(AutoSurrogate)
    restored.__setstate__(state)
    assert restored.get_params()["groups"] is None
