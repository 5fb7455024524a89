from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import GeneticAlgorithm, Pool, RandomSearch
from surronas.spaces import Cell201, space_named

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=["tournament", "truncation"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return partial(GeneticAlgorithm, seed=0, population_size=5, num_elites=2, selection=request.param)


def parents_after(told: list[float], num_elites: int) -> list[float]:
    searcher = GeneticAlgorithm(SPACE, seed=0, population_size=3, num_elites=num_elites)
    cells = searcher.ask(len(told))
    searcher.tell(cells, told)
    return list(searcher._parents.values())


def test_the_best_parents_stay_parents() -> None:
    assert parents_after([5, 9, 7], 1) == [9, 7, 5]
    assert parents_after([5, 9, 7, 1, 2], 1) == [9, 7, 5], "a generation is complete or no parents"
    assert parents_after([5, 9, 7, 1, 2, 3], 1) == [9, 3, 2, 1]
    assert parents_after([5, 9, 7, 1, 2, 3], 0) == [3, 2, 1]
    assert parents_after([5, 9, 7, 1, 2, 3, 6, 6, 8], 2) == [9, 8, 7, 6, 6]


def test_without_mutation_children_mix_their_parents() -> None:
    pool = Pool(SPACE, isomorphic="keep")
    searcher = GeneticAlgorithm(SPACE, seed=0, population_size=2, mutation=0.0, candidates=pool)
    parents = np.array([[1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2]])
    searcher.tell(parents, [0.1, 0.2])
    children = searcher.ask(4)
    assert set(np.unique(children)) == {1, 2}
    assert len(np.unique(children, axis=0)) == 4


@pytest.mark.parametrize(
    ("selection", "expected"), [("tournament", 1 - (1 - 1 / 10) ** 3), ("truncation", 1 / 5)]
)
def test_better_parents_are_chosen_more_often(selection: str, expected: float) -> None:
    searcher = GeneticAlgorithm(SPACE, seed=0, population_size=10, selection=selection)
    searcher.tell(searcher.ask(10), np.arange(10.0))
    ranks = np.array(searcher._selected(3000, np.random.default_rng(0)))
    assert (ranks == 0).mean() == pytest.approx(expected, abs=0.03)
    assert (ranks.max() < 5) == (selection == "truncation")


def test_failures_are_not_bred_from() -> None:
    searcher = GeneticAlgorithm(SPACE, seed=0, population_size=2)
    searcher.discard(searcher.ask(4))
    assert not searcher._parents
    searcher.tell(searcher.ask(2), [0.1, 0.2])
    assert list(searcher._parents.values()) == [0.2, 0.1]


def test_children_of_a_constrained_space_are_architectures() -> None:
    space = space_named("cell101")
    searcher = GeneticAlgorithm(space, seed=0, population_size=4)
    for _ in range(8):
        asked = searcher.ask(3)
        assert space.allowed(asked).all()
        searcher.tell(asked, asked.sum(axis=1))


def test_finds_more_than_random_search() -> None:
    found = [worth(run(GeneticAlgorithm(SPACE, seed=seed), 150)).max() for seed in range(4)]
    at_random = [worth(RandomSearch(SPACE, seed=seed).ask(150)).max() for seed in range(4)]
    assert np.mean(found) > np.mean(at_random)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 0}, "population_size: expected 1 or more, got 0"),
        ({"tournament_size": 0}, "tournament_size: expected 1 or more, got 0"),
        ({"num_elites": -1}, "num_elites: expected 0 or more, got -1"),
        ({"mutation": 1.5}, "mutation: expected a probability, got 1.5"),
        ({"selection": "roulette"}, "selection: expected 'tournament' or 'truncation', got 'roulette'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GeneticAlgorithm(SPACE, seed=0, **settings)
