"""Random recurrent cells, drawn as the authors of NAS-Bench-NLP drew theirs (``RecepieGenerator``)."""

import random

from surronas.spaces.recurrent_layout import (
    ACTIVATIONS,
    BLEND,
    LINEAR,
    NODE,
    NUM_NODES,
    PROD,
    STATE,
    SUM,
    Cell,
    X,
)

_NUM_STATES, _NUM_INTERMEDIATE = (1, 2, 3), (7, 14, 21)  # sizes of the authors' example, drawn evenly
_OPERATIONS = (LINEAR, LINEAR, LINEAR, BLEND, PROD, SUM)  # a linear node three times as often
_LINEAR_SOURCES = (2, 2, 2, 2, 3)  # two sources four times as often as three


def random_cell(rng: random.Random) -> Cell:
    """Return a cell in which every input is used and no h_prev is read by a hidden state at once.

    Nodes are added until there are enough, each linear one with an activation behind it; hidden states are
    any of the nodes; what none of them depends on is taken out. Cells that break a rule are drawn anew.
    """
    while True:
        num_states = rng.choice(_NUM_STATES)
        cell = _grown(num_states, num_states + rng.choice(_NUM_INTERMEDIATE), rng)
        nodes = _used(cell)
        inputs = {source for node in nodes for source in cell.sources[node] if source < NODE}
        direct = any(STATE <= source < NODE for node in cell.outputs for source in cell.sources[node])
        if len(nodes) <= NUM_NODES and inputs == {X, *_states(num_states)} and not direct:
            return cell.kept(nodes, list(range(num_states)))


def _grown(num_states: int, num_nodes: int, rng: random.Random) -> Cell:
    """Return a cell of so many nodes, or one more, with states that are any of them."""
    cell, activated = Cell(), list[int]()
    while len(cell.operations) < num_nodes:
        operation = rng.choice(_OPERATIONS)
        if operation == LINEAR:
            candidates, wanted = [X, *_states(num_states), *activated], rng.choice(_LINEAR_SOURCES)
        else:
            nodes = range(NODE, NODE + len(cell.operations))
            candidates, wanted = [*_states(num_states), *nodes], 3 if operation == BLEND else 2
        if operation != LINEAR and wanted > len(candidates):
            continue
        cell.operations.append(operation)
        cell.sources.append(rng.sample(candidates, min(wanted, len(candidates))))
        if operation == LINEAR:
            cell.operations.append(rng.choice(ACTIVATIONS))
            cell.sources.append([NODE + len(cell.operations) - 2])
            activated.append(NODE + len(cell.operations) - 1)
    cell.outputs = rng.sample(range(len(cell.operations)), num_states)
    return cell


def _states(num_states: int) -> range:
    return range(STATE, STATE + num_states)


def _used(cell: Cell) -> list[int]:
    """Return the nodes that some hidden state depends on within one step, in order."""
    used = set(cell.outputs)
    for node in range(len(cell.operations) - 1, -1, -1):
        if node in used:
            used.update(source - NODE for source in cell.sources[node] if source >= NODE)
    return sorted(used)
