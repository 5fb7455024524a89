"""The NAS-Bench-NLP space: recurrent cells of up to 24 nodes (Klyuchnikov et al., 2020, arXiv 2006.07116)."""

import math
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import IDENTITY, Graph
from surronas.spaces.recurrent_canonical import canonical_cell
from surronas.spaces.recurrent_layout import (
    FEWEST_SOURCES,
    INPUTS,
    LINEAR,
    MOST_SOURCES,
    NODE,
    NODE_DECISIONS,
    NUM_CHOICES,
    NUM_NODES,
    NUM_SOURCES,
    NUM_STATES,
    OPERATIONS,
    STATE,
    Cell,
    X,
)
from surronas.spaces.recurrent_neighbors import candidates
from surronas.spaces.recurrent_recipe import cell_of, recipe_of
from surronas.spaces.recurrent_sampling import random_cell


class RecurrentCell(SearchSpace):
    """Recurrent cells as (n, 99) int8: an operation and 3 sources for each of 24 nodes, then 3 hidden states.

    What makes a row a cell: nodes stand at the front, each behind those that it reads; a linear node reads
    2 or 3 sources, a blend 3 (gate, one, other: in this order), a product or sum 2, an activation 1, all
    distinct; x, whose size is its own, goes into linear nodes alone; the hidden states are 1 to 3 nodes, all
    different, h_new_0 being the output. The space is too large to number: its codes are hashes.
    """

    name = "recurrent_cell"
    num_choices = NUM_CHOICES
    constrained = True

    @property
    def num_architectures(self) -> int:
        """The number of cells (isomorphic ones, and ones with dead nodes, counted apart): 2.8e90."""
        return sum(
            math.prod(_num_nodes_at(states + i) for i in range(nodes)) * math.perm(nodes, states)
            for states in range(1, NUM_STATES + 1)
            for nodes in range(states, NUM_NODES + 1)
        )

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether each row is a cell."""
        operations, sources, outputs = _parts(architectures)
        given, present, states = sources > 0, operations > 0, (outputs > 0).sum(axis=1)
        count = given.sum(axis=2)
        good = present[:, 0] & _at_front(present) & _at_front(given).all(axis=1) & _at_front(outputs > 0)
        good &= ((count >= FEWEST_SOURCES[operations]) & (count <= MOST_SOURCES[operations])).all(axis=1)
        good &= ~((sources == X) & (operations != LINEAR)[:, :, None]).any(axis=(1, 2))
        beyond = (sources - STATE >= states[:, None, None]) & (sources < NODE)
        good &= ~beyond.any(axis=(1, 2)) & ~_repeats(sources).any(axis=1) & ~_repeats(outputs) & (states > 0)
        cell: NDArray[np.bool_] = good & (outputs <= present.sum(axis=1)[:, None]).all(axis=1)
        return cell

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, 99) cells drawn as the benchmark's authors drew theirs; see ``random_cell``."""
        draws = random.Random(int(rng.integers(2**63)))  # for many small draws, one after the other
        return self._stacked([random_cell(draws) for _ in range(n)])

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, 99), and the (m,) row in the batch that each belongs to.

        Neighbors are not all mutual: a node put on a wire is not always what taking out another undoes.
        """
        around = {row.tobytes(): self._around(row) for row in np.unique(architectures, axis=0)}
        rows = [around[row.tobytes()] for row in architectures]
        owner = np.repeat(np.arange(len(rows)), [len(near) for near in rows])
        return np.concatenate([np.empty((0, self.num_decisions), np.int8), *rows]), owner

    def _around(self, row: NDArray[np.int8]) -> Architectures:
        """Return the (k, 99) neighbors of one row."""
        near = candidates(row)
        near = near[self.allowed(near)]
        distinct = {one.tobytes(): one for one in near}
        distinct.pop(row.tobytes(), None)
        return np.array(list(distinct.values()), np.int8).reshape(-1, self.num_decisions)

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, 99) cells: node by node from either parent, with even odds.

        What only one parent has, its further nodes and its hidden states, comes from the parent with more
        hidden states, or from either; so the child is always a cell.
        """
        if a.shape != b.shape:
            raise ArchitectureError(f"expected parents of one shape, got {a.shape} and {b.shape}")
        more = (b[:, NODE_DECISIONS:] > 0).sum(axis=1) - (a[:, NODE_DECISIONS:] > 0).sum(axis=1)
        of_b = np.where(more == 0, rng.random(len(a)) < 0.5, more > 0)
        base, other = np.where(of_b[:, None], b, a), np.where(of_b[:, None], a, b)
        both = (_parts(a)[0] > 0) & (_parts(b)[0] > 0)
        taken = np.repeat(both & (rng.random(both.shape) < 0.5), 1 + NUM_SOURCES, axis=1)
        return np.where(np.pad(taken, ((0, 0), (0, NUM_STATES))), other, base)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return (n, 99) canonical forms: isomorphic cells, and those that differ in dead nodes, share one.

        Dead is what h_new_0 depends on neither at this step nor, through the other states, at a later one.
        """
        return self._stacked([canonical_cell(Cell.of(row)) for row in architectures])

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 99): whether a decision is there and h_new_0 depends on it, at some step."""
        live = np.zeros(architectures.shape, bool)
        for row, alive in zip(architectures, live, strict=True):
            nodes, states = Cell.of(row).live()
            alive[:NODE_DECISIONS].reshape(NUM_NODES, -1)[nodes] = True
            alive[NODE_DECISIONS + np.array(states)] = True
        return live & (architectures > 0)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n recipes as compact JSON: ``{"h_new_0":{"op":"linear","input":["x","h_prev_0"]}}``."""
        return [recipe_of(Cell.of(row)) for row in self.validate(architectures)]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 99) cells that the benchmark's recipes describe; the names of nodes are not kept.

        Raises:
            ArchitectureError: a malformed recipe, or one that is no cell of this space.
        """
        if isinstance(strings, str):
            strings = [strings]
        return self.validate(self._stacked([cell_of(text) for text in strings]))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one cell, with operations on its nodes.

        Nodes: input; x and h_prev_0, ...; the nodes of the cell; h_new_0, ...; output. The edges into a node
        lie in the order of its sources.
        """
        row = self.validate(architecture)
        if len(row) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(row)}")
        cell = Cell.of(row[0])
        inputs = INPUTS[: 1 + len(cell.outputs)]
        first, after = 1 + len(inputs), 1 + len(inputs) + len(cell.operations)
        at = [*range(1, STATE + NUM_STATES), *range(first, after)]  # the graph's node of each source, from 1
        output = after + len(cell.outputs)
        wires = [(0, node) for node in range(1, first)]
        wires += [(at[s - 1], first + i) for i, sources in enumerate(cell.sources) for s in sources]
        wires += [(first + node, after + state) for state, node in enumerate(cell.outputs)]
        wires += [(after + state, output) for state in range(len(cell.outputs))]
        operations = (OPERATIONS[operation] for operation in cell.operations)
        states = (f"h_new_{state}" for state in range(len(cell.outputs)))
        return Graph(
            output + 1,
            tuple((s, t, IDENTITY) for s, t in wires),
            ("input", *inputs, *operations, *states, "output"),
        )

    def _stacked(self, cells: list[Cell]) -> Architectures:
        """Return the (n, 99) rows of n cells."""
        rows = [cell.row()[None] for cell in cells]
        return np.concatenate([np.empty((0, self.num_decisions), np.int8), *rows])


def _parts(rows: Architectures) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int8]]:
    """Return operations (n, 24), sources (n, 24, 3) and hidden states (n, 3) of rows."""
    nodes = rows[:, :NODE_DECISIONS].reshape(-1, NUM_NODES, 1 + NUM_SOURCES)
    return nodes[:, :, 0], nodes[:, :, 1:], rows[:, NODE_DECISIONS:]


def _at_front(there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether what is there stands before what is not, along the last axis."""
    front: NDArray[np.bool_] = np.logical_and.reduce(there[..., :-1] | ~there[..., 1:], axis=-1)
    return front


def _repeats(numbers: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return whether one of the three numbers along the last axis comes twice; 0 does not count."""
    first, second, third = numbers[..., 0], numbers[..., 1], numbers[..., 2]
    repeats: NDArray[np.bool_] = ((first == second) | (first == third)) & (first > 0)
    again: NDArray[np.bool_] = (second == third) & (second > 0)
    return repeats | again


def _num_nodes_at(sources: int) -> int:
    """Return how many nodes can read so many nodes and hidden states, or x with them if linear."""
    element_wise = 3 * sources + 2 * math.perm(sources, 2) + math.perm(sources, 3)
    return element_wise + math.perm(sources + 1, 2) + math.perm(sources + 1, 3)
