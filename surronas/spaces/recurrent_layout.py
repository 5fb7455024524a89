"""How a recurrent cell lies in a row of decisions, and back: 24 nodes of 4 decisions, then 3 hidden states.

A node is its operation (0: absent) and three sources (0: none, 1: x, 2 to 4: h_prev_0 to h_prev_2, from 5 on:
an earlier node). A hidden state is the node that gives its next value, counted from 1 (0: no such state).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

OPERATIONS = (
    "absent",
    "linear",
    "blend",
    "elementwise_prod",
    "elementwise_sum",
    "activation_tanh",
    "activation_sigm",
    "activation_leaky_relu",
)
LINEAR, BLEND, PROD, SUM = 1, 2, 3, 4
ACTIVATIONS = (5, 6, 7)
FEWEST_SOURCES = np.array([0, 2, 3, 2, 2, 1, 1, 1])
MOST_SOURCES = np.array([0, 3, 3, 2, 2, 1, 1, 1])
NUM_NODES, NUM_SOURCES, NUM_STATES = 24, 3, 3  # the largest cell of the paper's space
X, STATE, NODE = 1, 2, 1 + 1 + NUM_STATES  # the source x; the first h_prev; the first node
INPUTS = ("x", *(f"h_prev_{k}" for k in range(NUM_STATES)))  # of sources 1 to 4
NODE_DECISIONS = NUM_NODES * (1 + NUM_SOURCES)
NUM_CHOICES = np.array(
    [choices for i in range(NUM_NODES) for choices in (len(OPERATIONS), *[NODE + i] * NUM_SOURCES)]
    + [NUM_NODES + 1] * NUM_STATES,
    dtype=np.int64,
)


@dataclass
class Cell:
    """One cell as lists, nodes in topological order; sources as in the row."""

    operations: list[int] = field(default_factory=list)
    sources: list[list[int]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)  # the node, from 0, that gives each hidden state

    @classmethod
    def of(cls, row: NDArray[np.int8]) -> "Cell":
        """Return the cell of a valid row."""
        nodes = row[:NODE_DECISIONS].reshape(NUM_NODES, -1).tolist()
        present = [node for node in nodes if node[0]]
        sources = [[source for source in node[1:] if source] for node in present]
        return cls(
            [node[0] for node in present], sources, [k - 1 for k in row[NODE_DECISIONS:].tolist() if k]
        )

    def row(self) -> NDArray[np.int8]:
        """Return the (99,) row of decisions of a cell that is not too large."""
        row = np.zeros(len(NUM_CHOICES), np.int8)
        nodes = row[:NODE_DECISIONS].reshape(NUM_NODES, -1)
        for i, (operation, sources) in enumerate(zip(self.operations, self.sources, strict=True)):
            nodes[i, 0], nodes[i, 1 : 1 + len(sources)] = operation, sources
        row[NODE_DECISIONS : NODE_DECISIONS + len(self.outputs)] = np.add(self.outputs, 1)
        return row

    def kept(self, order: list[int], states: list[int]) -> "Cell":
        """Return the cell of these nodes, in this order, and of these states; nothing kept reads others."""
        new = {NODE + node: NODE + place for place, node in enumerate(order)}
        new |= {STATE + state: STATE + place for place, state in enumerate(states)} | {X: X}
        sources = [[new[source] for source in self.sources[node]] for node in order]
        outputs = [new[NODE + self.outputs[state]] - NODE for state in states]
        return Cell([self.operations[node] for node in order], sources, outputs)

    def live(self) -> tuple[list[int], list[int]]:
        """Return the nodes and the states, in order, that h_new_0 depends on, at this step or a later one."""
        nodes, states, waiting = set[int](), {0}, [self.outputs[0]]
        while waiting:
            node = waiting.pop()
            if node in nodes:
                continue
            nodes.add(node)
            for source in self.sources[node]:
                if source >= NODE:
                    waiting.append(source - NODE)
                elif source >= STATE and source - STATE not in states:
                    states.add(source - STATE)
                    waiting.append(self.outputs[source - STATE])
        return sorted(nodes), sorted(states)
