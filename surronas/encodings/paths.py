"""Path encoding (White, Neiswanger and Savani 2021, BANANAS; White et al. 2020, sections 3 and 4)."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import (
    Known,
    LiveGraphs,
    by_graph,
    mixed,
    name_hash,
    name_hashes,
    operations_of,
    typical,
)
from surronas.spaces import Architectures, SearchSpace

_MOST_LISTED = 1_024  # paths that have a column each; more of them share columns by hash
Path = tuple[str, ...]  # the operations from input to output


@dataclass(frozen=True)
class Paths:
    """Which sequences of operations lead from input to output: a column for each, 1 where there is one.

    The published encodings list every sequence of operations, by length, and are truncated by leaving out
    the longer ones: on NAS-Bench-101 the 364 paths of up to 5 operations to 40 (``longest=3``), on
    NAS-Bench-201 155 to 30 (``longest=2``). Of the 155, 71 run through ``none`` and so are no paths: we have
    84 columns there, and 20 truncated. Rows are those of canonical forms, so isomorphic architectures have
    equal features.

    Where more than 1,024 sequences are possible they share ``num_hashed`` columns by hash. In a space of
    chains the one path is the whole network, and nothing is learnt of others from it.

    Args:
        longest: paths of more operations are left out; None: none are.
        counted: whether a column holds the number of such paths, not just whether there is one.
        ignored: operations that are no part of a sequence, such as ``("skip_connect",)``: a path is then
            known by the others on it.
        num_hashed: columns where there are too many sequences to list.
    """

    longest: int | None = None
    counted: bool = False
    ignored: tuple[str, ...] = ()
    num_hashed: int = 512

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, p) features of n architectures.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        hashes = np.array([_path_hash(path) for path in self.listed(space)], np.uint64)
        return by_graph(space, architectures, lambda found: self._encode(found, hashes))

    def _encode(self, found: LiveGraphs, hashes: NDArray[np.uint64]) -> Features:
        """Return the (k, p) features of distinct graphs; ``hashes`` (p,) of the listed paths, if they are."""
        ends = _all_paths(found, self)
        if len(hashes):
            order = np.argsort(hashes)
            place = np.minimum(np.searchsorted(hashes, ends.word, sorter=order), len(order) - 1)
            column = order[place]
            ends, column = ends.at(hashes[column] == ends.word), column[hashes[column] == ends.word]
        else:
            column = (ends.word % np.uint64(self.num_hashed)).astype(np.int64)
        features = np.zeros((len(found.graphs), len(hashes) or self.num_hashed))
        np.add.at(features, (ends.row, column), ends.count)
        return features if self.counted else np.minimum(features, 1.0)

    def listed(self, space: SearchSpace) -> list[Path]:
        """Return the path of each column, by length, then by name; empty where columns are shared."""
        return list(_listed(Known(space), self))


@dataclass(frozen=True)
class _Ends:
    """Paths: the graph each is of, the node reached, a hash of its operations, their number, how often."""

    row: NDArray[np.int64]
    node: NDArray[np.int64]
    word: NDArray[np.uint64]
    length: NDArray[np.int64]
    count: NDArray[np.float64]

    def at(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "_Ends":
        return _Ends(
            self.row[chosen], self.node[chosen], self.word[chosen], self.length[chosen], self.count[chosen]
        )


def _all_paths(found: LiveGraphs, encoding: Paths) -> _Ends:
    """Return all paths from input to output of all graphs, equal ones of a graph joined."""
    graphs, n = found.graphs, len(found.graphs)
    names = graphs.names
    words = name_hashes(names)
    words[[place for place, name in enumerate(names) if name in encoding.ignored]] = 0
    zeros = np.zeros(n, np.int64)
    front = _Ends(np.arange(n), zeros, zeros.astype(np.uint64), zeros, np.ones(n))
    complete = []
    while len(front.row):
        at, edge = np.nonzero(found.live[front.row] & (graphs.source[front.row] == front.node[:, None]))
        front = front.at(at)
        word = words[found.step[front.row, edge]]
        some = word > 0
        front = replace(
            front,
            node=graphs.target[front.row, edge],
            word=np.where(some, mixed(front.word ^ word), front.word),
            length=front.length + some,
        )
        if encoding.longest is not None:
            front = front.at(front.length <= encoding.longest)
        front = _joined(front)
        done = front.node == graphs.num_nodes[front.row] - 1
        complete.append(front.at(done))
        front = front.at(~done)
    parts = zip(*((c.row, c.node, c.word, c.length, c.count) for c in complete), strict=True)
    return _Ends(*(np.concatenate(part) for part in parts)) if complete else front


def _joined(front: _Ends) -> _Ends:
    """Return the paths with those of one graph, node and sequence joined, their counts added."""
    key = mixed(mixed(front.word) ^ (front.row * 1_024 + front.node).astype(np.uint64))
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    count = np.zeros(len(first))
    np.add.at(count, inverse, front.count)
    return replace(front.at(first), count=count)


def _path_hash(path: Path) -> int:
    """Return the hash of a sequence of operations."""
    word = np.zeros(1, np.uint64)
    for name in path:
        word = mixed(word ^ np.uint64(name_hash(name)))
    return int(word[0])


@lru_cache(maxsize=64)
def _listed(known: Known, encoding: Paths) -> tuple[Path, ...]:
    """Return all sequences of operations up to the greatest length, or none where they are too many."""
    operations = [name for name in operations_of(known.space) if name not in encoding.ignored]
    shortest, deepest = _lengths(known.space, encoding)
    lengths = range(shortest, deepest + 1)
    if sum(len(operations) ** length for length in lengths) > _MOST_LISTED:
        return ()
    by_length: list[list[Path]] = [[()]]
    for _ in range(deepest):
        by_length.append([(*path, name) for path in by_length[-1] for name in operations])
    return tuple(path for length in lengths for path in by_length[length])


def _lengths(space: SearchSpace, encoding: Paths) -> tuple[int, int]:
    """Return the fewest and the most operations that a path through so many nodes can have."""
    graphs = space.graphs(typical(space))
    nodes = int(graphs.num_nodes.max())
    shortest, deepest = (0, nodes - 2) if graphs.on_nodes else (1, nodes - 1)
    if encoding.ignored:
        shortest = 0
    return shortest, deepest if encoding.longest is None else min(deepest, encoding.longest)


paths = Paths()
path_counts = Paths(counted=True)
