import numpy as np
import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make

from surronas.errors import InputError
from surronas.searchers import ASHA
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[3, 2])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: ASHA(
            space, seed=seed, candidates=candidates, max_epochs=9, eta=request.param
        )


def test_promotes_as_soon_as_one_is_in_the_best_third() -> None:
    searcher = ASHA(SPACE, seed=0, max_epochs=9)
    for score in (0.3, 0.2):
        cell, epochs = searcher.ask()
        assert epochs == 1
        searcher.tell(cell, [score], epochs)
    third, epochs = searcher.ask()
    searcher.tell(third, [0.4], epochs)
    promoted, epochs = searcher.ask()
    assert epochs == 3
    np.testing.assert_array_equal(promoted, third)
    cell, epochs = searcher.ask(pending=(promoted, epochs))
    assert epochs == 1  # nobody waits for what is pending


def test_looks_at_high_rungs_first() -> None:
    searcher = ASHA(SPACE, seed=0, max_epochs=9)
    cells = SPACE.canonical(SPACE.sample(12, np.random.default_rng(0)))
    searcher.tell(cells[:9], np.arange(9.0), 1)
    searcher.tell(cells[6:9], [6.0, 7.0, 8.0], 3)
    promoted, epochs = searcher.ask()
    assert epochs == 9
    np.testing.assert_array_equal(promoted[0], cells[8])


def test_failures_count_as_the_worst_of_their_rung() -> None:
    searcher = ASHA(SPACE, seed=0, max_epochs=9)
    cells, _ = searcher.ask(3)
    searcher.discard(cells[:2], 1)
    assert searcher.ask()[1] == 1
    searcher.tell(cells[2:], [0.1], 1)
    promoted, epochs = searcher.ask()
    assert epochs == 3
    np.testing.assert_array_equal(promoted, cells[2:])


def test_a_score_told_again_replaces_the_first() -> None:
    searcher = ASHA(SPACE, seed=0, max_epochs=9)
    cells, _ = searcher.ask(3)
    searcher.tell(cells, [0.3, 0.2, 0.1], 1)
    searcher.tell(cells[2:], [0.4], 1)
    np.testing.assert_array_equal(searcher.ask()[0], cells[2:])


def test_settings_that_can_not_be_are_refused() -> None:
    with pytest.raises(InputError, match="expected 1 <= min_epochs <= max_epochs, got 10 and 9"):
        ASHA(SPACE, seed=0, min_epochs=10, max_epochs=9)
