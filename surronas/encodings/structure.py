"""Structure: how many paths lead through a network, how long they are, and what lies on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import LiveGraphs, live_graphs, name_hash, operations_of
from surronas.spaces import IDENTITY, Architectures, SearchSpace

_MOST_OPERATIONS = 64  # columns for operations by name; with more, they share columns by hash
_DEEPEST = 5  # paths of at least so many weighted operations share a column
_WITHOUT_WEIGHTS = (IDENTITY, "pool", "none")  # parts of names


def structure(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, 4 k + 15) numbers that the graph of a canonical form gives, k operations in the space.

    For each operation: on how many live edges (or nodes) it is; the most and the fewest of it on a path
    from input to output; the mean over paths. The same four for operations other than skips, and for
    those with weights (neither skip nor pool, as far as names tell): the depth. Then log(1 + number of
    of all paths), and of those with 0, 1, ... 4, and 5 or more operations with weights.

    Paths are what a network of sums computes: each is one term of the output. A path without weights is
    a residual connection, the longest one is the depth.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    found = live_graphs(space, architectures)
    weights = _weights(space, found.graphs.names)  # (L + 1, k + 2)
    features = _followed(found, weights)
    return features[found.inverse]


@dataclass
class _Tally:
    """What reaches each node, over all paths from the input: (k, V) and (k, V, columns) arrays."""

    paths: NDArray[np.float64]  # number of paths
    total: NDArray[np.float64]  # sum over paths of what lies on them
    most: NDArray[np.float64]
    fewest: NDArray[np.float64]
    by_depth: NDArray[np.float64]  # number of paths with so many weighted operations


def _followed(found: LiveGraphs, weights: NDArray[np.float64]) -> Features:
    """Return the (k, p) features of distinct graphs, from one pass over their edges in order."""
    graphs, columns = found.graphs, weights.shape[1]
    k, rows = len(graphs), np.arange(len(graphs))
    tally = _started(k, graphs.most_nodes, columns)
    counts = np.zeros((k, columns))
    for e in range(found.step.shape[1]):
        at = np.flatnonzero(found.live[:, e])
        source, target, gain = graphs.source[at, e], graphs.target[at, e], weights[found.step[at, e]]
        if not graphs.on_nodes:
            counts[at] += gain
        paths = tally.paths[at, source]
        tally.paths[at, target] += paths
        tally.total[at, target] += tally.total[at, source] + paths[:, None] * gain
        tally.most[at, target] = np.maximum(tally.most[at, target], tally.most[at, source] + gain)
        tally.fewest[at, target] = np.minimum(tally.fewest[at, target], tally.fewest[at, source] + gain)
        tally.by_depth[at, target] += _deepened(tally.by_depth[at, source], gain[:, -1])
    if graphs.on_nodes:
        counts = _on_live_nodes(found, weights)
    end = graphs.num_nodes - 1
    paths = tally.paths[rows, end]
    reached = paths > 0
    most, fewest = (np.where(reached[:, None], part[rows, end], 0.0) for part in (tally.most, tally.fewest))
    mean = tally.total[rows, end] / np.maximum(paths, 1.0)[:, None]
    deep = np.log1p(np.column_stack([paths, tally.by_depth[rows, end]]))
    return np.hstack([counts, most, fewest, mean, deep])


def _started(k: int, nodes: int, columns: int) -> _Tally:
    """Return the tally of k graphs in which one empty path has reached the input."""
    paths, by_depth = np.zeros((k, nodes)), np.zeros((k, nodes, _DEEPEST + 1))
    most, fewest = np.full((k, nodes, columns), -np.inf), np.full((k, nodes, columns), np.inf)
    paths[:, 0] = by_depth[:, 0, 0] = 1.0
    most[:, 0] = fewest[:, 0] = 0.0
    return _Tally(paths, np.zeros((k, nodes, columns)), most, fewest, by_depth)


def _deepened(by_depth: NDArray[np.float64], weighted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (m, 6) numbers of paths by depth after one more step, where ``weighted`` (m,) is 0 or 1."""
    deeper = np.roll(by_depth, 1, axis=1)
    deeper[:, -1] += deeper[:, 0]
    deeper[:, 0] = 0.0
    return np.where(weighted[:, None] > 0, deeper, by_depth)


def _on_live_nodes(found: LiveGraphs, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (k, columns): what lies on nodes that a live edge leads to, each counted once."""
    graphs = found.graphs
    counts = np.zeros((len(graphs), weights.shape[1]))
    seen = np.zeros((len(graphs), graphs.most_nodes), bool)
    for e in range(found.step.shape[1]):
        at = np.flatnonzero(found.live[:, e])
        at = at[~seen[at, graphs.target[at, e]]]
        seen[at, graphs.target[at, e]] = True
        counts[at] += weights[found.step[at, e]]
    return counts


def _weights(space: SearchSpace, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return (L + 1, k + 2): in which columns an operation counts; the last row is that of no operation."""
    known = operations_of(space)
    hashed = len(known) > _MOST_OPERATIONS
    columns = _MOST_OPERATIONS if hashed else len(known)
    weights = np.zeros((len(names) + 1, columns + 2))
    for row, name in enumerate(names):
        if hashed:
            weights[row, name_hash(name) % columns] = 1.0
        elif name in known:
            weights[row, known.index(name)] = 1.0
        weights[row, -2] = name != IDENTITY
        weights[row, -1] = not any(part in name for part in _WITHOUT_WEIGHTS)
    return weights
