"""The plan of a population's cell: which candidates do which operation between which nodes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from surronas.training.networks.cell201 import Cell
from surronas.training.population.exchange import Route

SKIP, POOL = "skip_connect", "avg_pool_3x3"


@dataclass(frozen=True)
class Entry:
    """One edge of one candidate's cell."""

    candidate: int
    place: int  # of the edge among the candidate's live edges
    source: int
    target: int
    operation: str


@dataclass(frozen=True)
class Group:
    """All edges from one node with one operation: they are computed together, a slot an entry.

    Pooling a node takes no parameters, so that a candidate is pooled once for all its edges.
    """

    source: int
    operation: str
    entries: tuple[Entry, ...]
    gather: Route  # from the slots of the source node to the slots of the group
    num_slots: int


@dataclass(frozen=True)
class Arrival:
    """What flows into a node from one tensor: that of a group, or, skipped, that of a node itself."""

    group: int | None  # number of the group; None: the node ``source``
    source: int
    route: Route


@dataclass(frozen=True)
class CellPlan:
    """Groups in the order of their source nodes, and what arrives at each node behind the input."""

    num_nodes: int
    groups: tuple[Group, ...]
    arrivals: dict[int, tuple[Arrival, ...]]  # of nodes that some candidate has
    num_slots: dict[int, int]  # of each node


def plan_of(cells: Sequence[Cell], device: torch.device) -> CellPlan:
    """Return the plan of n candidates' cells, which have the same nodes and different live edges."""
    entries = [
        Entry(candidate, place, source, target, name)
        for candidate, cell in enumerate(cells)
        for place, (source, target, name) in enumerate(cell.edges)
    ]
    output = cells[0].output_node
    members = _members(entries, len(cells), output)
    slot = {node: {c: i for i, c in enumerate(chosen)} for node, chosen in members.items()}
    groups: list[Group] = []
    arrivals: dict[int, list[Arrival]] = {node: [] for node in members if node > 0}
    for source, operation in sorted({(e.source, e.operation) for e in entries}):
        chosen = [e for e in entries if (e.source, e.operation) == (source, operation)]
        at, group = [slot[source][e.candidate] for e in chosen], None
        if operation != SKIP:
            group = len(groups)
            groups.append(_group(source, operation, chosen, slot[source], device))
            at = _slots_in_group(operation, chosen)
        for target in sorted({e.target for e in chosen}):
            pairs = [
                (i, slot[target][e.candidate]) for i, e in zip(at, chosen, strict=True) if e.target == target
            ]
            starts, ends = zip(*pairs, strict=True)
            arrivals[target].append(Arrival(group, source, Route.of(starts, ends, device)))
    return CellPlan(
        output + 1,
        tuple(groups),
        {node: tuple(found) for node, found in arrivals.items()},
        {node: len(chosen) for node, chosen in members.items()},
    )


def _members(entries: Sequence[Entry], number: int, output: int) -> dict[int, list[int]]:
    """Return the candidates that have each node; all have the input and the output, alive or not."""
    members = {0: list(range(number)), output: list(range(number))}
    for node in {e.target for e in entries} - {output}:
        members[node] = sorted({e.candidate for e in entries if e.target == node})
    return members


def _slots_in_group(operation: str, entries: Sequence[Entry]) -> list[int]:
    """Return the slot of each entry within its group."""
    if operation != POOL:
        return list(range(len(entries)))
    candidates = {c: i for i, c in enumerate(dict.fromkeys(e.candidate for e in entries))}
    return [candidates[e.candidate] for e in entries]


def _group(
    source: int, operation: str, entries: Sequence[Entry], slot: dict[int, int], device: torch.device
) -> Group:
    places = _slots_in_group(operation, entries)
    start = {place: slot[e.candidate] for place, e in zip(places, entries, strict=True)}
    gather = Route.of(list(start.values()), list(start), device)
    return Group(source, operation, tuple(entries), gather, len(start))
