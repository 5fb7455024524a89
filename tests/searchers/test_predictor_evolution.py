import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth
from sklearn.linear_model import BayesianRidge

from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.searchers import Pool, PredictorGuidedEvolution, RandomSearch
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: PredictorGuidedEvolution(
            space,
            BayesianRidge(),
            seed=seed,
            encoding=one_hot,
            population_size=8,
            tournament_size=3,
            num_children=20,
            batch_size=3,
            candidates=candidates,
        )


def test_as_shipped_it_finds_more_in_50_than_random_search_in_200() -> None:
    pool = Pool(SPACE)
    ours = [
        worth(run(PredictorGuidedEvolution(SPACE, seed=seed, candidates=pool), 5, batch=10)).max()
        for seed in (1,)
    ]
    theirs = [worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(200)).max() for seed in range(8)]
    assert np.mean(ours) > np.mean(theirs)


def test_parents_are_of_the_last_told() -> None:
    searcher = PredictorGuidedEvolution(
        SPACE, BayesianRidge(), seed=0, encoding=one_hot, population_size=5, tournament_size=1, batch_size=5
    )
    told = run(searcher, 20)
    pool = Pool(SPACE)
    near = {key for row in told[-5:] for key in pool.neighbors(pool.resolve(row[None])[0])}
    assert set(SPACE.keys(searcher.ask(5)).tolist()) <= near


def test_a_great_tournament_has_the_best_for_parent() -> None:
    searcher = PredictorGuidedEvolution(SPACE, BayesianRidge(), seed=0, encoding=one_hot, tournament_size=500)
    told = run(searcher, 10)
    pool = Pool(SPACE)
    best = told[np.argmax(worth(told))]
    near = pool.neighbors(pool.resolve(best[None])[0])
    assert set(SPACE.keys(searcher.ask(3)).tolist()) <= set(near)


@pytest.mark.parametrize("name", ["population_size", "tournament_size", "num_children", "batch_size"])
def test_sizes_under_one_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: expected 1 or more, got 0"):
        PredictorGuidedEvolution(SPACE, seed=0, **{name: 0})
