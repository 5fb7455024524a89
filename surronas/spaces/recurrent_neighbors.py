"""The neighbors of a recurrent cell: one decision changed, a node put on a wire, or a node taken out."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from surronas.spaces.base import Architectures
from surronas.spaces.recurrent_layout import (
    ACTIVATIONS,
    LINEAR,
    NODE,
    NODE_DECISIONS,
    NUM_CHOICES,
    NUM_NODES,
    NUM_SOURCES,
    PROD,
    STATE,
    SUM,
    Cell,
    X,
)


def candidates(row: NDArray[np.int8]) -> Architectures:
    """Return (k, 99) rows around a valid one; some may be no cell, or come twice, or be the row itself.

    - Any one decision changed: another operation, a wire from another source, another node as hidden state.
    - A node put on a wire: an activation, or a linear, product or sum whose second source is an input.
    - A node taken out: what read it reads one of its sources instead.
    """
    cell = Cell.of(row)
    moved = [grown.row() for grown in _grown(cell)] + [shrunk.row() for shrunk in _shrunk(cell)]
    return np.concatenate([_one_decision_away(row, len(cell.operations)), *[new[None] for new in moved]])


def _one_decision_away(row: NDArray[np.int8], num_nodes: int) -> Architectures:
    """Return (m, 99) rows with one decision of a node that is there, or of a hidden state, changed."""
    there = np.arange(len(NUM_CHOICES))
    there = there[(there < num_nodes * (1 + NUM_SOURCES)) | (there >= NODE_DECISIONS)]
    decision = np.repeat(there, NUM_CHOICES[there] - 1)
    shift = np.concatenate([np.arange(1, choices) for choices in NUM_CHOICES[there]])
    moved = np.repeat(row[None], len(decision), axis=0)
    moved[np.arange(len(decision)), decision] = (row[decision] + shift) % NUM_CHOICES[decision]
    return moved


def _grown(cell: Cell) -> Iterator[Cell]:
    """Give the cells with one more node, put on a wire between nodes or before a hidden state."""
    if len(cell.operations) == NUM_NODES:
        return
    for reader, sources in enumerate(cell.sources):
        for place, source in enumerate(sources):
            for operation, read in _on_wire(source, len(cell.outputs)):
                grown = _inserted(cell, reader, operation, read)
                grown.sources[reader + 1][place] = NODE + reader
                yield grown
    for state, node in enumerate(cell.outputs):
        for operation, read in _on_wire(NODE + node, len(cell.outputs)):
            grown = _inserted(cell, len(cell.operations), operation, read)
            grown.outputs[state] = len(cell.operations)
            yield grown


def _on_wire(source: int, num_states: int) -> Iterator[tuple[int, list[int]]]:
    """Give the operations, with what they read, that a node on the wire from a source may have."""
    states = range(STATE, STATE + num_states)
    yield from ((activation, [source]) for activation in ACTIVATIONS)
    yield from ((LINEAR, [source, other]) for other in (X, *states))
    yield from ((operation, [source, other]) for operation in (PROD, SUM) for other in states)


def _inserted(cell: Cell, at: int, operation: int, read: list[int]) -> Cell:
    """Return the cell with a node that reads earlier ones put before node ``at``; nothing reads it yet."""
    sources = [[s + (s >= NODE + at) for s in node] for node in cell.sources]
    return Cell(
        [*cell.operations[:at], operation, *cell.operations[at:]],
        [*sources[:at], read, *sources[at:]],
        [node + (node >= at) for node in cell.outputs],
    )


def _shrunk(cell: Cell) -> Iterator[Cell]:
    """Give the cells with one node less; a hidden state moves to a node that it read."""
    for gone, sources in enumerate(cell.sources):
        for instead in sources:
            if gone in cell.outputs and instead < NODE:
                continue
            new = [[_without(gone, instead, s) for s in node] for node in cell.sources]
            outputs = [_without(gone, instead, NODE + node) - NODE for node in cell.outputs]
            yield Cell(
                cell.operations[:gone] + cell.operations[gone + 1 :], new[:gone] + new[gone + 1 :], outputs
            )


def _without(gone: int, instead: int, source: int) -> int:
    """Return a source renumbered after a node is gone; one that was that node is another instead."""
    source = instead if source == NODE + gone else source
    return source - (source > NODE + gone)
