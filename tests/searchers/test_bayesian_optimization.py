import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import BayesianRidge

from surronas.acquisition import (
    Chooser,
    KnowledgeGradient,
    LocalPenalization,
    ThompsonBatch,
    log_expected_improvement,
    upper_confidence_bound,
)
from surronas.encodings import default_encoding, live_one_hot, one_hot
from surronas.errors import ArchitectureError, InputError
from surronas.searchers import BayesianOptimization, Pool, RandomSearch
from surronas.searchers.surrogate_beliefs import learnt_at
from surronas.spaces import Cell201
from surronas.surrogates import GaussianProcessSurrogate, XGBoostSurrogate

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=["default", "xgboost", "scikit_learn"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        if request.param == "default":
            return lambda space, seed=0, candidates=None: BayesianOptimization(
                space, seed=seed, candidates=candidates
            )
        surrogate = {
            "xgboost": XGBoostSurrogate(num_members=5, num_rounds=5),
            "scikit_learn": BayesianRidge(),
        }[request.param]
        return lambda space, seed=0, candidates=None: BayesianOptimization(
            space, surrogate, seed=seed, encoding=live_one_hot, candidates=candidates
        )


def test_finds_the_optimum_long_before_random_search() -> None:
    pool = Pool(SPACE, SPACE.sample(1500, np.random.default_rng(0)))
    optimum = worth(pool.architectures).max()
    for seed in range(3):
        searcher = BayesianOptimization(SPACE, seed=seed, candidates=pool)
        assert optimum in worth(run(searcher, 90))  # random search needs about 465 of 930
        assert optimum not in worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(90))


def test_boosted_trees_find_more_in_60_than_random_search_in_240() -> None:
    pool = SPACE.sample(1500, np.random.default_rng(0))
    found, at_random = [], []
    for seed in range(2):
        surrogate = XGBoostSurrogate(num_members=5, num_rounds=20)
        searcher = BayesianOptimization(SPACE, surrogate, seed=seed, encoding=live_one_hot, candidates=pool)
        found.append(worth(run(searcher, 15, batch=4)).max())
        at_random.append(worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(240)).max())
    assert np.mean(found) > np.mean(at_random)


def test_the_users_surrogate_is_left_alone() -> None:
    surrogate = GaussianProcessSurrogate()
    run(BayesianOptimization(SPACE, surrogate, seed=0), 12)
    with pytest.raises(NotFittedError):
        surrogate.predict(np.zeros((1, 41)))


def test_predicts_what_it_was_told() -> None:
    pool = SPACE.canonical(SPACE.sample(400, np.random.default_rng(1)))
    searcher = BayesianOptimization(SPACE, seed=0, candidates=pool)
    cells = SPACE.sample(120, np.random.default_rng(1))
    searcher.tell(cells[:100], worth(cells[:100]))
    mean, std = searcher.predict(cells[100:])
    assert np.corrcoef(mean, worth(cells[100:]))[0, 1] > 0.8
    assert (std > 0).all()
    forms, groups = SPACE.canonical(cells), default_encoding.groups(SPACE).tolist()
    process = GaussianProcessSurrogate(groups=groups, noise_in_std=False)
    process.fit(default_encoding(SPACE, forms[:94]), worth(cells[:94]))  # it learns in steps
    for i in range(94, 100):
        process.update(default_encoding(SPACE, forms[i : i + 1]), worth(cells[i : i + 1]))
    np.testing.assert_allclose(mean, process.predict(default_encoding(SPACE, forms[100:])), rtol=1e-9)


def test_hyper_parameters_are_learnt_in_steps_that_hang_on_the_number_of_rows_alone() -> None:
    steps = [learnt_at(n) for n in range(1, 40)]
    assert steps[:24] == [*range(1, 21), 20, 22, 22, 24]
    assert all(n / step < 1.12 for n, step in enumerate(steps, start=1))
    assert steps == sorted(steps)


