"""The NAS-Bench-101 cell: up to 7 vertices and 9 edges, 3 operations (Ying et al., ICML 2019)."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError, InputError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.cell101_isomorphism import (
    EDGES,
    NUM_EDGES,
    NUM_OPERATIONS,
    SOURCES,
    TARGETS,
    VERTICES,
    canonical_cells,
    module_hash,
)
from surronas.spaces.graph import IDENTITY, Graph
from surronas.spaces.graph_batch import GraphBatch, fixed_edges

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")  # in the benchmark's order
INPUT, OUTPUT = "input", "output"
MOST_EDGES = 9  # on paths from input to output
_FORM = (
    "expected the 0s and 1s of a v x v upper triangular adjacency matrix with v from 2 to 7, row by row, a "
    f"space, and v names: {INPUT}, v - 2 of {', '.join(OPERATIONS)}, {OUTPUT}"
)
_VALID_ADJACENCIES = 1_538_083  # of 2**21; counted by tests/spaces/test_cell101.py
_ROWS = np.zeros((NUM_EDGES, VERTICES - 1), np.int64)  # bits @ _ROWS: targets of each vertex as a mask
_ROWS[np.arange(NUM_EDGES), SOURCES] = 1 << TARGETS
_CHUNK = 2**16


class Cell101(SearchSpace):
    """Cells as (n, 26) int8: 21 adjacency bits, then the operations of vertices 1 to 5.

    Vertex 0 is the input and 6 the output; the bits are the upper triangle of the 7 x 7 matrix, row by row. A
    cell is what lies on paths from input to output; all else is dead, and changes nothing, as in the
    benchmark's ``ModelSpec``. A combination is a cell if there is such a path and at most 9 edges are on
    one. A cell with fewer vertices is written with its dead vertices last, without edges, their operation 0.

    There are 423,624 cells that differ in what they compute, each of them written in many ways: ``sample``
    draws uniformly among the ways, as the random search of the paper does; ``distinct`` lists the cells.
    (The benchmark's networks give channels that don't divide evenly to the first vertices, so that a few
    isomorphic cells differ by some parameters; it holds them for one, and trained one of them.)
    """

    name = "cell101"
    num_choices = np.array([2] * NUM_EDGES + [len(OPERATIONS)] * NUM_OPERATIONS, dtype=np.int64)
    constrained = True

    @property
    def num_architectures(self) -> int:
        """The number of ways to write a cell."""
        return int(_VALID_ADJACENCIES * len(OPERATIONS) ** NUM_OPERATIONS)

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether there is a path from input to output, with at most 9 edges on such paths."""
        edges = self.live(architectures)[:, :NUM_EDGES].sum(axis=1)
        allowed: NDArray[np.bool_] = (edges > 0) & (edges <= MOST_EDGES)
        return allowed

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 26): whether an edge is there and on a path from input to output, a vertex on one."""
        return _live(architectures, _alive(architectures))

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return (n, 26) canonical forms: dead parts removed, inner vertices in an order of their own."""
        alive = _alive(architectures)
        return canonical_cells(architectures * _live(architectures, alive), alive)

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, 26), and the (m,) row in the batch that each belongs to.

        The neighborhood of White et al. (UAI 2021): another operation at a live vertex, or an edge removed
        or added that is live before or after; moves among dead parts are none. Neighbors are mutual as they
        are written. Their canonical forms are not: a removed edge may kill a vertex, and no single edge
        brings one back once its other edges are gone. So steps between canonical forms never add a vertex.
        """
        neighbors, owner = super().neighborhoods(architectures)
        changed = neighbors != architectures[owner]
        matters = self.live(neighbors) | self.live(architectures)[owner]
        kept = (changed & matters).any(axis=1)
        return neighbors[kept], owner[kept]

    def distinct(self, max_vertices: int = VERTICES) -> Architectures:
        """Return the (N, 26) canonical forms of all cells of up to ``max_vertices``, ordered by code.

        91 cells have up to 4 vertices, 2,532 up to 5, and 423,624 up to 7 (some 4 seconds).

        Raises:
            InputError: fewer than 2 or more than 7 vertices.
        """
        if not 2 <= max_vertices <= VERTICES:
            raise InputError(f"expected 2 to {VERTICES} vertices, got {max_vertices}")
        codes = np.concatenate([self.keys(_labelled(v)) for v in range(2, max_vertices + 1)])
        return self.from_codes(np.unique(codes))

    def module_hashes(self, architectures: ArrayLike) -> list[str]:
        """Return the n names under which NAS-Bench-101's files keep the cells; isomorphic cells share one."""
        hashes = []
        for row in self.canonical(self.validate(architectures)):
            vertices = _num_written(row)
            matrix = _matrix(row, vertices).tolist()
            hashes.append(module_hash(matrix, row[NUM_EDGES:].tolist()[: vertices - 2]))
        return hashes

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``0110001100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output``.

        These are two of the fields of a row in NAS-Bench-101's files. A cell with v vertices has v * v bits
        if it is written with its dead vertices last, without edges and with operation 0; else 49.
        """
        strings = []
        for row in self.validate(architectures):
            vertices = _num_written(row)
            bits = "".join(map(str, _matrix(row, vertices).ravel()))
            names = [OPERATIONS[op] for op in row[NUM_EDGES:][: vertices - 2]]
            strings.append(f"{bits} {','.join([INPUT, *names, OUTPUT])}")
        return strings

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 26) cells that strings name; the matrix may be any that describes a cell.

        Raises:
            ArchitectureError: a malformed string, an unknown operation, or no cell of the space.
        """
        if isinstance(strings, str):
            strings = [strings]
        rows = [_parse(text) for text in strings]
        return self.validate(np.array(rows, dtype=np.int8).reshape(-1, NUM_EDGES + NUM_OPERATIONS))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one cell: 7 nodes with operations, and its edges, dead ones too."""
        cell = self.validate(architecture)
        if len(cell) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(cell)}")
        edges = tuple((*EDGES[i], IDENTITY) for i in np.flatnonzero(cell[0, :NUM_EDGES]))
        return Graph(VERTICES, edges, (INPUT, *(OPERATIONS[op] for op in cell[0, NUM_EDGES:]), OUTPUT))

    def graphs(self, architectures: Architectures) -> GraphBatch:
        """Return the graphs of n cells as arrays."""
        names, by_target = (*OPERATIONS, INPUT, OUTPUT, IDENTITY), np.argsort(TARGETS, kind="stable")
        wires = np.where(architectures[:, by_target] > 0, names.index(IDENTITY), -1)
        batch = fixed_edges(names, [EDGES[i] for i in by_target], wires)
        inner = architectures[:, NUM_EDGES:].astype(np.int64)
        framed = np.pad(inner, ((0, 0), (1, 0)), constant_values=names.index(INPUT))
        on_nodes = np.pad(framed, ((0, 0), (0, 1)), constant_values=names.index(OUTPUT))
        return replace(batch, node_operation=on_nodes)


def _alive(architectures: Architectures) -> NDArray[np.bool_]:
    """Return (n, 7): whether a vertex is on a path from input to output; none is if there is no path."""
    targets = architectures[:, :NUM_EDGES].astype(np.int64) @ _ROWS  # (n, 6) bit masks
    fed = np.ones(len(targets), np.int64)
    used = np.full(len(targets), 1 << (VERTICES - 1))
    for vertex in range(VERTICES - 1):
        fed |= targets[:, vertex] * (fed >> vertex & 1)
    for vertex in range(VERTICES - 2, -1, -1):
        used |= ((targets[:, vertex] & used) > 0).astype(np.int64) << vertex
    alive: NDArray[np.bool_] = ((fed & used)[:, None] >> np.arange(VERTICES) & 1).astype(bool)
    return alive


def _live(architectures: Architectures, alive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (n, 26): which decisions count, where ``alive`` (n, 7) says which vertices do."""
    edges = architectures[:, :NUM_EDGES].astype(bool) & alive[:, SOURCES] & alive[:, TARGETS]
    return np.hstack([edges, alive[:, 1:-1]])


