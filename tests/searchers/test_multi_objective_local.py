import numpy as np
import pytest
from contracts.multi_objective_contract import Make, MultiObjectiveContract, slack, trade

from surronas.errors import InputError
from surronas.metrics import pareto_front
from surronas.searchers.multi_objective_local import MultiObjectiveLocalSearch
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(MultiObjectiveContract):
    @pytest.fixture(params=[1, 10])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: MultiObjectiveLocalSearch(
            space, seed=seed, num_initial=request.param, candidates=candidates
        )


@pytest.mark.parametrize("limited", [False, True])
def test_asks_neighbors_of_the_front_so_far(limited: bool) -> None:
    searcher = MultiObjectiveLocalSearch(SPACE, seed=1, num_initial=3)
    asked = np.empty((0, 6), np.int8)
    for query in range(60):
        cell = searcher.ask()
        if query >= 3:
            kept = slack(asked)[:, 0] >= 0 if limited else np.ones(len(asked), bool)
            front = asked[kept][pareto_front(trade(asked[kept]))] if kept.any() else asked
            around = SPACE.keys(np.concatenate([SPACE.neighbors(member) for member in front]))
            assert SPACE.keys(cell)[0] in around
        searcher.tell(cell, trade(cell), *([slack(cell)] if limited else []))
        asked = np.concatenate([asked, cell])


def test_starts_anew_where_all_neighborhoods_are_known() -> None:
    cells = SPACE.canonical(SPACE.sample(4, np.random.default_rng(0)))  # none a neighbor of another
    searcher = MultiObjectiveLocalSearch(SPACE, seed=0, num_initial=1, candidates=cells)
    for _ in range(4):
        cell = searcher.ask()
        searcher.tell(cell, trade(cell))


def test_no_initial_architecture_is_refused() -> None:
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        MultiObjectiveLocalSearch(SPACE, seed=0, num_initial=0)
