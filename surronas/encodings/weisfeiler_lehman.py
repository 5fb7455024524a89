"""Weisfeiler-Lehman subtree counts (Shervashidze et al. 2011; for search spaces, Ru et al. 2021)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import (
    FRAME,
    LiveGraphs,
    by_graph,
    live_graphs,
    mixed,
    name_hash,
    name_hashes,
)
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_NUM_COLUMNS = 2**22  # of ``counts``: the 10,374 subtrees of height 3 of NAS-Bench-201 take 10,361
_INPUT, _OUTPUT = (np.uint64(name_hash(name)) for name in FRAME)


@dataclass(frozen=True)
class WeisfeilerLehman:
    """How often each rooted subtree of operations occurs in a live graph, up to some height.

    A subtree of height 0 is an operation (or the output); of height i + 1 it is an operation with the
    subtrees of height i of those it reads from. Operations are the nodes, be they on edges or on nodes
    in the search space. Subtrees are 64-bit hashes, built up without regard to the order of what is read,
    so that a row does not depend on its batch. The height is at most ``height``.

    Calling it gives dense rows: each subtree adds its count, with a sign of its own, to one of
    ``num_columns`` columns, which keeps inner products in the mean (count sketch; Weinberger et al. 2009).
    ``counts`` gives sparse rows, whose inner products ``counts(a) @ counts(b).T`` are the kernel.
    """

    height: int = 2
    num_columns: int = 512

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return (n, num_columns) features of n architectures.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        return by_graph(space, architectures, self._sketch)

    def _sketch(self, found: LiveGraphs) -> Features:
        """Return the (k, num_columns) features of distinct graphs."""
        row, word = _subtrees(found, self.height)
        sign = np.where(word >> np.uint64(63), 1.0, -1.0)
        column = (word % np.uint64(self.num_columns)).astype(np.int64)
        size = len(found.graphs) * self.num_columns
        sketch = np.bincount(row * self.num_columns + column, sign, size).astype(np.float64, copy=False)
        return sketch.reshape(-1, self.num_columns)

    def counts(self, space: SearchSpace, architectures: Architectures) -> "csr_array":
        """Return sparse (n, 2**22) counts of n architectures: about a dozen entries in a row.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        from scipy.sparse import coo_array

        found = live_graphs(space, architectures)
        row, word = _subtrees(found, self.height)
        column = (word % np.uint64(_NUM_COLUMNS)).astype(np.int64)
        entries = coo_array((np.ones(len(row)), (row, column)), (len(found.graphs), _NUM_COLUMNS))
        return entries.tocsr()[found.inverse]


def _subtrees(found: LiveGraphs, height: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return all subtrees of all k graphs: the graph and the hash of each, (m,) both."""
    graphs = found.graphs
    words = name_hashes(graphs.names)
    own = words[graphs.node_operation if graphs.on_nodes else found.step]  # (k, V) or (k, E)
    counted = _live_nodes(found) if graphs.on_nodes else found.live
    at_output = (np.arange(len(graphs)), graphs.num_nodes - 1)
    subtrees, rows, labels = own, [], []
    reads_at_output = np.zeros(len(graphs), np.uint64)
    for level in range(height + 1):
        rows += [np.nonzero(counted)[0]]
        labels += [mixed(subtrees[counted])]
        if not graphs.on_nodes:  # there the output is a node like others
            rows += [at_output[0]]
            labels += [mixed(mixed(_OUTPUT + np.uint64(level) ^ reads_at_output))]
        into = _gathered(found, subtrees)  # (k, V) what the edges into each node bring
        reads_at_output = into[at_output]
        read = into if graphs.on_nodes else np.take_along_axis(into, graphs.source, axis=1)
        subtrees = mixed(mixed(own + np.uint64(level + 1)) ^ read)  # + 1: what reads its like must not cancel
    return np.concatenate(rows), np.concatenate(labels)


def _gathered(found: LiveGraphs, subtrees: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return (k, V) the sum of what live edges bring to each node; the input has a word of its own."""
    graphs, rows = found.graphs, np.arange(len(found.graphs))
    brought = np.take_along_axis(subtrees, graphs.source, axis=1) if graphs.on_nodes else subtrees
    brought = np.where(found.live, mixed(brought), np.uint64(0))  # (k, E)
    into = np.zeros((len(graphs), graphs.most_nodes), np.uint64)
    into[:, :1] = _INPUT
    for e in range(brought.shape[1]):
        into[rows, graphs.target[:, e]] += brought[:, e]  # wraps around, whatever the order
    return into


def _live_nodes(found: LiveGraphs) -> NDArray[np.bool_]:
    """Return (k, V) whether a live edge leads from or to a node."""
    graphs, rows = found.graphs, np.arange(len(found.graphs))
    live = np.zeros((len(graphs), graphs.most_nodes), bool)
    for e in range(found.live.shape[1]):
        live[rows, graphs.target[:, e]] |= found.live[:, e]
        live[rows, graphs.source[:, e]] |= found.live[:, e]
    return live


weisfeiler_lehman = WeisfeilerLehman()
