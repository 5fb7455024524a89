from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import LocalSearch
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(
        params=[
            {"num_initial": 1},
            {"num_initial": 5},
            {"num_initial": 3, "improvement": "steepest", "num_restart": 2},
            {"num_initial": 2, "at_optimum": "continue"},
            {"num_initial": 2, "num_restart": 2, "known": "skip"},
        ],
        ids=["from_1", "from_5", "steepest", "continue", "skip"],
    )
    def make(self, request: pytest.FixtureRequest) -> Make:
        return partial(LocalSearch, seed=0, **request.param)


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


def test_steepest_looks_at_all_neighbors_and_moves_to_the_best() -> None:
    searcher = LocalSearch(SPACE, seed=4, num_initial=1, improvement="steepest")
    at = int(SPACE.keys(run(searcher, 1))[0])
    for _ in range(3):
        known = searcher._walk.scores
        around = neighbor_keys(at) - {at}
        run(searcher, sum(key not in known for key in around))
        best = max(around, key=lambda key: known[key])
        assert known[best] > known[at], "this seed climbs three times"
        assert searcher._walk.at == best
        at = best


def test_continues_from_the_best_architecture_not_stood_at() -> None:
    searcher = LocalSearch(SPACE, seed=0, num_initial=4, at_optimum="continue")
    stood: list[int] = []
    num_continued = 0
    for _ in range(200):
        run(searcher, 1)
        at, scores = searcher._walk.at, searcher._walk.scores
        if at is None or at in stood:
            continue
        if stood and scores[at] < scores[stood[-1]]:
            num_continued += 1
            assert scores[at] == max(scores[key] for key in scores if key not in searcher._stood - {at})
        stood.append(at)
    assert num_continued > 2


@pytest.mark.parametrize("known", ["walk", "skip"])
def test_known_neighbors_are_walked_onto_or_skipped(known: str) -> None:
    at, better = np.array([[4, 4, 4, 4, 4, 4]]), np.array([[4, 4, 4, 4, 4, 3]])
    searcher = LocalSearch(SPACE, seed=0, num_initial=1, known=known)
    first = [1, 2, 3, 1, 2, 3]
    searcher.tell([first], [0.1])
    searcher.tell(better, [0.6])  # no neighbor of the first
    searcher.discard(SPACE.neighbors(first))
    searcher.tell(at, [0.5])  # the second walk starts
    assert searcher._walk.at == SPACE.keys(at)[0]
    while searcher._walk.at == SPACE.keys(at)[0]:
        searcher.tell(searcher.ask(), 0.0)
    assert searcher._walk.at == (SPACE.keys(better)[0] if known == "walk" else None)


def test_restarts_from_the_best_of_several() -> None:
    searcher, starts = LocalSearch(SPACE, seed=0, num_initial=1, num_restart=3), 0
    asked: list[int] = []
    for _ in range(300):
        waiting = searcher._walk.at is None
        asked += SPACE.keys(run(searcher, 1)).tolist()
        if waiting and searcher._walk.at is not None and len(asked) > 1:
            starts += 1
            scores = searcher._walk.scores
            assert searcher._walk.at == max(asked[-3:], key=lambda key: scores[key])
    assert starts >= 2


@pytest.mark.parametrize("name", ["num_initial", "num_restart"])
def test_no_architecture_to_start_from_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: expected 1 or more, got 0"):
        LocalSearch(SPACE, seed=0, **{name: 0})


def test_unknown_words_are_refused() -> None:
    with pytest.raises(InputError, match="known: expected 'walk' or 'skip', got 'ask'"):
        LocalSearch(SPACE, seed=0, known="ask")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="improvement: expected 'first' or 'steepest', got 'best'"):
        LocalSearch(SPACE, seed=0, improvement="best")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at_optimum: expected 'restart' or 'continue', got 'stop'"):
        LocalSearch(SPACE, seed=0, at_optimum="stop")  # type: ignore[arg-type]