def _num_written(row: NDArray[np.int8]) -> int:
    """Return how many vertices a cell needs to be written: 7 less the last inner ones that are blank."""
    touched = np.zeros(VERTICES, bool)
    present = row[:NUM_EDGES].astype(bool)
    touched[SOURCES[present]] = touched[TARGETS[present]] = True
    touched[1:-1] |= row[NUM_EDGES:] > 0
    return int(np.flatnonzero(touched[:-1])[-1]) + 2


def _matrix(row: NDArray[np.int8], vertices: int) -> NDArray[np.int8]:
    """Return the (v, v) adjacency matrix of a cell written with v vertices."""
    matrix = np.zeros((VERTICES, VERTICES), np.int8)
    matrix[SOURCES, TARGETS] = row[:NUM_EDGES]
    kept = [*range(vertices - 1), VERTICES - 1]
    return matrix[np.ix_(kept, kept)]


def _labelled(vertices: int) -> Architectures:
    """Return all (N, 26) cells with exactly v live vertices, each with all operations; twins among them."""
    columns = _columns(vertices)
    found = []
    for start in range(0, 2 ** len(columns), _CHUNK):
        numbers = np.arange(start, min(start + _CHUNK, 2 ** len(columns)))
        cells = np.zeros((len(numbers), NUM_EDGES + NUM_OPERATIONS), np.int8)
        cells[:, columns] = numbers[:, None] >> np.arange(len(columns)) & 1
        whole = (_alive(cells).sum(axis=1) == vertices) & (cells.sum(axis=1) <= MOST_EDGES)
        found.append(cells[whole])
    inner, choices = vertices - 2, len(OPERATIONS)
    labels = np.arange(choices**inner)[:, None] // choices ** np.arange(inner) % choices  # (3**inner, inner)
    unlabelled = np.concatenate(found)
    cells = unlabelled.repeat(len(labels), axis=0)
    cells[:, NUM_EDGES : NUM_EDGES + inner] = np.tile(labels, (len(unlabelled), 1))
    return cells


