"""What encodings of live graphs have in common."""

import numpy as np
import pytest
from contracts.encoding_contract import EncodingContract
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.encodings import (
    Encoding,
    Paths,
    canonical_one_hot,
    operation_counts,
    path_counts,
    paths,
    structure,
    weisfeiler_lehman,
)
from surronas.spaces import Cell101, Cell201, GraphNetwork, NASBenchMacro, TransNASMicro

ENCODINGS = {
    "canonical_one_hot": canonical_one_hot,
    "operation_counts": operation_counts,
    "structure": structure,
    "paths": paths,
    "path_counts": path_counts,
    "paths without skips": Paths(counted=True, ignored=("skip_connect",)),
    "weisfeiler_lehman": weisfeiler_lehman,
}
cells = st.lists(st.integers(0, 4), min_size=6, max_size=6).map(lambda ops: np.array([ops], dtype=np.int8))


class TestContract(EncodingContract):
    @pytest.fixture(params=ENCODINGS)
    def encoding(self, request: pytest.FixtureRequest) -> Encoding:
        return ENCODINGS[request.param]


@settings(max_examples=30)
@given(cells, st.integers(0, 5), st.integers(0, 4))
def test_dead_edges_do_not_count(cell: np.ndarray, edge: int, operation: int) -> None:
    space, other = TransNASMicro(), np.minimum(cell, 3)
    cell = other.copy()
    other[0, edge] = min(operation, 3)
    if not (space.live(cell) | space.live(other))[0, edge]:
        for encoding in ENCODINGS.values():
            np.testing.assert_array_equal(encoding(space, other), encoding(space, cell))


@pytest.mark.parametrize("name", ["structure", "path_counts", "weisfeiler_lehman"])
def test_cells_that_differ_by_one_operation_differ(name: str) -> None:
    space = Cell201()
    convolutions = np.array([3, 3, 3, 3, 3, 3], np.int8)
    around = space.neighbors(convolutions)
    features = ENCODINGS[name](space, np.vstack([convolutions, around]))
    assert (features[1:] != features[0]).any(axis=1).all()


@pytest.mark.parametrize("name", sorted(ENCODINGS))
def test_relabelled_vertices_change_nothing(name: str) -> None:
    space = Cell101()
    one = "0110001100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output"
    diamond = ["0110000100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output"]
    diamond += ["0110000100010000 input,conv3x3-bn-relu,conv1x1-bn-relu,output"]
    twins = ENCODINGS[name](space, space.from_strings(diamond))
    np.testing.assert_array_equal(*twins)
    if name != "operation_counts":
        assert not np.array_equal(ENCODINGS[name](space, space.from_strings([one]))[0], twins[0])


def test_cells_without_a_path_have_no_operations() -> None:
    space, nothing = Cell201(), np.array([[3, 0, 0, 0, 0, 0]], np.int8)
    for encoding in (operation_counts, paths, structure):
        assert not encoding(space, nothing).any()


def test_order_of_layers_in_a_stage_counts_but_not_where_identities_stand() -> None:
    space = NASBenchMacro()
    a, b, c = weisfeiler_lehman(space, space.from_strings(["11102110", "11120110", "11210110"]))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_networks_with_an_operation_more_are_further_along() -> None:
    space = GraphNetwork()
    chain, star = space.from_strings(
        [
            "Arch([0, 1, 2, 3], ['gcn', 'gcn', 'gcn', 'gcn'])",
            "Arch([0, 0, 0, 0], ['gcn', 'gcn', 'gcn', 'gcn'])",
        ]
    )
    np.testing.assert_array_equal(*operation_counts(space, np.stack([chain, star])))
    assert not np.array_equal(*structure(space, np.stack([chain, star])))