@pytest.mark.parametrize("noise_in_std", [True, False])
def test_asks_the_candidate_of_highest_acquisition_of_the_warped_score(noise_in_std: bool) -> None:
    pool = np.unique(SPACE.canonical(SPACE.sample(300, np.random.default_rng(2))), axis=0)
    surrogate = GaussianProcessSurrogate(noise_in_std=noise_in_std)
    searcher = BayesianOptimization(SPACE, surrogate, seed=0, candidates=pool, encoding=one_hot)
    told = run(searcher, 21)
    rest = pool[~np.isin(SPACE.keys(pool), SPACE.keys(told))]
    features = partial(one_hot, SPACE)
    process = surrogate.fit(features(told[:20]), worth(told[:20]))
    process.update(features(told[20:]), worth(told[20:]))
    best = process.predict_latent(features(told))[0].max()
    values = log_expected_improvement(*process.predict_latent(features(rest)), best)
    np.testing.assert_array_equal(searcher.ask()[0], rest[np.argmax(values)])


def test_other_surrogates_are_refitted_to_all_rows() -> None:
    pool = Pool(SPACE, SPACE.sample(300, np.random.default_rng(2)))
    searcher = BayesianOptimization(
        SPACE, BayesianRidge(), seed=0, candidates=pool, encoding=one_hot, acquisition=upper_confidence_bound
    )
    told = run(searcher, 15)
    rest = pool.architectures[~np.isin(pool.keys, pool.resolve(told))]
    mean, std = searcher.predict(rest)
    np.testing.assert_array_equal(searcher.ask()[0], rest[np.argmax(mean + 2 * std)])


@pytest.mark.parametrize("surrogate", [None, BayesianRidge()], ids=["watched", "refitted"])
def test_a_batch_believes_its_own_predictions(surrogate: BayesianRidge | None) -> None:
    pool = SPACE.sample(300, np.random.default_rng(2))
    searcher, believer = (
        BayesianOptimization(SPACE, surrogate, seed=0, candidates=pool, encoding=one_hot) for _ in range(2)
    )
    told = run(searcher, 14)
    batch = searcher.ask(4)
    assert len(np.unique(SPACE.keys(batch))) == 4
    believer.tell(told, worth(told))
    np.testing.assert_array_equal(believer.ask(3, pending=batch[:1]), batch[1:])


@pytest.mark.parametrize(
    "rule", [ThompsonBatch(), LocalPenalization(), KnowledgeGradient()], ids=lambda rule: type(rule).__name__
)
def test_batches_are_chosen_by_the_rule_given(rule: Chooser) -> None:
    pool = SPACE.sample(200, np.random.default_rng(2))
    searcher = BayesianOptimization(SPACE, seed=0, candidates=pool, encoding=one_hot, batch=rule)
    asked = run(searcher, 6, batch=4)
    assert len(np.unique(SPACE.keys(asked))) == 24
    assert worth(asked[12:]).mean() > worth(pool).mean()


def test_initial_architectures_are_asked_first() -> None:
    first = SPACE.sample(3, np.random.default_rng(5))
    searcher = BayesianOptimization(SPACE, seed=0, num_initial=5, initial=first)
    asked = searcher.ask(5)
    np.testing.assert_array_equal(asked[:3], SPACE.canonical(first))
    searcher.tell(asked[:1], [0.5])
    np.testing.assert_array_equal(searcher.ask(4), asked[1:])


def test_predict_needs_scores() -> None:
    searcher = BayesianOptimization(SPACE, GaussianProcessSurrogate(), seed=0)
    with pytest.raises(InputError, match=r"got none yet; tell\(\) some first"):
        searcher.predict(SPACE.enumerate()[:2])
    searcher.tell(SPACE.enumerate()[:2], [0.1, 0.2])
    with pytest.raises(ArchitectureError, match="another space"):
        searcher.predict(np.zeros((1, 3)))


def test_no_initial_architecture_is_refused() -> None:
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        BayesianOptimization(SPACE, GaussianProcessSurrogate(), seed=0, num_initial=0)


def test_importing_the_searchers_loads_no_machine_learning() -> None:
    heavy = ("sklearn", "xgboost", "torch")
    code = f"import sys, surronas.searchers; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
