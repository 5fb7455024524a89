import numpy as np
import pytest

from surronas.spaces import SPACE_CLASSES, Graph, space_named
from surronas.spaces.graph_batch import batched


@pytest.mark.parametrize("name", SPACE_CLASSES)
def test_a_batch_holds_the_edges_of_each_graph(name: str, rng: np.random.Generator) -> None:
    space = space_named(name)
    rows = space.sample(30, rng)
    batch = space.graphs(rows)
    live = batch.live
    for i, row in enumerate(rows):
        graph = space.graph(row)
        ends = zip(batch.source[i].tolist(), batch.target[i].tolist(), batch.operation[i], strict=True)
        edges = [(s, t, batch.names[op]) if op >= 0 else None for s, t, op in ends]
        assert {edge for edge in edges if edge} == set(graph.edges)
        assert {edges[e] for e in np.flatnonzero(live[i])} == set(graph.live_edges())
        on_nodes = [batch.names[op] for op in batch.node_operation[i] if op >= 0]
        assert on_nodes == list(graph.node_operations)
        assert (np.diff([edge[1] for edge in edges if edge]) >= 0).all()


@pytest.mark.parametrize("name", SPACE_CLASSES)
def test_no_architectures_are_an_empty_batch(name: str) -> None:
    space = space_named(name)
    batch = space.graphs(np.empty((0, space.num_decisions), np.int8))
    assert len(batch) == 0
    assert batch.live.shape == batch.operation.shape


def test_pruned_graphs_keep_their_live_edges_only() -> None:
    dead_end = Graph(4, ((0, 1, "conv"), (0, 3, "pool"), (1, 3, "none"), (0, 2, "conv")))
    pruned = batched([dead_end]).pruned()
    assert [pruned.names[op] for op in pruned.operation[0] if op >= 0] == ["pool"]
