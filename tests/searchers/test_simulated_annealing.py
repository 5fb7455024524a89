from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import RandomSearch, SimulatedAnnealing
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=[(1, 0.0), (5, 0.25)], ids=["frozen", "default"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        num_initial, temperature = request.param
        return partial(SimulatedAnnealing, seed=0, num_initial=num_initial, temperature=temperature)


def asked(num_asks: int, scale: float, shift: float) -> np.ndarray:
    searcher, cells = SimulatedAnnealing(SPACE, seed=0), []
    for _ in range(num_asks):
        cells.append(searcher.ask())
        searcher.tell(cells[-1], scale * worth(cells[-1]) + shift)
    return np.concatenate(cells)


def test_scores_need_no_unit() -> None:
    expected = asked(150, 1.0, 0.0)
    for scale, shift in ((1024.0, 0.0), (2.0**-20, 0.0), (1.0, -64.0)):
        np.testing.assert_array_equal(asked(150, scale, shift), expected)


def downhill_moves(**settings: float) -> int:
    moves = 0
    for seed in range(2):
        searcher = SimulatedAnnealing(SPACE, seed=seed, **settings)
        for _ in range(100):
            before, score = searcher._at, searcher._score
            run(searcher, 1)
            moves += before is not None and searcher._at is not None and searcher._score < score
    return moves


def test_hotter_goes_down_more_often_and_frozen_never() -> None:
    assert downhill_moves(temperature=0.0) == 0
    mild, hot = downhill_moves(temperature=0.25), downhill_moves(temperature=4.0, cooling=1.0)
    assert 0 < mild < hot / 2


def test_a_walk_goes_from_neighbor_to_neighbor() -> None:
    searcher = SimulatedAnnealing(SPACE, seed=1)
    run(searcher, 10)
    for _ in range(100):
        around = {searcher._at, *searcher._around}
        run(searcher, 1)
        assert searcher._at is None or len(around) == 1 or searcher._at in around


def test_restarts_hot_where_all_neighbors_are_known() -> None:
    searcher, restarts = SimulatedAnnealing(SPACE, seed=0), 0
    for _ in range(300):
        waiting = searcher._at is None
        run(searcher, 1)
        if waiting and searcher._at is not None:
            restarts += 1
            assert searcher._temperature == pytest.approx(0.25 * 0.98)
    assert restarts > 1


def test_moves_to_what_was_told_only_if_it_is_better() -> None:
    searcher = SimulatedAnnealing(SPACE, seed=0, num_initial=1)
    searcher.tell([[4, 4, 4, 4, 4, 4]], [0.5])
    at = searcher._at
    searcher.tell([[2, 2, 2, 2, 2, 2]], [0.4])
    assert searcher._at == at
    searcher.tell([[3, 3, 3, 3, 3, 3]], [0.6])
    assert searcher._at != at


def test_finds_more_than_random_search() -> None:
    found = [worth(run(SimulatedAnnealing(SPACE, seed=seed), 150)).max() for seed in range(4)]
    at_random = [worth(RandomSearch(SPACE, seed=seed).ask(150)).max() for seed in range(4)]
    assert np.mean(found) > np.mean(at_random)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_initial": 0}, "num_initial: expected 1 or more, got 0"),
        ({"temperature": -1.0}, "temperature: expected a finite number >= 0, got -1"),
        ({"temperature": np.inf}, "temperature: expected a finite number >= 0, got inf"),
        ({"cooling": 0.0}, r"cooling: expected a factor in \(0, 1\], got 0"),
        ({"cooling": 1.01}, r"cooling: expected a factor in \(0, 1\], got 1.01"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SimulatedAnnealing(SPACE, seed=0, **settings)
