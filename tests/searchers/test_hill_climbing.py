from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run

from surronas.errors import InputError
from surronas.searchers import HillClimbing, LocalSearch, Pool
from surronas.spaces import Cell201

SPACE = Cell201()
POOL = Pool(SPACE, isomorphic="keep")


class TestContract(SearcherContract):
    @pytest.fixture(params=[(1, 0), (4, 100)], ids=["no_sideways", "sideways"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        num_initial, max_sideways = request.param
        return partial(HillClimbing, seed=0, num_initial=num_initial, max_sideways=max_sideways)


def test_is_local_search_where_no_scores_are_equal() -> None:
    climbing, local = HillClimbing(SPACE, seed=3), LocalSearch(SPACE, seed=3)
    scores = np.random.default_rng(0).random(SPACE.num_codes)
    for _ in range(150):
        asked = climbing.ask()
        np.testing.assert_array_equal(local.ask(), asked)
        for searcher in (climbing, local):
            searcher.tell(asked, scores[SPACE.codes(asked)])


def steps_on_a_plateau(max_sideways: int, num_queries: int) -> list[int | None]:
    searcher = HillClimbing(SPACE, seed=0, num_initial=1, max_sideways=max_sideways, candidates=POOL)
    places = []
    for _ in range(num_queries):
        searcher.tell(searcher.ask(), 1.0)
        places.append(searcher._walk.at)
    return places


def test_crosses_a_plateau_without_standing_twice() -> None:
    places = steps_on_a_plateau(100, 100)
    assert len(set(places)) == 100, "each equal neighbor is moved to at once"


def test_goes_sideways_so_often_and_no_more() -> None:
    places = steps_on_a_plateau(3, 20)
    assert len(set(places)) == 4, "the start and three moves; then all neighbors are looked at"
    assert None in steps_on_a_plateau(3, 60), "and the walk restarts"


def test_restarts_when_a_plateau_is_exhausted() -> None:
    cells = SPACE.sample(12, np.random.default_rng(0))
    searcher = HillClimbing(SPACE, seed=0, num_initial=1, candidates=Pool(SPACE, cells, isomorphic="keep"))
    for _ in range(12):
        searcher.tell(searcher.ask(), 0.0)


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        HillClimbing(SPACE, seed=0, num_initial=0)
    with pytest.raises(InputError, match="max_sideways: expected 0 or more, got -1"):
        HillClimbing(SPACE, seed=0, max_sideways=-1)


def test_batches_follow_the_same_walk() -> None:
    searcher = HillClimbing(SPACE, seed=0)
    assert len(set(SPACE.keys(run(searcher, 5, 30)).tolist())) == 150
