"""Many graphs as arrays: what encodings go through, a column of edges at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surronas.spaces.graph import NO_OPERATION, Graph

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class GraphBatch:
    """n graphs, each padded to E edges and V nodes; see ``Graph`` for what they mean.

    Edges are in an order of their targets, so that one pass over the columns, first to last, sees all edges
    into a node before any out of it; last to first, the other way round.
    """

    names: tuple[str, ...]  # of operations, in any order
    num_nodes: Integers  # (n,)
    source: Integers  # (n, E)
    target: Integers  # (n, E)
    operation: Integers  # (n, E) place of an edge's operation in names; -1: no such edge
    node_operation: Integers  # (n, V) place of a node's operation in names; -1: it has none

    def __len__(self) -> int:
        return len(self.num_nodes)

    @property
    def most_nodes(self) -> int:
        """The number of nodes V that all graphs are padded to."""
        return int(self.node_operation.shape[1])

    @cached_property
    def on_nodes(self) -> bool:
        """Whether the operations are on the nodes; their edges are identities then."""
        return bool((self.node_operation >= 0).any())

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """(n, E) whether an edge is on a path from input to output, ``none`` edges being on no path."""
        rows, (n, edges) = np.arange(len(self)), self.operation.shape
        nothing = self.names.index(NO_OPERATION) if NO_OPERATION in self.names else -1
        live: NDArray[np.bool_] = (self.operation >= 0) & (self.operation != nothing)
        fed, used = np.zeros((n, self.most_nodes), bool), np.zeros((n, self.most_nodes), bool)
        fed[:, :1] = True
        used[rows, self.num_nodes - 1] = True
        for e in range(edges):
            live[:, e] &= fed[rows, self.source[:, e]]
            fed[rows, self.target[:, e]] |= live[:, e]
        for e in reversed(range(edges)):
            live[:, e] &= used[rows, self.target[:, e]]
            used[rows, self.source[:, e]] |= live[:, e]
        return live

    def pruned(self) -> "GraphBatch":
        """Return the same graphs without the edges that are on no path from input to output."""
        return replace(self, operation=np.where(self.live, self.operation, -1))


def fixed_edges(
    names: Sequence[str], edges: Sequence[tuple[int, int]], operation: NDArray[np.integer]
) -> GraphBatch:
    """Return n graphs of the same edges, ordered by target, whose operations are ``operation`` (n, E)."""
    n, num_nodes = len(operation), edges[-1][1] + 1
    source, target = (np.broadcast_to(np.array(ends), (n, len(edges))) for ends in zip(*edges, strict=True))
    no_operations = np.broadcast_to(-1, (n, num_nodes))
    return GraphBatch(
        tuple(names), np.full(n, num_nodes), source, target, operation.astype(np.int64), no_operations
    )


def batched(graphs: Sequence[Graph]) -> GraphBatch:
    """Return n graphs as arrays."""
    edges = [sorted(graph.edges, key=lambda edge: edge[1]) for graph in graphs]
    used = {name for some in edges for _, _, name in some}
    names = sorted(used | {name for graph in graphs for name in graph.node_operations})
    place = {name: i for i, name in enumerate(names)}
    most_edges = max(map(len, edges), default=0)
    most_nodes = max((graph.num_nodes for graph in graphs), default=1)
    triples = [
        [(s, t, place[name]) for s, t, name in some] + [(0, 0, -1)] * (most_edges - len(some))
        for some in edges
    ]
    on_nodes = [
        [place[name] for name in graph.node_operations] + [-1] * (most_nodes - len(graph.node_operations))
        for graph in graphs
    ]
    ends = np.array(triples, np.int64).reshape(len(graphs), most_edges, 3)
    source, target, operation = np.moveaxis(ends, 2, 0)
    return GraphBatch(
        tuple(names),
        np.array([graph.num_nodes for graph in graphs], np.int64),
        source,
        target,
        operation,
        np.array(on_nodes, np.int64).reshape(-1, most_nodes),
    )
