"""Adjacency, ordinal, and encodings made of others: all that tells isomorphic architectures apart."""

import numpy as np
import pytest
from contracts.encoding_contract import EncodingContract

from surronas.encodings import (
    Encoding,
    adjacency,
    concatenate,
    live_one_hot,
    one_hot,
    ordinal,
    paths,
    standardized,
    structure,
    whole_space,
)
from surronas.errors import InputError
from surronas.spaces import Cell101, Cell201, NatsSize, SearchSpace, TransNASMacro, TransNASMicro
from surronas.spaces.cell201 import OPERATIONS

ENCODINGS = {
    "adjacency": adjacency,
    "ordinal": ordinal,
    "concatenation": concatenate(live_one_hot, paths),
    "standardized": standardized(one_hot),
    "whole space": whole_space(one_hot),
}


class TestContract(EncodingContract):
    one_graph_one_row = False

    @pytest.fixture(params=ENCODINGS)
    def encoding(self, request: pytest.FixtureRequest) -> Encoding:
        return ENCODINGS[request.param]


def test_the_adjacency_of_a_cell_with_fixed_edges_is_one_hot(cell201: Cell201) -> None:
    cells = cell201.enumerate()
    by_name = np.argsort(OPERATIONS)
    expected = one_hot(cell201, cells).reshape(-1, 6, 5)[:, :, by_name]
    np.testing.assert_array_equal(adjacency(cell201, cells).reshape(-1, 6, 5), expected)


def test_golden_adjacency() -> None:
    space = Cell101()
    cell = space.from_strings(["0110000100010000 input,conv1x1-bn-relu,maxpool3x3,output"])
    features = adjacency(space, cell)[0]
    by_target = [(s, t) for t in range(7) for s in range(t)]
    assert {by_target[i] for i in np.flatnonzero(features[:21])} == {(0, 1), (0, 2), (1, 6), (2, 6)}
    names = ["conv1x1-bn-relu", "conv3x3-bn-relu", "input", "maxpool3x3", "output"]
    on_nodes = [names[i] for i in features[21:].reshape(7, 5).argmax(axis=1)]
    assert on_nodes == ["input", names[0], "maxpool3x3", *[names[1]] * 3, "output"]


def test_the_adjacency_tells_isomorphic_cells_apart() -> None:
    space = Cell101()
    twins = space.from_strings(
        [
            "0110000100010000 input,conv1x1-bn-relu,maxpool3x3,output",
            "0110000100010000 input,maxpool3x3,conv1x1-bn-relu,output",
        ]
    )
    assert len(set(space.keys(twins).tolist())) == 1
    assert not np.array_equal(*adjacency(space, twins))


def test_golden_ordinal() -> None:
    space = NatsSize()
    features = ordinal(space, space.from_strings(["8:64:8:64:64"]))[0]
    np.testing.assert_allclose(features, [0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0.6])


def test_dead_decisions_are_zero_and_outside_the_mean() -> None:
    space = TransNASMicro()
    features = ordinal(space, np.array([[3, 0, 0, 1, 0, 0]]))[0]  # node 1 leads nowhere
    np.testing.assert_allclose(features, [0, 0, 0, 1 / 3, 0, 0, 0, 0, 0, 1, 0, 0, 1 / 3])


def test_a_concatenation_knows_whose_columns_are_whose(cell201: Cell201) -> None:
    both = concatenate(one_hot, structure, paths)
    features, groups = both(cell201, cell201.enumerate()[:50]), both.groups(cell201)
    assert features.shape[1] == len(groups)
    for number, encoding in enumerate((one_hot, structure, paths)):
        np.testing.assert_array_equal(
            features[:, groups == number], encoding(cell201, cell201.enumerate()[:50])
        )


def test_nothing_to_concatenate() -> None:
    with pytest.raises(InputError, match="at least one encoding"):
        concatenate()


def test_standardized_columns_vary_equally(cell201: Cell201) -> None:
    deviation = standardized(structure)(cell201, cell201.enumerate()).std(axis=0)
    varies = structure(cell201, cell201.enumerate()).std(axis=0) > 0
    np.testing.assert_allclose(deviation, varies)
    assert 30 < varies.sum() < len(varies)  # no cell has more than 3 convolutions on a path


def test_constant_columns_stay_as_they_are(cell201: Cell201, rng: np.random.Generator) -> None:
    def ones(space: SearchSpace, architectures: np.ndarray) -> np.ndarray:
        return np.full((len(architectures), 1), 0.1)

    np.testing.assert_array_equal(standardized(ones)(cell201, cell201.sample(3, rng)), np.full((3, 1), 0.1))


class Counting:
    """An encoding that counts its calls and the rows that it was asked for."""

    def __init__(self, width: int = 3) -> None:
        self.width, self.rows = width, []

    def __call__(self, space: SearchSpace, architectures: np.ndarray) -> np.ndarray:
        self.rows.append(len(architectures))
        return np.repeat(space.codes(architectures)[:, None] * 1.0, self.width, axis=1)


def test_a_whole_space_is_encoded_once(rng: np.random.Generator) -> None:
    counting = Counting()
    encoding = whole_space(counting)
    for space in (Cell201(), Cell201(), TransNASMicro()):
        for _ in range(3):
            cells = space.sample(20, rng)
            np.testing.assert_array_equal(encoding(space, cells)[:, 0], space.codes(cells))
    assert counting.rows == [0, 15_625, 0, 4_096]


def test_a_space_that_is_too_large_is_encoded_at_each_call(rng: np.random.Generator) -> None:
    wide, counting = Counting(width=10_000), Counting()
    whole_space(wide)(Cell201(), Cell201().sample(20, rng))
    whole_space(counting)(Cell101(), Cell101().sample(20, rng))
    assert (wide.rows, counting.rows) == ([0, 20], [20])


def test_the_whole_of_a_constrained_space() -> None:
    space = TransNASMacro()
    rows = space.enumerate()
    np.testing.assert_array_equal(whole_space(structure)(space, rows), structure(space, rows))
