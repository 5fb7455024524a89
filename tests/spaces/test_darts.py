from itertools import permutations

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces.darts import OPERATIONS, PAIRS, Darts

SPACE = Darts()
# DARTS_V2 of the authors' genotypes.py: the edges of a node come in either order
DARTS_V2 = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), "
    "('max_pool_3x3', 1), ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
networks = st.tuples(*[st.integers(0, int(c) - 1) for c in SPACE.num_choices]).map(
    lambda row: np.array([row], dtype=np.int8)
)


class TestContract(SpaceContract):
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> Darts:
        return SPACE


def test_counts_its_networks_and_neighbors() -> None:
    assert SPACE.num_architectures == (7**8 * 3 * 6 * 10) ** 2  # 1.1e18: "10^18" of NAS-Bench-301
    assert len(SPACE.neighbors(SPACE.from_strings(DARTS_V2))) == 2 * (8 * 6 + 2 + 5 + 9)


def test_reads_the_genotype_of_the_authors() -> None:
    network = SPACE.from_strings(DARTS_V2)
    normal, reduce = SPACE.to_edges(network)[0]
    sep, skip = OPERATIONS.index("sep_conv_3x3"), OPERATIONS.index("skip_connect")
    dil, pool = OPERATIONS.index("dil_conv_3x3"), OPERATIONS.index("max_pool_3x3")
    assert normal == [(0, sep), (1, sep), (0, sep), (1, sep), (0, skip), (1, sep), (0, skip), (2, dil)]
    assert reduce[2:4] == [(1, pool), (2, skip)]
    ranges = DARTS_V2.replace("[2, 3, 4, 5]", "range(2, 6)")
    np.testing.assert_array_equal(SPACE.from_strings([ranges]), network)


def test_the_graph_puts_the_reduction_cell_after_the_normal_cell() -> None:
    graph = SPACE.graph(SPACE.from_strings(DARTS_V2))
    assert graph.num_nodes == 15
    assert len(graph.live_edges()) == len(graph.edges) == 2 * (2 + 8 + 4)
    assert [edge for edge in graph.edges if edge[1] == 6] == [(1, 6, "skip_connect"), (3, 6, "dil_conv_3x3")]
    assert [edge for edge in graph.edges if edge[1] == 11] == [
        (9, 11, "max_pool_3x3"),
        (10, 11, "skip_connect"),
    ]


def renumbered(cell: list[tuple[int, int]], order: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """The edges of a cell whose node j is node order[j] of the given one, None if that is no valid order."""
    number = {0: 0, 1: 1} | {2 + old: 2 + new for new, old in enumerate(order)}
    edges = [(number[source], op) for node in order for source, op in cell[2 * node : 2 * node + 2]]
    later = [source >= 2 + edge // 2 for edge, (source, _) in enumerate(edges)]
    return None if any(later) else edges


@settings(max_examples=30, deadline=None)
@given(networks)
def test_the_numbering_of_nodes_does_not_matter(network: np.ndarray) -> None:
    normal, reduce = SPACE.to_edges(network)[0]
    orders = list(permutations(range(4)))
    twins = SPACE.from_edges(
        [
            (a, b)
            for a in filter(None, (renumbered(list(normal), order) for order in orders))
            for b in filter(None, (renumbered(list(reduce), order) for order in orders))
        ]
    )
    assert (SPACE.keys(twins) == SPACE.keys(network)).all()
    assert SPACE.keys(network)[0] == SPACE.codes(twins).min() <= SPACE.codes(network)[0]


@given(networks, st.integers(0, 15), st.integers(1, 6))
def test_another_operation_is_another_class(network: np.ndarray, edge: int, shift: int) -> None:
    changed = [list(cell) for cell in SPACE.to_edges(network)[0]]
    source, operation = changed[edge // 8][edge % 8]
    changed[edge // 8][edge % 8] = (source, (operation + shift) % 7)
    assert SPACE.keys(SPACE.from_edges([(changed[0], changed[1])]))[0] != SPACE.keys(network)[0]


def test_pairs_are_all_pairs_of_earlier_nodes() -> None:
    assert [len(set(pairs)) for pairs in PAIRS] == [1, 3, 6, 10]
    assert all(low < high < node + 2 for node, pairs in enumerate(PAIRS) for low, high in pairs)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sep_conv_3x3", "sep_conv_9x9", "unknown operation 'sep_conv_9x9'"),
        ("sep_conv_3x3", "none", "unknown operation 'none'; expected one of max_pool_3x3"),
        ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 0)", "expected node 5 to have two different inputs"),
        (
            "('dil_conv_3x3', 2)",
            "('dil_conv_3x3', 5)",
            "two different inputs from 0 to 4, got 0 and 5",
        ),
        (", ('dil_conv_3x3', 2)", "", "expected 8 edges a cell, two for each node, got 7"),
        ("[2, 3, 4, 5]", "[2, 3, 4]", "malformed darts genotype"),
        ("Genotype", "genotype", "malformed darts genotype"),
        ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 2) x", "malformed darts genotype"),
    ],
)
def test_malformed_genotypes_are_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_strings([DARTS_V2.replace(old, new)])


def test_operations_out_of_range_are_refused() -> None:
    normal, reduce = SPACE.to_edges(SPACE.from_strings(DARTS_V2))[0]
    with pytest.raises(ArchitectureError, match="expected operations 0 to 6 at node 2, got 7, 3"):
        SPACE.from_edges([([(0, 7), *normal[1:]], reduce)])
