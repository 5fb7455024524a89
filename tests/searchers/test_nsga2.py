import numpy as np
import pytest
from contracts.multi_objective_contract import Make, MultiObjectiveContract, cost, run, slack, trade

from surronas.errors import InputError
from surronas.searchers.nsga2 import NSGA2
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(MultiObjectiveContract):
    @pytest.fixture(params=[5, 20])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: NSGA2(
            space, seed=seed, population_size=request.param, candidates=candidates
        )


def test_the_population_is_what_elitist_selection_keeps() -> None:
    searcher = NSGA2(SPACE, seed=0, population_size=4)
    scores = [[1.0, 4.0], [2.0, 3.0], [3.0, 2.0], [0.0, 0.0], [4.0, 1.0], [2.1, 2.9], [0.0, 0.0], [0.0, 0.0]]
    cells = searcher.ask(4)
    searcher.tell(cells, scores[:4])
    more = searcher.ask(4)
    searcher.tell(more, scores[4:])
    keys = SPACE.keys(np.concatenate([cells, more])).tolist()
    survivors = searcher._survivors()
    assert set(survivors[:2]) == {keys[0], keys[4]}  # the ends of the front are never crowded
    # sides of their boxes over the spread of 3: row 1 .73, row 2 1.27, row 5 .67
    assert survivors[2:] == [keys[2], keys[1]]


def test_children_have_decisions_of_their_parents_but_for_one() -> None:
    searcher = NSGA2(SPACE, seed=3, population_size=2)
    parents = np.array([[1, 1, 1, 1, 1, 1], [3, 3, 3, 3, 3, 3]], np.int8)
    searcher.tell(parents, [[0.0, 1.0], [1.0, 0.0]])
    strange = (~np.isin(searcher.ask(12), [1, 3])).sum(axis=1)
    assert (strange <= 3).all()  # mutated again where the child is known, and canonical forms drop dead edges
    assert np.median(strange) <= 1


def test_what_violates_less_survives_where_nothing_keeps_the_limits() -> None:
    searcher = NSGA2(SPACE, seed=0, population_size=5)
    asked = run(searcher, 10, limited=True)
    fittest = searcher._survivors()[0]
    kept = slack(asked)[:, 0] >= 0
    assert kept.any()
    assert fittest in SPACE.keys(asked[kept]).tolist()
    strict = NSGA2(SPACE, seed=0, population_size=5)
    cells = strict.ask(5)
    strict.tell(cells, trade(cells), slack(cells) - 9.0)
    assert strict._survivors()[0] == SPACE.keys(cells)[np.argmin(cost(cells))]


@pytest.mark.parametrize("knobs", [{"population_size": 1}, {"crossover_odds": -0.1}, {"crossover_odds": 1.1}])
def test_impossible_settings_are_refused(knobs: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(knobs)) + ": expected"):
        NSGA2(SPACE, seed=0, **knobs)
