import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import LocalSearch
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=[1, 5])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: LocalSearch(
            space, seed=seed, num_initial=request.param, candidates=candidates
        )


def neighbor_keys(key: int) -> set[int]:
    return set(SPACE.keys(SPACE.neighbors(SPACE.from_codes(np.array([key]))[0])).tolist())


def test_walks_by_first_improvement_and_restarts_at_local_optima() -> None:
    keys, place, restarts = [], None, 0
    searcher = LocalSearch(SPACE, seed=1, num_initial=3)
    score: dict[int, float] = {}
    for _ in range(400):
        cell = searcher.ask()
        key, value = int(SPACE.keys(cell)[0]), float(worth(cell)[0])
        if len(keys) >= 3 and place is None:
            place, restarts = key, restarts + 1
        elif len(keys) >= 3:
            assert key in neighbor_keys(place), "a walk looks at neighbors only"
        keys.append(key)
        score[key] = value
        searcher.tell(cell, value)
        if len(keys) == 3:
            place = max(score, key=score.get)
        place = searcher._walk.at  # where the next ask must look around
        if place is not None and len(keys) > 3 and place != key:
            assert value <= score[place], "an improvement is moved to at once"
    assert restarts > 1


def test_starts_from_the_best_of_the_initial_architectures() -> None:
    searcher = LocalSearch(SPACE, seed=2, num_initial=8)
    initial = run(searcher, 8)
    best = SPACE.keys(initial)[np.argmax(worth(initial))]
    assert int(SPACE.keys(searcher.ask())[0]) in neighbor_keys(int(best))


def test_finds_the_optimum_in_fewer_queries_than_random_order_would() -> None:
    optimum = worth(SPACE.enumerate()).max()
    queries = []
    for seed in range(5):
        scores = worth(run(LocalSearch(SPACE, seed=seed), 600))
        queries.append(np.argmax(scores == optimum) + 1 if optimum in scores else 600)
    assert np.mean(queries) < 400  # random order: 6,467 / 2


def test_batches_are_filled_up_with_random_candidates() -> None:
    searcher = LocalSearch(SPACE, seed=0, num_initial=1)
    run(searcher, 1)
    asked = SPACE.keys(searcher.ask(60))
    assert len(set(asked.tolist())) == 60


def test_no_initial_architecture_is_refused() -> None:
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        LocalSearch(SPACE, seed=0, num_initial=0)
