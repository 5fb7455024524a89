from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import Pool, RandomSearch, Reinforce
from surronas.spaces import Cell201, space_named

SPACE = Cell201()
KEEP = Pool(SPACE, isomorphic="keep")


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return partial(Reinforce, seed=0)


def test_one_step_is_the_published_one() -> None:
    """By hand from exps/NATS-algos/reinforce.py: two rewards, Adam, the moving average taken in first."""
    searcher = Reinforce(SPACE, seed=0, learning_rate=0.01)
    before = searcher._logits.copy()
    searcher.tell([[4, 4, 4, 4, 4, 4]], [60.0])
    np.testing.assert_allclose(searcher._logits, before, atol=1e-8)  # the first score is its own baseline
    searcher.tell([[3, 2, 1, 2, 3, 1]], [80.0])
    baseline = (0.9 * 6.0 + 8.0) / (0.9 * 0.1 + 0.1)
    probability = np.exp(before) / np.exp(before).sum(axis=1, keepdims=True)
    gradient = (80.0 - baseline) * (np.eye(5)[[3, 2, 1, 2, 3, 1]] - probability)
    m, v = 0.1 * gradient / (1 - 0.9**2), 0.001 * gradient**2 / (1 - 0.999**2)
    np.testing.assert_allclose(searcher._logits, before + 0.01 * m / (np.sqrt(v) + 1e-8), atol=1e-7)


def test_dead_decisions_get_no_credit() -> None:
    searcher = Reinforce(SPACE, seed=0, candidates=KEEP)
    before = searcher._logits.copy()
    cell = np.array([[0, 0, 4, 1, 0, 0]])  # only 3<-0 takes part
    searcher.tell(np.repeat(cell, 3, axis=0), [0.1, 0.5, 0.9])
    moved = (searcher._logits != before).any(axis=1)
    np.testing.assert_array_equal(moved, SPACE.live(cell)[0])


def test_the_policy_comes_to_prefer_what_scores_high() -> None:
    searcher = Reinforce(SPACE, seed=0, repeats=True, candidates=KEEP)
    for _ in range(300):
        asked = searcher.ask()
        searcher.tell(asked, (asked == 3).sum(axis=1))
    assert (searcher._policy()[:, 3] > 0.9).all()
    assert len(np.unique(searcher.ask(20), axis=0)) < 10


def test_constant_scores_teach_nothing() -> None:
    searcher = Reinforce(SPACE, seed=0)
    for _ in range(50):
        searcher.tell(searcher.ask(), 0.3)
    np.testing.assert_allclose(searcher._policy(), 0.2, atol=1e-3)


def test_asks_by_the_policy_among_a_few_candidates() -> None:
    cells = SPACE.canonical(np.array([[3, 3, 3, 3, 3, 3], [2, 2, 2, 2, 2, 2], [1, 1, 3, 1, 2, 1]]))
    first = []
    for seed in range(20):
        searcher = Reinforce(SPACE, seed=seed, candidates=cells)
        searcher._logits[:, 3] += 1.0
        first.append(searcher.ask()[0].tolist())
    assert first.count([3, 3, 3, 3, 3, 3]) > 15


def test_draws_of_a_constrained_space_are_architectures() -> None:
    space = space_named("cell101")
    searcher = Reinforce(space, seed=0)
    for _ in range(6):
        asked = searcher.ask(3)
        assert space.allowed(asked).all()
        searcher.tell(asked, asked.sum(axis=1))


def test_finds_more_than_random_search() -> None:
    found = [worth(run(Reinforce(SPACE, seed=seed), 200)).max() for seed in range(4)]
    at_random = [worth(RandomSearch(SPACE, seed=seed).ask(200)).max() for seed in range(4)]
    assert np.mean(found) > np.mean(at_random)


def test_settings_that_make_no_sense_are_refused() -> None:
    for rate in (0.0, np.inf):
        with pytest.raises(InputError, match="learning_rate: expected a finite number > 0"):
            Reinforce(SPACE, seed=0, learning_rate=rate)
    with pytest.raises(InputError, match=r"momentum: expected a number in \[0, 1\), got 1"):
        Reinforce(SPACE, seed=0, momentum=1.0)
