"""The NAS-Bench-201 cell: 4 nodes, 6 edges, 5 operations (Dong and Yang, ICLR 2020)."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.graph_batch import GraphBatch, fixed_edges

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # in the order of the benchmark's string
NONE, SKIP = 0, 1
_TOKEN = re.compile(r"([a-z0-9_]+)~(\d)")


class Cell201(SearchSpace):
    """15,625 cells as (n, 6) int8: the operation on edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""

    name = "cell201"
    num_choices = np.full(len(EDGES), len(OPERATIONS), dtype=np.int64)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the first cell, in code order, of each cell's class: 6,466 classes in all.

        Two cells are of one class when NAS-Bench-201's own isomorphism rule makes them equal
        (``to_unique_str(consider_zero=True)`` of the authors' code).
        """
        return self.from_codes(_canonical_codes()[self.codes(architectures)])

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 6): whether an edge is on a path from input to output."""
        on: NDArray[np.bool_] = architectures != NONE
        o01, o02, o12, _, o13, o23 = on.T
        node2_fed = o02 | (o01 & o12)
        node1_used = o13 | (o12 & o23)
        used: NDArray[np.bool_] = np.stack(
            [node1_used, o23, o01 & o23, np.ones_like(o01), o01, node2_fed], axis=1
        )
        return on & used

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``|none~0|+|skip_connect~0|none~1|+|none~0|none~1|none~2|``."""
        strings = []
        for row in self.validate(architectures):
            words = [f"{OPERATIONS[op]}~{source}" for op, (source, _) in zip(row, EDGES, strict=True)]
            strings.append(f"|{words[0]}|+|{'|'.join(words[1:3])}|+|{'|'.join(words[3:])}|")
        return strings

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 6) cells that NAS-Bench-201 strings name.

        Raises:
            ArchitectureError: an unknown operation or a malformed string.
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
    """Return the 6 operation numbers of one NAS-Bench-201 string."""
    tokens = _TOKEN.findall(text)
    sources = [int(source) for _, source in tokens]
    words = [f"{name}~{source}" for name, source in tokens]
    expected = f"|{'|'.join(words[:1])}|+|{'|'.join(words[1:3])}|+|{'|'.join(words[3:])}|"
    if text.strip() != expected or sources != [source for source, _ in EDGES]:
        raise ArchitectureError(
            f"malformed cell201 string {text!r}; expected |op~0|+|op~0|op~1|+|op~0|op~1|op~2| "
            f"with op one of {', '.join(OPERATIONS)}"
        )
    unknown = [name for name, _ in tokens if name not in OPERATIONS]
    if unknown:
        raise ArchitectureError(
            f"unknown operation {unknown[0]!r} in {text!r}; expected one of {', '.join(OPERATIONS)}"
        )
    return [OPERATIONS.index(name) for name, _ in tokens]


@cache
def _canonical_codes() -> NDArray[np.int64]:
    """Return (15625,): the smallest code in the class of each cell.

    NAS-Bench-201's rule writes each node as the list of its incoming terms, sorted as text (so the
    names of the operations decide which sums of sums coincide): a skip gives
    the list of its source itself; `none`, or any operation on a node that is exactly one zero,
    gives a zero. So dead edges vanish, but for one corner that the published 6,466 classes keep:
    node 2, fed by two zeros, is not "exactly one zero", and what follows it still counts.
    (Dropping those edges too would leave 6,226 classes.)
    """
    cells = Cell201().enumerate()
    classes: dict[str, int] = {}
    return np.array([classes.setdefault(_expression(cell), code) for code, cell in enumerate(cells.tolist())])


def _expression(cell: list[int]) -> str:
    """Return the class of a cell as a string: its output node written out in terms of its input."""
    nodes = ["0", "", "", ""]
    for target in (1, 2, 3):
        terms = [
            _term(nodes[source], operation)
            for (source, end), operation in zip(EDGES, cell, strict=True)
            if end == target
        ]
        nodes[target] = "+".join(sorted(terms))
    return nodes[3]


def _term(source: str, operation: int) -> str:
    """Return what an edge adds to its target node."""
    if operation == NONE or source == "#":
        return "#"
    return source if operation == SKIP else f"({source})@{OPERATIONS[operation]}"
