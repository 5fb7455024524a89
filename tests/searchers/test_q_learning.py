from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import QLearning, RandomSearch
from surronas.spaces import Cell201, space_named

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=[1, 100], ids=["greedy", "default"])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return partial(QLearning, seed=0, num_exploring=request.param)


def test_one_replay_is_equation_3_with_a_share_of_the_reward_each() -> None:
    searcher = QLearning(SPACE, seed=0, learning_rate=0.5, num_replayed=1)
    before = searcher._q.copy()
    row = [1, 2, 3, 4, 0, 1]
    searcher.tell([row], [7.0])  # the only score: half of it is lower
    states = [0, *(choice + 1 for choice in row[:-1])]
    expected = 0.0
    for i in range(5, -1, -1):
        target = 0.5 / 6 + expected
        assert searcher._q[i, states[i], row[i]] == pytest.approx(
            before[i, states[i], row[i]] + 0.5 * (target - before[i, states[i], row[i]])
        )
        expected = searcher._q[i, states[i]].max()
    assert (searcher._q != before).sum() == 6


def test_repeated_replays_are_as_many_steps() -> None:
    many, one = (
        QLearning(SPACE, seed=0, learning_rate=a, num_replayed=n) for a, n in ((0.1, 5), (1 - 0.9**5, 1))
    )
    for searcher in (many, one):
        searcher.tell([[1, 2, 3, 4, 0, 1]], [7.0])
    np.testing.assert_allclose(many._q, one._q)


def test_scores_need_no_unit() -> None:
    asked = []
    for scale in (1.0, 1e6):
        searcher = QLearning(SPACE, seed=0, num_exploring=20)
        for _ in range(40):
            cell = searcher.ask()
            searcher.tell(cell, scale * worth(cell))
        asked.append(searcher.ask(5))
    np.testing.assert_array_equal(*asked)


def test_greedy_choices_are_learnt_for_early_and_late_decisions() -> None:
    searcher = QLearning(SPACE, seed=0)
    cells = SPACE.sample(400, np.random.default_rng(0))
    searcher.tell(cells, (cells == 3).sum(axis=1))
    assert ((searcher.ask(20) == 3).mean(axis=0) > 0.5).all()


def test_parts_of_a_constrained_space_make_architectures() -> None:
    space = space_named("cell101")
    searcher = QLearning(space, seed=0)
    for _ in range(6):
        asked = searcher.ask(3)
        assert space.allowed(asked).all()
        searcher.tell(asked, asked.sum(axis=1))


def test_finds_more_than_random_search() -> None:
    found = [worth(run(QLearning(SPACE, seed=seed), 200)).max() for seed in range(4)]
    at_random = [worth(RandomSearch(SPACE, seed=seed).ask(200)).max() for seed in range(4)]
    assert np.mean(found) > np.mean(at_random)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_exploring": 0}, "num_exploring: expected 1 or more, got 0"),
        ({"num_replayed": 0}, "num_replayed: expected 1 or more, got 0"),
        ({"learning_rate": 0.0}, r"learning_rate: expected a number in \(0, 1\], got 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        QLearning(SPACE, seed=0, **settings)
