"""The cell-level space of TransNAS-Bench-101: 4 nodes, 6 edges, 4 operations (Duan et al., CVPR 2021)."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.cell201 import EDGES, Cell201
from surronas.spaces.graph import Graph
from surronas.spaces.graph_batch import GraphBatch, fixed_edges

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
SKIP = 1
SKELETON = "64-41414"  # 64 channels; modules of two cells; 4 doubles the channels and halves the resolution
_STRING = re.compile(r"\s*64-41414-([0-3])_([0-3])([0-3])_([0-3])([0-3])([0-3])\s*", re.ASCII)


class TransNASMicro(SearchSpace):
    """4,096 cells as (n, 6) int8: the operation on edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""

    name = "transnas_micro"
    num_choices = np.full(len(EDGES), len(OPERATIONS), dtype=np.int64)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the first cell, in code order, of each cell's class of isomorphic ones: 1,376 classes.

        Unlike in Cell201, a skip from the input is no identity: in a cell that changes the shape it is a
        strided 1x1 convolution with weights of its own. Merging it, as NAS-Bench-201's rule would, makes
        the accuracies within a class differ four times as much as the noise of dead edges does; these
        classes add nothing to that noise, and all cells that the benchmark gives equal numbers share one.
        """
        return self.from_codes(_canonical_codes()[self.codes(architectures)])

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 6): whether an edge is on a path from input to output."""
        return Cell201().live(architectures)  # the same nodes and edges, and 0 is "none" there too

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``64-41414-1_02_333``."""
        return [
            f"{SKELETON}-{a}_{b}{c}_{d}{e}{f}" for a, b, c, d, e, f in self.validate(architectures).tolist()
        ]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 6) cells that the benchmark's strings name.

        NASLib's tuples are not read here: the same tuple is another cell in another of its files.

        Raises:
            ArchitectureError: a malformed string.
        """
        if isinstance(strings, str):
            strings = [strings]
        return np.array([_parse(text) for text in strings], dtype=np.int8).reshape(-1, len(EDGES))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one cell: 4 nodes, 6 edges."""
        cell = self.validate(architecture)
        if len(cell) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(cell)}")
        return Graph(4, tuple((s, t, OPERATIONS[op]) for (s, t), op in zip(EDGES, cell[0], strict=True)))

    def graphs(self, architectures: Architectures) -> GraphBatch:
        """Return the graphs of n cells as arrays."""
        return fixed_edges(OPERATIONS, EDGES, architectures)


def _parse(text: str) -> list[int]:
    """Return the 6 operation numbers of one string."""
    found = _STRING.fullmatch(text)
    if not found:
        raise ArchitectureError(
            f"malformed transnas_micro string {text!r}; expected {SKELETON}-a_bc_def with digits 0 (none), "
            f"1 (skip), 2 (1x1 convolution), 3 (3x3 convolution) on edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2"
        )
    return [int(digit) for digit in found.groups()]


@cache
def _canonical_codes() -> NDArray[np.int64]:
    """Return (4096,): the smallest code in the class of each cell."""
    space = TransNASMicro()
    cells = space.enumerate()
    pruned = np.where(space.live(cells), cells, 0).tolist()
    classes: dict[str, int] = {}
    return np.array([classes.setdefault(_expression(cell), code) for code, cell in enumerate(pruned)])


def _expression(cell: list[int]) -> str:
    """Return the class of a pruned cell: its output written out as a sum of terms.

    What is fed on twice is named, not written twice: two nodes that happen to hold the same operation
    have two sets of weights. Only node 1 can be fed on twice, and it has one edge in.
    """
    o01, o02, o12, o03, o13, o23 = cell
    first = [f"i{o01}"] if o01 else []
    shared = bool(o12 and o13)
    source = ["n"] if shared else first
    second = ([f"i{o02}"] if o02 else []) + _terms(o12, source)
    output = ([f"i{o03}"] if o03 else []) + _terms(o13, source) + _terms(o23, second)
    return f"n={first};{sorted(output)}" if shared else str(sorted(output))


def _terms(operation: int, source: list[str]) -> list[str]:
    """Return the terms that an edge adds to its target, given the terms of its source."""
    if not operation:
        return []
    return source if operation == SKIP else [f"{operation}({'+'.join(sorted(source))})"]
