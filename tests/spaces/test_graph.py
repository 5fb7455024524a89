import pytest

from surronas.errors import InputError
from surronas.spaces import IDENTITY, Graph


def test_edges_on_no_path_are_dead() -> None:
    edges = (
        (0, 1, "conv"),
        (1, 2, "none"),  # gives nothing
        (0, 3, "pool"),  # node 3 leads nowhere
        (2, 4, "conv"),  # nothing reaches node 2
        (1, 4, "skip"),
    )
    assert Graph(5, edges).live_edges() == ((0, 1, "conv"), (1, 4, "skip"))


def test_liveness_does_not_depend_on_the_order_of_edges() -> None:
    edges = ((2, 3, "c"), (0, 1, "a"), (1, 2, "b"))
    assert Graph(4, edges).live_edges() == edges
    assert Graph(4, edges[::-1]).live_edges() == edges[::-1]


def test_a_graph_without_a_path_has_no_live_edges() -> None:
    assert Graph(3, ((0, 1, "conv"), (1, 2, "none"))).live_edges() == ()


def test_equal_graphs_are_one_dictionary_key() -> None:
    assert len({Graph(2, ((0, 1, "conv"),)), Graph(2, ((0, 1, "conv"),))}) == 1


@pytest.mark.parametrize("edge", [(1, 1, "conv"), (2, 1, "conv"), (-1, 1, "conv"), (0, 3, "conv")])
def test_edges_that_are_not_in_topological_order_are_refused(edge: tuple[int, int, str]) -> None:
    message = rf"edge {edge[0]}->{edge[1]} \(conv\): .* < 3; number the nodes in topological order"
    with pytest.raises(InputError, match=message):
        Graph(3, (edge,))


def test_operations_on_nodes_are_one_for_each_node() -> None:
    graph = Graph(3, ((0, 1, IDENTITY), (1, 2, IDENTITY)), ("input", "conv", "output"))
    assert graph.live_edges() == graph.edges
    with pytest.raises(InputError, match="expected an operation for each of 3 nodes, got 2"):
        Graph(3, graph.edges, ("input", "output"))
