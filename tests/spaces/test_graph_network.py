from itertools import product

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError
from surronas.spaces import Architectures, SearchSpace
from surronas.spaces.graph_network import OPERATIONS, SKIP, GraphNetwork
from surronas.spaces.known import space_named

EXAMPLE = "Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])"  # of the benchmark's README, which calls it the
SAME = (
    "Arch([0, 1, 1, 3], ['gcn', 'cheb', 'gin', 'fc'])"  # same as [0, 1, 1, 2]: its own code says [0, 1, 1, 3]
)


@pytest.fixture
def space() -> GraphNetwork:
    return GraphNetwork()


@pytest.fixture(scope="module")
def arch_class() -> type:
    """The benchmark's own ``Arch``."""
    return pytest.importorskip("nas_bench_graph", reason="pip install nas-bench-graph").Arch


def hashes(arch: type, networks: Architectures) -> np.ndarray:
    """Return (n,) the benchmark's own numbers of networks."""
    return np.array(
        [
            arch([0, *row[:3]], [OPERATIONS[op] for op in row[3:]]).valid_hash()  # type: ignore[attr-defined]
            for row in networks.tolist()
        ]
    )


class TestGraphNetworkContract(SpaceContract):
    LIVE_EDGES = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return GraphNetwork()

    def test_forbidden_combinations_are_refused(self, space: SearchSpace) -> None:
        for links in product(range(2), range(3), range(4)):
            with pytest.raises(ArchitectureError, match="row 1 is no architecture of space 'graph_network'"):
                space.validate([[0] * 7, [*links, *[SKIP] * 4]])


def test_the_space_is_known_by_its_name() -> None:
    assert isinstance(space_named("graph_network"), GraphNetwork)


def test_has_the_published_number_of_classes(space: GraphNetwork) -> None:
    everything = space.enumerate()
    assert len(everything) == 157_440
    assert len(np.unique(space.keys(everything))) == 26_206


def test_classes_are_those_of_the_benchmarks_own_code(space: GraphNetwork, arch_class: type) -> None:
    networks = space.sample(5_000, np.random.default_rng(5))
    kept = space.canonical(networks)
    np.testing.assert_array_equal(hashes(arch_class, networks), hashes(arch_class, kept))
    everything = np.unique(space.canonical(space.enumerate()), axis=0)
    assert len(np.unique(hashes(arch_class, everything))) == 26_206


@pytest.mark.slow
def test_every_network_is_of_the_benchmarks_own_class(space: GraphNetwork, arch_class: type) -> None:
    everything = space.enumerate()
    _, ours = np.unique(space.keys(everything), return_inverse=True)
    _, theirs = np.unique(hashes(arch_class, everything), return_inverse=True)
    pairs = np.unique(np.stack([ours, theirs]), axis=1)
    assert pairs.shape[1] == len(np.unique(ours)) == len(np.unique(theirs)) == 26_206


def test_reads_the_benchmarks_notation_with_and_without_its_class(space: GraphNetwork) -> None:
    rows = space.from_strings(
        [EXAMPLE, "[0,1,2,1], ['gcn','gin','fc','cheb']", "([0,1,2,1],[gcn,gin,fc,cheb])"]
    )
    np.testing.assert_array_equal(rows, [[1, 2, 1, 1, 2, 7, 3]] * 3)
    assert space.to_strings(rows[:1]) == [EXAMPLE]


def test_one_tree_numbered_in_two_ways_is_one_network(space: GraphNetwork) -> None:
    one, same = space.keys(space.from_strings([EXAMPLE, SAME]))
    assert one == same


def test_a_skip_that_only_passes_on_may_stand_anywhere(space: GraphNetwork) -> None:
    texts = [
        f"Arch([0, 1, 2, 3], {ops})" for ops in (["skip", "gcn", "gat", "fc"], ["gcn", "gat", "skip", "fc"])
    ]
    assert len(np.unique(space.keys(space.from_strings(texts)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc'])",
        "Arch([0, 1, 2, 4], ['gcn', 'gin', 'fc', 'cheb'])",  # node 4 would read itself
        "Arch([1, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])",
        "Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb']",
        "Arch([0, 1, 2], ['gcn', 'gin', 'fc', 'cheb'])",
        "|nor_conv_3x3~0|",
    ],
)
def test_malformed_strings_are_refused(space: GraphNetwork, text: str) -> None:
    with pytest.raises(ArchitectureError, match="malformed graph_network string"):
        space.from_strings([text])


def test_unknown_operations_are_refused(space: GraphNetwork) -> None:
    with pytest.raises(ArchitectureError, match=r"unknown operation 'gru' in .* expected one of gat, gcn"):
        space.from_strings(["Arch([0, 1, 2, 1], ['gcn', 'gru', 'fc', 'cheb'])"])


def test_the_graph_has_operations_on_its_nodes_and_gathers_the_leaves(space: GraphNetwork) -> None:
    graph = space.graph(space.from_strings(EXAMPLE))
    assert graph.node_operations == ("input", "gcn", "gin", "fc", "cheb", "output")
    wires = [(source, target) for source, target, _ in graph.edges]
    assert wires == [(0, 1), (1, 2), (2, 3), (1, 4), (3, 5), (4, 5)]
    assert graph.live_edges() == graph.edges
