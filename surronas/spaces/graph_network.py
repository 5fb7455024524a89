"""The NAS-Bench-Graph space: graph networks of 4 operations in a tree (Qin et al., NeurIPS 2022)."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import IDENTITY, Graph

OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
NUM_NODES = 4
SKIP = OPERATIONS.index("skip")
_LINKS = slice(0, NUM_NODES - 1)  # the first node always reads the input
_OPERATIONS = slice(NUM_NODES - 1, None)
_TEXT = re.compile(r"(?:Arch)?(\()?\[(\d),(\d),(\d),(\d)\],\[([^\]]*)\](?(1)\))")  # with the spaces taken out
Nodes = NDArray[np.int8]  # (n, 4): the link, or the operation, of each node

# What the benchmark's own `regularize` does to each tree, found by its links to nodes 2, 3, 4: the same tree
# in the one numbering that the benchmark keeps, and which old node is at each new place.
_RENUMBERED = {
    (0, 0, 2): ((0, 0, 1), (1, 0, 2, 3)),
    (0, 0, 3): ((0, 0, 1), (2, 0, 1, 3)),
    (0, 1, 0): ((0, 0, 1), (0, 1, 3, 2)),
    (0, 2, 0): ((0, 0, 1), (1, 0, 3, 2)),
    (0, 2, 1): ((0, 1, 2), (1, 0, 2, 3)),
    (0, 2, 2): ((0, 1, 1), (1, 0, 2, 3)),
    (0, 2, 3): ((0, 1, 3), (1, 0, 2, 3)),
    (1, 0, 0): ((0, 0, 1), (0, 2, 3, 1)),
    (1, 0, 1): ((0, 1, 1), (0, 2, 1, 3)),
    (1, 0, 2): ((0, 1, 3), (0, 2, 1, 3)),
    (1, 0, 3): ((0, 1, 2), (0, 2, 1, 3)),
    (1, 1, 0): ((0, 1, 1), (0, 3, 1, 2)),
    (1, 1, 3): ((1, 1, 2), (0, 2, 1, 3)),
    (1, 2, 0): ((0, 1, 3), (0, 3, 1, 2)),
    (1, 2, 1): ((1, 1, 2), (0, 1, 3, 2)),
}
_ALIKE = {  # nodes of a tree that may be swapped: their operations are sorted
    (0, 0, 0): [0, 1, 2, 3],
    (0, 0, 1): [1, 2],
    (0, 1, 1): [2, 3],
    (1, 1, 1): [1, 2, 3],
    (1, 2, 2): [2, 3],
}


class GraphNetwork(SearchSpace):
    """157,440 networks as (n, 7) int8: the inputs of nodes 2, 3, 4 (0: the data), then 4 operations.

    Node 1 reads the data. What no other node reads goes to the output. A network of skips alone is none.
    """

    name = "graph_network"
    num_choices = np.array([2, 3, 4] + [len(OPERATIONS)] * NUM_NODES, dtype=np.int64)
    constrained = True

    @property
    def num_architectures(self) -> int:
        """The number of networks that are not of skips alone."""
        return self.num_codes - int(np.prod(self.num_choices[_LINKS]))

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether there is an operation other than a skip."""
        some: NDArray[np.bool_] = (architectures[:, _OPERATIONS] != SKIP).any(axis=1)
        return some

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the network that the benchmark itself keeps of each class: 26,206 classes in all.

        The rule is that of ``Arch.valid_hash`` in the authors' code: one numbering for each tree, skips that
        only pass on moved to the front, operations of nodes that may be swapped sorted.
        """
        return self.from_codes(_canonical_codes()[self.codes(architectures)])

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 7) True: every node is on a path to the output."""
        return np.ones(architectures.shape, bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])``."""
        rows = self.validate(architectures).tolist()
        return [f"Arch({[0, *row[_LINKS]]}, {[OPERATIONS[op] for op in row[_OPERATIONS]]})" for row in rows]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 7) networks that the benchmark's notation names; ``Arch`` may be left out.

        Raises:
            ArchitectureError: a malformed string, an unknown operation, or a network of skips alone.
        """
        if isinstance(strings, str):
            strings = [strings]
        rows = np.array([_parse(text) for text in strings], dtype=np.int8).reshape(-1, self.num_decisions)
        return self.validate(rows)

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one network: the data, 4 operations, the output that gathers the leaves."""
        network = self.validate(architecture)
        if len(network) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(network)}")
        sources = [0, *network[0, _LINKS].tolist()]
        leaves = [node for node in range(1, NUM_NODES + 1) if node not in sources]
        wires = [(s, t) for t, s in enumerate(sources, 1)] + [(leaf, NUM_NODES + 1) for leaf in leaves]
        operations = (OPERATIONS[op] for op in network[0, _OPERATIONS])
        return Graph(
            NUM_NODES + 2, tuple((s, t, IDENTITY) for s, t in wires), ("input", *operations, "output")
        )


def _parse(text: str) -> list[int]:
    """Return the 7 decisions of one string."""
    match = _TEXT.fullmatch("".join(text.split()))
    links = [int(match[group]) for group in range(2, 6)] if match else []
    names = [word.strip("'\"") for word in match[6].split(",")] if match else []
    if not match or len(names) != NUM_NODES or any(link > i for i, link in enumerate(links)):
        raise ArchitectureError(
            f"malformed graph_network string {text!r}; expected Arch([0, a, b, c], [4 operations]), "
            f"where a node reads the data (0) or an earlier node (1, 2, 3)"
        )
    if unknown := [name for name in names if name not in OPERATIONS]:
        raise ArchitectureError(
            f"unknown operation {unknown[0]!r} in {text!r}; expected one of {', '.join(OPERATIONS)}"
        )
    return links[1:] + [OPERATIONS.index(name) for name in names]


@cache
def _canonical_codes() -> NDArray[np.int64]:
    """Return (157464,): for each code, that of the network which the benchmark keeps of its class."""
    space = GraphNetwork()
    everything = space.from_codes(np.arange(space.num_codes))
    links, operations = np.pad(everything[:, _LINKS], ((0, 0), (1, 0))), everything[:, _OPERATIONS]
    _renumber(links, operations)
    for node in range(NUM_NODES):
        _move_to_front(links, operations, node)
    _renumber(links, operations)
    _sort_alike(links, operations)
    return space.codes(np.hstack([links[:, 1:], operations]))


def _renumber(links: Nodes, operations: Nodes) -> None:
    """Give each tree the numbering of nodes that the benchmark keeps, in place."""
    for tree, (kept, order) in _RENUMBERED.items():
        rows = np.flatnonzero(_is(links, tree))
        links[rows, 1:] = kept
        operations[rows] = operations[rows][:, order]


def _is(links: Nodes, tree: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return (n,) whether the links to nodes 2, 3, 4 are those of this tree."""
    same: NDArray[np.bool_] = (links[:, 1] == tree[0]) & (links[:, 2] == tree[1]) & (links[:, 3] == tree[2])
    return same


