"""What graph encodings look at: the live graphs of canonical forms, each distinct one once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.spaces import Architectures, SearchSpace
from surronas.spaces.graph_batch import GraphBatch

FRAME = ("input", "output")  # nodes that do nothing
_ENUMERATED = 2**14  # combinations of which the vocabulary of operations is taken; of larger spaces, samples
_SAMPLED = 1_000
_BLOCK = 8_192
_MOST_REMEMBERED = 2**18  # decisions of a batch: its graphs take 20 MB at most
_MOST_OPERATIONS = 64  # columns for operations by name; with more, they share columns by hash


@dataclass(frozen=True)
class LiveGraphs:
    """The k distinct live graphs of n architectures.

    Operations on edges and on nodes are the same to those who follow paths: ``step`` is what a path does
    when it goes along an edge, the operation of the edge or that of the node it leads to.
    """

    graphs: GraphBatch  # (k,)
    live: NDArray[np.bool_]  # (k, E)
    step: NDArray[np.int64]  # (k, E) place of the operation in graphs.names; -1: none, or the edge is dead
    inverse: NDArray[np.int64]  # (n,) the graph of each architecture


def live_graphs(space: SearchSpace, architectures: Architectures) -> LiveGraphs:
    """Return the live graphs of (n, d) architectures, in canonical form: isomorphic ones have one graph.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures)
    if rows.size > _MOST_REMEMBERED:
        return _of_canonical(space, *distinct_rows(space.canonical(rows)))
    return _remembered(Known(space), rows.tobytes())


def by_graph(
    space: SearchSpace, architectures: Architectures, encode: Callable[[LiveGraphs], Features]
) -> Features:
    """Return (n, p) features of n architectures, of which ``encode`` gives those of k distinct graphs (k, p).

    It is called for blocks of 8,192 graphs, so that what it holds on the way stays small.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    distinct, inverse = distinct_rows(space.canonical(space.validate(architectures)))
    blocks = [
        encode(_of_canonical(space, distinct[start : start + _BLOCK], inverse))
        for start in range(0, max(len(distinct), 1), _BLOCK)
    ]
    return np.concatenate(blocks)[inverse]


@lru_cache(maxsize=3)
def _remembered(known: "Known", decisions: bytes) -> LiveGraphs:
    """Return the live graphs of the latest batches again: encodings side by side all look at the same."""
    space = known.space
    rows = np.frombuffer(decisions, np.int8).reshape(-1, space.num_decisions)
    return _of_canonical(space, *distinct_rows(space.canonical(rows)))


def _of_canonical(space: SearchSpace, distinct: Architectures, inverse: NDArray[np.int64]) -> LiveGraphs:
    graphs = space.graphs(distinct)
    live = graphs.live
    if graphs.on_nodes:
        frame = [place for place, name in enumerate(graphs.names) if name in FRAME]
        at_node = np.where(np.isin(graphs.node_operation, frame), -1, graphs.node_operation)
        step = np.take_along_axis(at_node, graphs.target, axis=1)
    else:
        step = graphs.operation
    return LiveGraphs(graphs, live, np.where(live, step, -1), inverse)


def distinct_rows(rows: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return distinct rows (k, d) and the index (n,) that expands them again."""
    if not len(rows):
        return rows, np.empty(0, np.int64)
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    return rows[first], inverse.astype(np.int64)


def operations_of(space: SearchSpace) -> tuple[str, ...]:
    """Return the names of operations on live paths of a space's architectures, sorted.

    In a space of more than 2**14 combinations they are those of 1,000 architectures, drawn with a fixed
    seed: with one list of operations for all decisions that is all of them; where the operations of layers
    carry numbers there may be more.
    """
    return _operations_of(Known(space))


class Known:
    """A space as the key of a cache: it is known by its class and its name."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[type[SearchSpace], str]:
        return type(self.space), self.space.name


@cache
def _operations_of(known: Known) -> tuple[str, ...]:
    found = live_graphs(known.space, typical(known.space))
    return tuple(sorted(found.graphs.names[place] for place in np.unique(found.step) if place >= 0))


def typical(space: SearchSpace) -> Architectures:
    """Return (N, d): all architectures of a small space, of a larger one 1,000 drawn with a fixed seed."""
    return _typical(Known(space))


@cache
def _typical(known: Known) -> Architectures:
    space = known.space
    few = space.num_codes <= _ENUMERATED
    rows = space.enumerate() if few else space.sample(_SAMPLED, np.random.default_rng(0))
    rows.setflags(write=False)  # all who ask get the same array
    return rows


def operation_columns(space: SearchSpace, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return (L + 1, k): 1 in the column of each of L names, those of ``operations_of``; 0 for no operation.

    In a space of more than 64 operations they share 64 columns by hash.
    """
    return name_columns(operations_of(space), names)


def name_columns(known: tuple[str, ...], names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return (L + 1, k): 1 in the column of each of L names; k is len(known) or, of more than 64, 64."""
    hashed = len(known) > _MOST_OPERATIONS
    columns = np.zeros((len(names) + 1, _MOST_OPERATIONS if hashed else len(known)))
    for row, name in enumerate(names):
        if hashed:
            columns[row, name_hash(name) % _MOST_OPERATIONS] = 1.0
        elif name in known:
            columns[row, known.index(name)] = 1.0
    return columns


@cache
def name_hash(name: str) -> int:
    """Return a 64-bit hash of a name, the same in every process."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def name_hashes(names: tuple[str, ...]) -> NDArray[np.uint64]:
    """Return (L + 1,) uint64 hashes of names; the last, for place -1, is that of no operation: 0."""
    return np.array([*map(name_hash, names), 0], np.uint64)


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well-mixed 64-bit words, one to one (the finalizer of splitmix64, Steele et al. 2014)."""
    z = words + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixture: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixture
