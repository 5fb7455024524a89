import numpy as np
import pytest
from contracts.encoding_contract import EncodingContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.encodings import Encoding, live_one_hot, live_one_hot_counts, one_hot
from surronas.spaces import Cell101, Cell201, GptBench

SPACE = Cell201()
cells = st.lists(st.integers(0, 4), min_size=6, max_size=6).map(lambda ops: np.array([ops], dtype=np.int8))


class TestContract(EncodingContract):
    one_graph_one_row = False

    @pytest.fixture(params=[one_hot, live_one_hot, live_one_hot_counts])
    def encoding(self, request: pytest.FixtureRequest) -> Encoding:
        return request.param


@given(cells)
def test_one_hot_marks_the_choice_of_each_decision(cell: np.ndarray) -> None:
    blocks = one_hot(SPACE, cell).reshape(6, 5)
    np.testing.assert_array_equal(blocks.argmax(axis=1), cell[0])
    np.testing.assert_array_equal(blocks.sum(axis=1), 1)


@given(cells)
def test_every_decision_is_dead_or_has_one_choice(cell: np.ndarray) -> None:
    features = live_one_hot(SPACE, cell)[0]
    dead, blocks = features[:6], features[6:].reshape(6, 5)
    np.testing.assert_array_equal(dead + blocks.sum(axis=1), 1)
    np.testing.assert_array_equal(dead == 0, SPACE.live(cell)[0])


@given(cells, st.integers(0, 5), st.integers(0, 4))
def test_changing_a_dead_decision_changes_no_feature(cell: np.ndarray, decision: int, choice: int) -> None:
    other = cell.copy()
    other[0, decision] = choice
    stays_dead = not (SPACE.live(cell) | SPACE.live(other))[0, decision]
    for encoding in (live_one_hot, live_one_hot_counts):
        if stays_dead:
            np.testing.assert_array_equal(encoding(SPACE, other), encoding(SPACE, cell))
        elif not np.array_equal(cell, other):
            assert not np.array_equal(encoding(SPACE, other), encoding(SPACE, cell))


@given(cells)
def test_counts_are_those_of_live_operations(cell: np.ndarray) -> None:
    live = SPACE.live(cell)[0]
    counts = live_one_hot_counts(SPACE, cell)[0, 36:]
    np.testing.assert_array_equal(counts, np.bincount(cell[0][live], minlength=5))


def test_golden_cell() -> None:
    # 1<-0 conv3x3, 2<-0 none, 2<-1 skip, 3<-0 pool, 3<-1 conv1x1, 3<-2 none: node 2 leads nowhere
    features = live_one_hot_counts(SPACE, np.array([3, 0, 1, 4, 2, 0], dtype=np.int8))[0]
    assert np.flatnonzero(features[:6]).tolist() == [1, 2, 5]
    assert np.flatnonzero(features[6:36]).tolist() == [3, 15 + 4, 20 + 2]
    assert features[36:].tolist() == [0, 0, 1, 1, 1]


class Mixed(Cell201):
    """Decisions of different sizes, choice 0 a real operation, decision 2 always dead."""

    num_choices = np.array([2, 3, 4, 2])

    def live(self, architectures: np.ndarray) -> np.ndarray:
        return np.ones(architectures.shape, dtype=bool) & [True, True, False, True]


def test_decisions_of_different_sizes_are_counted_apart() -> None:
    features = live_one_hot_counts(Mixed(), np.array([[0, 2, 3, 0], [1, 0, 0, 0]]))
    np.testing.assert_array_equal(features[:, :4], [[0, 0, 1, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(
        features[:, 4:15], [[1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], [0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0]]
    )
    np.testing.assert_array_equal(features[:, 15:], [[2, 0], [1, 1]])


def test_absent_layers_are_dead_decisions() -> None:
    space = GptBench("s")
    shallow = space.from_strings(["gpt-s-10-384-" + "2-" * 10 + "4-" * 10 + "False"])
    dead = live_one_hot(space, shallow)[0, : space.num_decisions]
    assert dead.tolist() == [0] * (3 + 2 * 10) + [1] * (space.num_decisions - 23)


def test_edges_and_operations_of_nodes_are_counted_apart() -> None:
    space = Cell101()
    cell = space.from_strings(["0110001100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output"])
    edges_off, edges_on, *operations = live_one_hot_counts(space, cell)[0, -5:]
    assert (edges_off, edges_on, operations) == (0, 5, [1, 1, 0])