def _move_to_front(links: Nodes, operations: Nodes, node: int) -> None:
    """Move this node, where it is a skip that only passes on, before all others, in place.

    It passes on where something reads it, where it alone reads its source, or where it is reached by skips
    alone (the benchmark has no projection of the data to add there).
    """
    source, others = links[:, node], np.arange(NUM_NODES) != node
    read = (links == node + 1).any(axis=1)
    shared = ((links == source[:, None]) & others).any(axis=1)
    passes = read | ~shared | _of_skips_alone(links, operations, node)
    rows = np.flatnonzero((operations[:, node] == SKIP) & passes)
    old, above = links[rows], links[rows, node][:, None]
    moved = np.where(old == node + 1, above + 1, np.where(old <= node, old + 1, old))
    links[rows] = np.hstack([np.zeros_like(above), np.delete(moved, node, axis=1)])
    operations[rows] = np.hstack([operations[rows, node][:, None], np.delete(operations[rows], node, axis=1)])


def _of_skips_alone(links: Nodes, operations: Nodes, node: int) -> NDArray[np.bool_]:
    """Return (n,) whether all operations from the data to a node, its own included, are skips."""
    rows, at = np.arange(len(links)), np.full(len(links), node)
    skips = np.ones(len(links), bool)
    for _ in range(NUM_NODES):
        skips &= (operations[rows, at] == SKIP) | (at < 0)
        at = np.where(at < 0, at, links[rows, at] - 1)
    return skips


def _sort_alike(links: Nodes, operations: Nodes) -> None:
    """Sort the operations of nodes that may be swapped, in place."""
    for tree, nodes in _ALIKE.items():
        rows = np.flatnonzero(_is(links, tree))[:, None]
        operations[rows, nodes] = np.sort(operations[rows, nodes], axis=1)
    first, second, third, fourth = operations.T
    chains = _is(links, (0, 1, 2))  # two chains of two: swapped whole
    swapped = chains & ((first > second) | ((first == second) & (third > fourth)))
    operations[swapped] = operations[swapped][:, (1, 0, 3, 2)]
