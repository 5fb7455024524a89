"""Operation counts: how often each operation is on a path from input to output."""

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import LiveGraphs, by_graph, operation_columns
from surronas.spaces import Architectures, SearchSpace


def operation_counts(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, k): on how many live edges or nodes of the canonical form each of k operations is.

    The columns are those of ``operations_of(space)``; where operations are more than 64 they share 64
    columns by hash.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """

    def encode(found: LiveGraphs) -> Features:
        return counted(found, operation_columns(space, found.graphs.names))

    return by_graph(space, architectures, encode)


def counted(found: LiveGraphs, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (k, columns): the sum of ``weights`` (L + 1, columns) over the operations of each live graph.

    An operation on a node counts once, however many edges lead to it.
    """
    graphs = found.graphs
    counts = np.zeros((len(graphs), weights.shape[1]))
    seen = np.zeros((len(graphs), graphs.most_nodes), bool)
    for e in range(found.step.shape[1]):
        at = np.flatnonzero(found.live[:, e])
        if graphs.on_nodes:
            at = at[~seen[at, graphs.target[at, e]]]
            seen[at, graphs.target[at, e]] = True
        counts[at] += weights[found.step[at, e]]
    return counts
