"""The DARTS space: a normal and a reduction cell (Liu et al., ICLR 2019), as NAS-Bench-301 restricts it.

A cell has two inputs (nodes 0 and 1), four intermediate nodes (2 to 5), and concatenates these four. Each
intermediate node sums two operations on two different earlier nodes; the operation ``none`` is left out.
"""

import re
from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import IDENTITY, Graph

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
NUM_NODES = 4
PAIRS = tuple(  # of inputs of each node, in an order that all nodes share
    tuple((low, high) for high in range(node + 2) for low in range(high)) for node in range(NUM_NODES)
)
CELL_CHOICES = np.array([choices for pairs in PAIRS for choices in (len(pairs), 7, 7)][1:], dtype=np.int64)
CELL = len(CELL_CHOICES)  # 11 decisions a cell: node 2 has no choice of inputs
_EDGE = re.compile(r"\('(\w+)', *(\d)\)", re.ASCII)
_CELL = r"\[((?:\('\w+', *\d\)(?:, *)?)*)\]"
_CONCAT = r"(?:\[2, *3, *4, *5\]|range\(2, *6\))"
_GENOTYPE = re.compile(
    rf"\s*Genotype\(normal={_CELL}, *normal_concat={_CONCAT}, *reduce={_CELL}, *reduce_concat={_CONCAT}\)\s*",
    re.ASCII,
)
Edges = Sequence[tuple[int, int]]  # (input, operation) of the 8 edges of a cell, two for each node in order


