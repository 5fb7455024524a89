"""Adjacency encoding (Ying et al. 2019; White et al. 2020, section 3): the matrix of a graph, as written."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import Known, name_columns, typical
from surronas.spaces import Architectures, SearchSpace

Pairs = tuple[tuple[int, int], ...]


def adjacency(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p): which pairs of nodes have an edge, one-hot by operation, then each node's operation.

    Pairs run by target, then source; pairs and operations are those that occur in the space (in a space
    of more than 2**14 combinations: among 1,000 architectures drawn with a fixed seed; others have no
    column). Graphs are taken as they are written, dead edges and all, and nodes as they are numbered, so
    isomorphic architectures may differ; that is what White et al. compare path encodings with. Where
    operations are more than 64 they share 64 columns by hash.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures)
    pairs, on_edges, on_nodes, num_nodes = _layout(Known(space))
    graphs = space.graphs(rows)
    place = np.full((graphs.most_nodes, graphs.most_nodes), -1)
    inside = [(column, s, t) for column, (s, t) in enumerate(pairs) if t < graphs.most_nodes]
    for column, source, target in inside:
        place[source, target] = column
    one_hot, at = name_columns(on_edges, graphs.names), place[graphs.source, graphs.target]  # (n, E)
    there = (graphs.operation >= 0) & (at >= 0)
    matrix = np.zeros((len(rows), len(pairs), one_hot.shape[1]))
    row, edge = np.nonzero(there)
    matrix[row, at[row, edge]] += one_hot[graphs.operation[row, edge]]
    flat = matrix.reshape(len(rows), len(pairs) * one_hot.shape[1])
    if not on_nodes:
        return flat
    labels = np.full((len(rows), num_nodes), -1)
    width = min(num_nodes, graphs.most_nodes)
    labels[:, :width] = graphs.node_operation[:, :width]
    nodes = name_columns(on_nodes, graphs.names)[labels]  # (n, V, operations)
    return np.hstack([flat, nodes.reshape(len(rows), num_nodes * nodes.shape[2])])


@cache
def _layout(known: Known) -> tuple[Pairs, tuple[str, ...], tuple[str, ...], int]:
    """Return the pairs of nodes, the operations on edges and on nodes, and the number of nodes there are."""
    graphs = known.space.graphs(typical(known.space))
    there = graphs.operation >= 0
    pairs = set(zip(graphs.target[there].tolist(), graphs.source[there].tolist(), strict=True))
    return (
        tuple((source, target) for target, source in sorted(pairs)),
        _names(graphs.names, graphs.operation),
        _names(graphs.names, graphs.node_operation),
        graphs.most_nodes,
    )


def _names(names: tuple[str, ...], places: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the names that occur, sorted."""
    return tuple(sorted(names[place] for place in np.unique(places) if place >= 0))
