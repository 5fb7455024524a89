import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.searchers import RandomSearch
from surronas.spaces import Cell201

SPACE = Cell201()
POOL = SPACE.sample(60, np.random.default_rng(0))


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: RandomSearch(space, seed=seed, candidates=candidates)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_the_order_is_the_same_whatever_the_batches(batches: list[int], seed: int) -> None:
    whole = RandomSearch(SPACE, seed=seed, candidates=POOL).ask(sum(batches))
    searcher = RandomSearch(SPACE, seed=seed, candidates=POOL)
    parts = [run(searcher, 1, batch) for batch in batches]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_every_network_is_as_likely_as_another() -> None:
    first = [RandomSearch(SPACE, seed=seed, candidates=POOL[:10]).ask()[0] for seed in range(500)]
    _, counts = np.unique(SPACE.keys(np.array(first)), return_counts=True)
    assert counts.min() > 25
    assert counts.max() < 90


def test_the_whole_space_has_6466_distinct_candidates() -> None:
    asked = RandomSearch(SPACE, seed=0).ask(6466)
    np.testing.assert_array_equal(SPACE.canonical(asked), asked)
