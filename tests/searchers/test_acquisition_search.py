import numpy as np

from surronas.searchers.acquisition_search import maximize
from surronas.searchers.history import History
from surronas.spaces import space_named

DARTS = space_named("darts")


def test_climbs_far_above_random_architectures_in_a_space_too_large_to_enumerate() -> None:
    history, weights = History(DARTS, None, 0), np.random.default_rng(1).uniform(size=DARTS.num_decisions)
    scored: list[int] = []

    def value(keys: list[int]) -> np.ndarray:
        scored.extend(keys)
        return history.pool.rows(keys) @ weights

    asked = history.at_random(5)
    history.tell(history.pool.rows(asked), [0.1, 0.2, 0.3, 0.4, 0.5])
    best = maximize(value, history, 3, {7}, np.random.default_rng(0))
    values = value(best)
    assert len(set(best)) == 3
    assert (np.diff(values) <= 0).all()
    assert not set(scored) & set(asked)
    assert values[0] > (DARTS.sample(20_000, np.random.default_rng(2)) @ weights).max()


def test_finds_all_that_are_left_of_a_few_candidates() -> None:
    rows = DARTS.sample(30, np.random.default_rng(0))
    history = History(DARTS, rows, 0)
    history.discard(rows[:20])
    closed = set(history.pool.resolve(rows[20:22]))
    left = maximize(lambda keys: np.zeros(len(keys)), history, 20, closed, np.random.default_rng(0))
    assert sorted(left) == sorted(history.pool.resolve(rows[22:]))
