"""What a search space's decisions are called: the edges or nodes of its graphs, and their operations."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from surronas.encodings.live_graphs import Known
from surronas.spaces import Architectures, Graph, SearchSpace

_BASES = 20  # architectures from which single choices are changed, until every choice was seen
NO_EDGE = "no edge"

Place = tuple[int, int]  # an edge's source and target; a node's number twice


@dataclass(frozen=True)
class Decisions:
    """Names of d decisions and of their choices, and the edges that they are of."""

    names: tuple[str, ...]  # "0→3", "node 2", or "decision 5"
    choices: tuple[tuple[str, ...], ...]  # of each decision
    edges: tuple[Place | None, ...]  # source and target, where a decision is an edge's operation


def decisions_of(space: SearchSpace) -> Decisions:
    """Return the names of a space's decisions.

    A decision that changes one edge or one node of the graph, whatever is chosen, has its name, and the
    choices those of operations. Others are numbered.
    """
    return _decisions_of(Known(space))


@cache
def _decisions_of(known: Known) -> Decisions:
    space = known.space
    bases = space.sample(_BASES, np.random.default_rng(0))
    found = [_seen(space, bases, decision) for decision in range(space.num_decisions)]
    names, choices, edges = [], [], []
    for decision, (place, operations) in enumerate(found):
        numbered = [f"choice {choice}" for choice in range(space.num_choices[decision])]
        names.append(f"decision {decision}" if place is None else _name(place))
        choices.append(tuple(operations.get(c, text) for c, text in enumerate(numbered)))
        edges.append(place if place is not None and place[0] != place[1] else None)
    return Decisions(tuple(names), tuple(choices), tuple(edges))


def _name(place: Place) -> str:
    return f"node {place[0]}" if place[0] == place[1] else f"{place[0]}→{place[1]}"


def _seen(space: SearchSpace, bases: Architectures, decision: int) -> tuple[Place | None, dict[int, str]]:
    """Return the one place of the graph that a decision changes, and what its choices put there."""
    places: set[Place] = set()
    operations: dict[int, str] = {}
    for base in bases:
        rows = np.repeat(base[None], space.num_choices[decision], axis=0)
        rows[:, decision] = np.arange(len(rows))
        there = np.flatnonzero(space.allowed(rows)).tolist()
        drawn = {choice: _drawn(space.graph(rows[choice])) for choice in there}
        if any(graph is None for graph in drawn.values()):
            return None, {}
        every = [graph for graph in drawn.values() if graph is not None]
        keys = set().union(*every)
        places |= {key for key in keys if len({graph.get(key) for graph in every}) > 1}
        if len(places) > 1:
            return None, {}
        for place in places:
            operations |= {choice: (drawn[choice] or {}).get(place, NO_EDGE) for choice in there}
        if len(operations) == space.num_choices[decision]:
            break
    return (places.pop(), operations) if places else (None, {})


def _drawn(graph: Graph) -> dict[Place, str] | None:
    """Return the operation at each edge and node, None where two edges join the same nodes."""
    at = {(source, target): operation for source, target, operation in graph.edges}
    if len(at) < len(graph.edges):
        return None
    return at | {(node, node): operation for node, operation in enumerate(graph.node_operations)}
