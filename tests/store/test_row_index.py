import numpy as np
import pytest

from surronas.spaces import Cell201
from surronas.store.row_index import RowIndex


@pytest.mark.parametrize("num_decisions", [1, 6, 8, 9, 26, 40])
def test_finds_each_architecture_and_nothing_else(num_decisions: int, rng: np.random.Generator) -> None:
    everything = np.unique(rng.integers(0, 3, (20_000, num_decisions)).astype(np.int8), axis=0)
    order = rng.permutation(len(everything))
    held, others = everything[order[::2]], everything[order[1::2]]
    index = RowIndex(held)
    asked = rng.integers(0, len(held), 70_000)
    np.testing.assert_array_equal(index.find(held[asked]), asked)
    assert (index.find(others) == -1).all()


def test_architectures_that_crowd_one_place_of_the_table_are_told_apart(cell201: Cell201) -> None:
    cells = cell201.enumerate()
    index = RowIndex(cells)
    np.testing.assert_array_equal(index.find(cells[::-1]), np.arange(len(cells))[::-1])


def test_decisions_outside_their_choices_are_not_found(cell201: Cell201) -> None:
    cells = cell201.enumerate()
    assert RowIndex(cells).find(np.array([[5, 0, 0, 0, 0, 0], [-1, 0, 0, 0, 0, 0]], np.int8)).tolist() == [
        -1,
        -1,
    ]


def test_empty_tables_and_empty_questions(cell201: Cell201) -> None:
    cells = cell201.enumerate()[:3]
    assert RowIndex(cells[:0]).find(cells).tolist() == [-1, -1, -1]
    assert RowIndex(cells).find(cells[:0]).shape == (0,)
