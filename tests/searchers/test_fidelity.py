import numpy as np
import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make, run

from surronas.errors import InputError
from surronas.searchers import InFull, LocalSearch, RandomSearch
from surronas.searchers.fidelity import rungs
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[RandomSearch, LocalSearch])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: InFull(
            request.param(space, seed=seed, candidates=candidates), max_epochs=9
        )

    test_learns_from_trainings_it_did_not_ask = None  # it learns from complete ones alone


def test_asks_what_the_plain_searcher_asks() -> None:
    cells, epochs = run(InFull(RandomSearch(SPACE, seed=3), max_epochs=9), 10)
    np.testing.assert_array_equal(cells, RandomSearch(SPACE, seed=3).ask(10))
    assert (epochs == 9).all()


def test_scores_of_fewer_epochs_are_not_passed_on() -> None:
    searcher = InFull(RandomSearch(SPACE, seed=3), max_epochs=9)
    cells, _ = searcher.ask(4)
    searcher.tell(cells, np.ones(4), [9, 8, 1, 9])
    np.testing.assert_array_equal(searcher.ask(2)[0], cells[1:3])


def test_no_epochs_are_refused() -> None:
    with pytest.raises(InputError, match="max_epochs: expected 1 or more, got 0"):
        InFull(RandomSearch(SPACE, seed=0), max_epochs=0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((1, 81, 3), [1, 3, 9, 27, 81]),
        ((4, 108, 3), [4, 12, 36, 108]),  # NAS-Bench-101
        ((12, 200, 200 / 12), [12, 200]),  # NAS-Bench-201
        ((1, 6, 2), [2, 3, 6]),
        ((1, 5, 2), [1, 3, 5]),
        ((7, 7, 3), [7]),
        ((1, 2, 3), [2]),
    ],
)
def test_rungs(given: tuple[int, int, float], expected: list[int]) -> None:
    assert rungs(*given) == expected