@cache
def _columns(vertices: int) -> list[int]:
    """Return which adjacency bits are those of the upper triangle of a v x v matrix, row by row."""
    kept = [*range(vertices - 1), VERTICES - 1]
    return [EDGES.index((kept[i], kept[j])) for i in range(vertices) for j in range(i + 1, vertices)]


@cache
def _places(vertices: int) -> tuple[list[int], list[int]]:
    """Return where in v * v characters the upper triangle stands, and where all that must be 0 stands."""
    upper = [i * vertices + j for i in range(vertices) for j in range(i + 1, vertices)]
    return upper, sorted(set(range(vertices**2)) - set(upper))


def _parse(text: str) -> list[int]:
    """Return the 26 decisions of one string."""
    bits, _, words = text.strip().partition(" ")
    vertices = math.isqrt(len(bits))
    names = words.split(",")
    if vertices**2 != len(bits) or not 2 <= vertices <= VERTICES or set(bits) - set("01"):
        raise ArchitectureError(f"malformed cell101 string {text[:120]!r}; {_FORM}")
    upper, lower = _places(vertices)
    framed = len(names) == vertices and names[0] == INPUT and names[-1] == OUTPUT
    if not framed or any(bits[i] == "1" for i in lower):
        raise ArchitectureError(f"malformed cell101 string {text[:120]!r}; {_FORM}")
    if unknown := [name for name in names[1:-1] if name not in OPERATIONS]:
        raise ArchitectureError(
            f"unknown operation {unknown[0]!r} in {text[:120]!r}; expected one of {', '.join(OPERATIONS)}"
        )
    row = [0] * (NUM_EDGES + NUM_OPERATIONS)
    for column, place in zip(_columns(vertices), upper, strict=True):
        row[column] = int(bits[place])
    row[NUM_EDGES : NUM_EDGES + vertices - 2] = [OPERATIONS.index(name) for name in names[1:-1]]
    return row
