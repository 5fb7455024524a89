"""Recurrent cells in the benchmark's own notation: the JSON text of a recipe ("recepie")."""

import json
import re
from collections.abc import Mapping
from typing import Any

from surronas.errors import ArchitectureError
from surronas.spaces.recurrent_layout import (
    FEWEST_SOURCES,
    INPUTS,
    MOST_SOURCES,
    NODE,
    NUM_NODES,
    NUM_STATES,
    OPERATIONS,
    Cell,
)

_STATE = re.compile(r"h_new_(\d+)")  # `h_new_1_act` is an ordinary node
Recipe = dict[str, tuple[int, list[str]]]  # name of a node -> operation, names of its sources


def recipe_of(cell: Cell) -> str:
    """Return the recipe of a cell as compact JSON, nodes named by their place or their hidden state."""
    names = [*INPUTS, *(f"node_{i}" for i in range(len(cell.operations)))]
    for state, node in enumerate(cell.outputs):
        names[NODE - 1 + node] = f"h_new_{state}"
    recipe = {
        names[NODE - 1 + i]: {"op": OPERATIONS[operation], "input": [names[s - 1] for s in sources]}
        for i, (operation, sources) in enumerate(zip(cell.operations, cell.sources, strict=True))
    }
    return json.dumps(recipe, separators=(",", ":"))


def cell_of(text: str) -> Cell:
    """Return the cell of a recipe; its nodes stay in their order, or are put behind what they read.

    Raises:
        ArchitectureError: no recipe, or one of a cell that is too large, has a loop or unknown names.
    """
    recipe = _parse(text)
    states = sorted(int(match[1]) for name in recipe if (match := _STATE.fullmatch(name)))
    if states != list(range(len(states))) or not 1 <= len(states) <= NUM_STATES or len(recipe) > NUM_NODES:
        raise ArchitectureError(
            f"expected a cell of at most {NUM_NODES} nodes, of which the first 1 to {NUM_STATES} of h_new_0, "
            f"h_new_1, h_new_2 are hidden states, got {len(recipe)} nodes and states {states}: {_short(text)}"
        )
    order = _in_order(recipe, text)
    number = {name: i for i, name in enumerate([*INPUTS, *order], 1)}
    operations = [recipe[name][0] for name in order]
    sources = [[number[source] for source in recipe[name][1]] for name in order]
    return Cell(operations, sources, [order.index(f"h_new_{k}") for k in states])


def _parse(text: str) -> Recipe:
    """Return the nodes of a recipe, after checking that each is one."""
    try:
        given = json.loads(text, object_pairs_hook=_without_repeats)
        nodes = {name: (node["op"], node["input"]) for name, node in given.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ArchitectureError(
            f"malformed recipe {_short(text)} ({type(error).__name__}: {error}); expected JSON such as "
            f'{{"node_0":{{"op":"linear","input":["x","h_prev_0"]}},"h_new_0":{{...}}}}'
        ) from error
    for name, (operation, sources) in nodes.items():
        _check_node(name, operation, sources, nodes)
    return {name: (OPERATIONS.index(operation), sources) for name, (operation, sources) in nodes.items()}


def _check_node(name: str, operation: Any, sources: Any, nodes: Mapping[str, object]) -> None:
    """Refuse an unknown operation, sources that are no nodes, or too few or too many of them."""
    if operation not in OPERATIONS[1:]:
        raise ArchitectureError(
            f"unknown operation {operation!r} at node {name!r}; expected one of {', '.join(OPERATIONS[1:])}"
        )
    known = isinstance(sources, list) and all(
        isinstance(s, str) and (s in INPUTS or s in nodes) for s in sources
    )
    if not known or name in INPUTS:
        raise ArchitectureError(
            f"node {name!r} reads {sources!r}; expected a list of {', '.join(INPUTS)} and of other nodes, "
            f"which have names of their own"
        )
    fewest, most = (int(bound[OPERATIONS.index(operation)]) for bound in (FEWEST_SOURCES, MOST_SOURCES))
    if not fewest <= len(sources) <= most or len(set(sources)) != len(sources):
        raise ArchitectureError(
            f"node {name!r} reads {sources!r}; expected {fewest} to {most} distinct sources for {operation}"
        )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dict; a name that comes twice is an error, not the last one's."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError(f"a name twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def _in_order(recipe: Recipe, text: str) -> list[str]:
    """Return the names of the nodes, each behind those that it reads, else in the recipe's order."""
    order: dict[str, None] = {}
    while len(order) < len(recipe):
        ready = (
            n
            for n, (_, sources) in recipe.items()
            if n not in order and all(s in INPUTS or s in order for s in sources)
        )
        if (name := next(ready, None)) is None:
            raise ArchitectureError(f"the nodes of a recipe read each other in a loop: {_short(text)}")
        order[name] = None
    return list(order)


def _short(text: str) -> str:
    return repr(text) if len(repr(text)) <= 200 else repr(text)[:197] + "..."
