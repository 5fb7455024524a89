"""The canonical form of a recurrent cell: live nodes alone, numbered as isomorphism leaves no choice.

Nodes are coloured by what they are, read and feed, and the colours refined until they stand still
(1-dimensional Weisfeiler-Lehman). Where some share a colour, each is tried as the first of them and the
smallest result counts (McKay 1981), but for those that an automorphism of the cell maps to the first tried.
"""

from collections import Counter
from typing import Any

from surronas.spaces.recurrent_layout import BLEND, NODE, Cell

Colours = list[int]  # of each node
Form = tuple[list[int], list[list[int]], list[int]]


def canonical_cell(cell: Cell) -> Cell:
    """Return the canonical form of a cell.

    All states start as zeros, so h_1 and h_2 may change places; h_0 is the output.
    """
    nodes, states = cell.live()
    orders = [states] if len(states) < 3 else [states, [0, 2, 1]]
    forms = [_smallest(_Labelled(cell.kept(nodes, order))) for order in orders]
    return Cell(*min(forms))


class _Labelled:
    """A cell of live nodes with what its colours start from and who reads whom."""

    def __init__(self, cell: Cell) -> None:
        self.cell, depths = cell, list[int]()
        self.readers: list[list[tuple[int, int]]] = [[] for _ in cell.operations]
        for node, sources in enumerate(cell.sources):
            depths.append(1 + max((depths[s - NODE] for s in sources if s >= NODE), default=0))
            for place, source in enumerate(sources):
                if source >= NODE:  # the order of sources counts in a blend alone
                    self.readers[source - NODE].append((node, place if self._ordered(node) else 0))
        outputs = [cell.outputs.index(n) if n in cell.outputs else -1 for n in range(len(depths))]
        self.start = _ranks(list(zip(depths, cell.operations, outputs, strict=True)))

    def refined(self, colours: Colours) -> Colours:
        """Return the colours refined until they stand still; their order is kept."""
        while True:
            finer = _ranks([self._signature(node, colours) for node in range(len(colours))])
            if len(set(finer)) == len(set(colours)):
                return finer
            colours = finer

    def form(self, colours: Colours) -> Form:
        """Return the cell with its nodes in the order of their colours, which all differ."""
        order = sorted(range(len(colours)), key=colours.__getitem__)  # colours rise with the depth
        cell = self.cell.kept(order, list(range(len(self.cell.outputs))))
        sources = [
            s if op == BLEND else sorted(s) for op, s in zip(cell.operations, cell.sources, strict=True)
        ]
        return cell.operations, sources, cell.outputs

    def _ordered(self, node: int) -> bool:
        return self.cell.operations[node] == BLEND

    def _signature(self, node: int, colours: Colours) -> tuple[Any, ...]:
        sources = [colours[s - NODE] if s >= NODE else s - NODE for s in self.cell.sources[node]]
        readers = sorted((colours[reader], place) for reader, place in self.readers[node])
        return colours[node], tuple(sources if self._ordered(node) else sorted(sources)), tuple(readers)


def _smallest(labelled: _Labelled, colours: Colours | None = None) -> Form:
    """Return the smallest form over all ways to tell nodes of one colour apart."""
    colours = labelled.refined(labelled.start if colours is None else colours)
    alike = _first_alike(colours)
    if not alike:
        return labelled.form(colours)
    first, *others = alike
    best, leaf = _smallest(labelled, _told_apart(colours, first)), _some_form(labelled, colours, first)
    for node in others:
        if _some_form(labelled, colours, node) != leaf:  # else an automorphism maps the first to it
            best = min(best, _smallest(labelled, _told_apart(colours, node)))
    return best


def _some_form(labelled: _Labelled, colours: Colours, node: int) -> Form:
    """Return the form where this node, and then whichever comes first of its like, is told apart."""
    colours = labelled.refined(_told_apart(colours, node))
    while alike := _first_alike(colours):
        colours = labelled.refined(_told_apart(colours, alike[0]))
    return labelled.form(colours)


def _first_alike(colours: Colours) -> list[int]:
    """Return the nodes of the first colour that several have; none if all differ."""
    shared = [colour for colour, count in Counter(colours).items() if count > 1]
    return [node for node, colour in enumerate(colours) if shared and colour == min(shared)]


def _told_apart(colours: Colours, node: int) -> Colours:
    """Return the colours with this node before all others of its colour."""
    return [2 * colour - (other == node) for other, colour in enumerate(colours)]


def _ranks(values: list[tuple[Any, ...]]) -> Colours:
    """Return the rank of each value among the distinct ones."""
    rank = {value: i for i, value in enumerate(sorted(set(values)))}
    return [rank[value] for value in values]