class Darts(SearchSpace):
    """1.1e18 networks as (n, 22) int8: 11 decisions of the normal cell, then 11 of the reduction cell.

    For each node, in order: which pair of inputs (its place among all pairs; node 2 has one), the operation
    on the lower input, the operation on the higher. All combinations are networks. A neighbor has another
    operation on one edge, or another pair of inputs at one node.
    """

    name = "darts"
    num_choices = np.concatenate([CELL_CHOICES, CELL_CHOICES])

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return, of the networks that differ only in how their nodes are numbered, the first in code order.

        All four nodes are concatenated, so none is dead; their order only permutes channels that the next
        cell mixes by a 1x1 convolution.
        """
        cells = architectures.reshape(-1, CELL)
        return _first_numbering(cells).reshape(architectures.shape)

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 22), all True: every decision changes the network."""
        return np.ones(architectures.shape, dtype=bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n genotypes: ``Genotype(normal=[('skip_connect', 0), ...], normal_concat=[2, ...``."""
        strings = []
        for normal, reduce in self.to_edges(architectures):
            words = [str([(OPERATIONS[op], source) for source, op in cell]) for cell in (normal, reduce)]
            strings.append(
                f"Genotype(normal={words[0]}, normal_concat=[2, 3, 4, 5], "
                f"reduce={words[1]}, reduce_concat=[2, 3, 4, 5])"
            )
        return strings

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 22) networks that genotypes name.

        Raises:
            ArchitectureError: a malformed genotype, an unknown operation, or inputs that can't be.
        """
        if isinstance(strings, str):
            strings = [strings]
        return self.from_edges([_parse(text) for text in strings])

    def to_edges(self, architectures: Architectures) -> list[tuple[Edges, Edges]]:
        """Return n pairs of cells, each the (input, operation) of 8 edges: NASLib's compact encoding."""
        rows = self.validate(architectures).tolist()
        return [(_to_edges(row[:CELL]), _to_edges(row[CELL:])) for row in rows]

    def from_edges(self, networks: Sequence[tuple[Edges, Edges]]) -> Architectures:
        """Return the (n, 22) networks whose normal and reduction cells have these (input, operation) edges.

        Raises:
            ArchitectureError: not 8 edges, an operation that is not there, or inputs of a node that are the
                same or not earlier nodes.
        """
        rows = [_from_edges(normal) + _from_edges(reduce) for normal, reduce in networks]
        return np.array(rows, dtype=np.int8).reshape(-1, self.num_decisions)

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one network: the normal cell (nodes 1 to 7), then the reduction cell (8 to 14).

        Each cell has its two inputs, four intermediate nodes, and the node that concatenates these.
        """
        if len(self.validate(architecture)) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(self.validate(architecture))}")
        edges: list[tuple[int, int, str]] = []
        for start, cell in zip((1, 8), self.to_edges(self.validate(architecture))[0], strict=True):
            edges += [(start - 1, start, IDENTITY), (start - 1, start + 1, IDENTITY)]
            edges += [(start + s, start + 2 + i // 2, OPERATIONS[op]) for i, (s, op) in enumerate(cell)]
            edges += [(start + 2 + node, start + 6, IDENTITY) for node in range(NUM_NODES)]
        return Graph(15, tuple(edges))


def _to_edges(cell: list[int]) -> Edges:
    """Return the (input, operation) of the 8 edges of one cell's 11 decisions."""
    edges = []
    for node, (pair, low, high) in enumerate(zip(*[iter([0, *cell])] * 3, strict=True)):
        edges += list(zip(PAIRS[node][pair], (low, high), strict=True))
    return edges


def _from_edges(edges: Edges) -> list[int]:
    """Return the 11 decisions of the cell with these 8 edges."""
    if len(edges) != 2 * NUM_NODES:
        raise ArchitectureError(f"expected {2 * NUM_NODES} edges a cell, two for each node, got {len(edges)}")
    decisions = []
    for node in range(NUM_NODES):
        (low, low_op), (high, high_op) = sorted(edges[2 * node : 2 * node + 2])
        if (low, high) not in PAIRS[node]:
            raise ArchitectureError(
                f"expected node {node + 2} to have two different inputs from 0 to {node + 1}, "
                f"got {low} and {high}"
            )
        if not {low_op, high_op} <= set(range(len(OPERATIONS))):
            raise ArchitectureError(f"expected operations 0 to 6 at node {node + 2}, got {low_op}, {high_op}")
        decisions += [PAIRS[node].index((low, high)), low_op, high_op]
    return decisions[1:]


def _parse(text: str) -> tuple[Edges, Edges]:
    """Return the edges of the two cells of one genotype."""
    found = _GENOTYPE.fullmatch(text)
    if not found:
        raise ArchitectureError(
            f"malformed darts genotype {text[:60]!r}; expected Genotype(normal=[('op', input), ... 8 of "
            f"them], normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=[2, 3, 4, 5])"
        )
    cells = [_EDGE.findall(cell) for cell in found.groups()]
    if unknown := [op for cell in cells for op, _ in cell if op not in OPERATIONS]:
        raise ArchitectureError(f"unknown operation {unknown[0]!r}; expected one of {', '.join(OPERATIONS)}")
    normal, reduce = ([(int(source), OPERATIONS.index(op)) for op, source in cell] for cell in cells)
    return normal, reduce


def _first_numbering(cells: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return, for each (11,) cell, the first in lexicographic order of all numberings of its nodes."""
    full = np.concatenate([np.zeros((len(cells), 1), np.int8), cells], axis=1).reshape(-1, NUM_NODES, 3)
    inputs = np.stack([np.array(PAIRS[node])[full[:, node, 0]] for node in range(NUM_NODES)], axis=1)
    operations = full[:, :, 1:]  # (n, 4, 2), as inputs
    places = np.append(np.cumprod(CELL_CHOICES[:0:-1])[::-1], 1)
    best, best_code = cells.copy(), cells @ places
    for order in permutations(range(NUM_NODES)):  # new node j is old node order[j]
        numbers = np.array([0, 1, *(2 + np.argsort(order))])
        renumbered, sorted_operations = numbers[inputs[:, order]], operations[:, order]
        valid = (renumbered < np.arange(2, 2 + NUM_NODES)[:, None]).all(axis=(1, 2))
        turned = np.argsort(renumbered, axis=2)
        renumbered = np.take_along_axis(renumbered, turned, axis=2)
        sorted_operations = np.take_along_axis(sorted_operations, turned, axis=2)
        low, high = renumbered[:, :, 0], renumbered[:, :, 1]
        pair = high * (high - 1) // 2 + low  # its place in PAIRS
        cell = np.dstack([pair, sorted_operations]).reshape(-1, 3 * NUM_NODES)[:, 1:]
        code = np.where(valid, cell @ places, best_code)
        better = code < best_code
        best[better], best_code[better] = cell[better], code[better]
    return best
