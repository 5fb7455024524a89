import numpy as np
import pytest
from contracts.multi_objective_contract import Make, MultiObjectiveContract, cost, run, slack, trade, worth

from surronas.encodings import live_one_hot_counts
from surronas.errors import InputError
from surronas.searchers import Pool
from surronas.searchers.beliefs_of_many import learnt_on
from surronas.searchers.multi_objective_bayesian import MultiObjectiveBayesianOptimization
from surronas.spaces import Cell201
from surronas.surrogates import RandomForestSurrogate

SPACE = Cell201()
POOL = Pool(SPACE)


class TestContract(MultiObjectiveContract):
    num_queries = 30

    @pytest.fixture(params=["process", "forest"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        def made(
            space: Cell201, seed: int = 0, candidates: object = None
        ) -> MultiObjectiveBayesianOptimization:
            known = {"num_initial": 5, "candidates": candidates}
            if request.param == "process":
                return MultiObjectiveBayesianOptimization(space, seed=seed, **known)
            forest = RandomForestSurrogate(num_trees=5, seed=0)
            return MultiObjectiveBayesianOptimization(
                space, seed=seed, surrogate=forest, encoding=live_one_hot_counts, **known
            )

        return made


def test_with_one_score_it_finds_the_best_within_a_limit() -> None:
    kept = slack(POOL.architectures)[:, 0] >= 0
    optimum = worth(POOL.architectures[kept]).max()
    searcher = MultiObjectiveBayesianOptimization(SPACE, seed=0, candidates=POOL)
    asked = run(searcher, 60, num_scores=1, limited=True)
    found = worth(asked[slack(asked)[:, 0] >= 0]).max()
    assert found >= np.quantile(worth(POOL.architectures[kept]), 0.999)
    assert found <= optimum


def test_looks_for_what_keeps_the_limits_until_something_does() -> None:
    searcher = MultiObjectiveBayesianOptimization(SPACE, seed=1, num_initial=8, candidates=POOL)
    cells = POOL.architectures[np.argsort(cost(POOL.architectures))[-8:]]
    searcher.tell(cells, trade(cells), slack(cells))
    for _ in range(12):
        cell = searcher.ask()
        searcher.tell(cell, trade(cell), slack(cell))
        if slack(cell)[0, 0] >= 0:
            return
    pytest.fail("nothing within the limit after 12 queries")


def test_only_what_exceeds_the_reference_counts() -> None:
    reference = np.array([0.0, -4.0])  # cheap cells alone
    searcher = MultiObjectiveBayesianOptimization(SPACE, seed=0, reference=reference, candidates=POOL)
    above = (trade(run(searcher, 30)[15:]) > reference).all(axis=1).mean()
    assert above > (trade(POOL.architectures) > reference).all(axis=1).mean() + 0.3


def test_hyper_parameters_are_learnt_at_numbers_of_rows_that_only_grow() -> None:
    sizes = [learnt_on(n) for n in range(1, 400)]
    assert all(size <= n for n, size in enumerate(sizes, 1))
    assert sizes == sorted(sizes)
    assert sizes[:20] == list(range(1, 21))
    assert all(learnt_on(size) == size for size in sizes)
    assert len(set(sizes)) < 60


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        MultiObjectiveBayesianOptimization(SPACE, seed=0, num_initial=0)
    with pytest.raises(InputError, match="reference: expected a finite number for each of 2 objectives"):
        MultiObjectiveBayesianOptimization(SPACE, seed=0, reference=[0.0, np.inf])
    searcher = MultiObjectiveBayesianOptimization(SPACE, seed=0, reference=[0.0])
    with pytest.raises(InputError, match="reference: expected a finite number for each of 2 objectives"):
        searcher.tell(searcher.ask(), [[0.1, 0.2]])
