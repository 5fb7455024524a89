"""Paths and substructures of networks: what predictions differ by between those that have one and others.

Any surrogate on any encoding is asked for the predictions of a sample; the networks' live graphs then say
who has what. What an encoding's own path features do is told by ``path_effects``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings import Encoding, live_one_hot
from surronas.encodings.live_graphs import FRAME, LiveGraphs, live_graphs
from surronas.errors import InputError
from surronas.explanation.predictions import Model
from surronas.spaces import Architectures, SearchSpace
from surronas.surrogates import Surrogate

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Structures = Callable[[SearchSpace, Architectures], list[frozenset[str]]]  # of each architecture, in words
_ROUNDING = 1e-9  # of the predictions' deviation: what choices leave below that is nothing
_ROWS_A_COLUMN = 4  # architectures for each choice that has an effect of its own, at least
_INPUT, _OUTPUT = FRAME


@dataclass(frozen=True)
class StructureEffects:
    """What k paths or substructures do to the predictions for n architectures, the weightiest first."""

    names: tuple[str, ...]
    counts: NDArray[np.int64]  # (k,) architectures that have it
    differences: Array  # (k,) their mean prediction minus that of all others, in the target's unit
    errors: Array  # (k,) standard errors of the differences
    beyond: Array  # (k,) what the choices one by one leave of the differences; NaN: too few architectures
    shares: Array  # (k,) of the predictions' variance that having it or not accounts for


def structure_effects(
    surrogate: Surrogate,
    encoding: Encoding,
    space: SearchSpace,
    architectures: ArrayLike,
    structures: Structures,
    *,
    fewest: int = 10,
) -> StructureEffects:
    """Return what having a structure or not does to predictions; ``structures`` gives those of networks.

    ``network_paths`` and ``substructures`` do. Only structures that ``fewest`` architectures have, and as
    many have not, are told of. ``differences`` are between real architectures: those that have a structure
    have its operations too. ``beyond`` are differences of what is left of predictions once each choice of
    each live decision has an effect of its own (least squares).

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
        InputError: fewer architectures than could have and have not a structure.
    """
    rows = space.validate(architectures)
    if fewest < 2 or len(rows) < 2 * fewest:
        raise InputError(
            f"expected fewest >= 2 and twice as many architectures, got {fewest} and {len(rows)}"
        )
    names, having = _table(structures(space, rows), fewest)
    predicted = Model(surrogate, encoding, space).predictions(rows)
    differences, errors = _differences(having, predicted)
    beyond, _ = _differences(having, _left_by_choices(space, rows, predicted))
    variance, frequency = float(predicted.var()) or 1.0, having.mean(axis=0)
    beyond[np.abs(beyond) < _ROUNDING * np.sqrt(variance)] = 0.0
    shares = frequency * (1.0 - frequency) * differences**2 / variance
    order = np.argsort(-shares, kind="stable")
    return StructureEffects(
        tuple(names[i] for i in order),
        having.sum(axis=0)[order],
        *(part[order] for part in (differences, errors, beyond, shares)),
    )


def network_paths(space: SearchSpace, architectures: Architectures) -> list[frozenset[str]]:
    """Return the paths from input to output of n networks: their operations in order, "a → b"."""
    found = live_graphs(space, architectures)
    last = (found.graphs.num_nodes - 1).tolist()
    listed = [_paths(edges, end) for edges, end in zip(_live_edges(found), last, strict=True)]
    return [listed[place] for place in found.inverse.tolist()]


def substructures(space: SearchSpace, architectures: Architectures) -> list[frozenset[str]]:
    """Return the substructures of n networks: an operation, or the output, and what it reads, "a of (b + c)".

    These are Weisfeiler and Lehman's subtrees of height 1.
    """
    found = live_graphs(space, architectures)
    names, on_nodes = found.graphs.names, found.graphs.on_nodes
    own = found.graphs.node_operation.tolist()
    last = (found.graphs.num_nodes - 1).tolist()
    listed = [
        _subtrees_of_nodes(edges, [names[place] for place in nodes])
        if on_nodes
        else _subtrees_of_edges(edges, end)
        for edges, nodes, end in zip(_live_edges(found), own, last, strict=True)
    ]
    return [listed[place] for place in found.inverse.tolist()]


Edge = tuple[int, int, str]  # source, target, what a path does along it; "" where that is nothing


def _live_edges(found: LiveGraphs) -> Iterator[list[Edge]]:
    """Yield the live edges of each distinct graph, in an order of their targets."""
    graphs, names = found.graphs, (*found.graphs.names, "")
    for row in range(len(graphs)):
        there = found.live[row]
        ends = graphs.source[row, there].tolist(), graphs.target[row, there].tolist()
        yield [(s, t, names[step]) for s, t, step in zip(*ends, found.step[row, there].tolist(), strict=True)]


def _paths(edges: list[Edge], end: int) -> frozenset[str]:
    reached: dict[int, set[tuple[str, ...]]] = {0: {()}}
    for source, target, name in edges:
        longer = {(*path, name) if name else path for path in reached[source]}
        reached.setdefault(target, set()).update(longer)
    return frozenset(" → ".join(path) or "(no operation)" for path in reached.get(end, ()))


def _subtrees_of_edges(edges: list[Edge], end: int) -> frozenset[str]:
    into: dict[int, list[str]] = {0: [_INPUT]}
    for _, target, name in edges:
        into.setdefault(target, []).append(name)
    trees = {_reading(name, into[source]) for source, _, name in edges}
    return frozenset(trees | ({_reading(_OUTPUT, into[end])} if end in into else set()))


def _subtrees_of_nodes(edges: list[Edge], names: list[str]) -> frozenset[str]:
    into: dict[int, list[str]] = {}
    for source, target, _ in edges:
        into.setdefault(target, []).append(names[source])
    return frozenset(_reading(names[node], read) for node, read in into.items())


def _reading(name: str, read: list[str]) -> str:
    return f"{name} of ({' + '.join(sorted(read))})"


def _table(structures: list[frozenset[str]], fewest: int) -> tuple[list[str], Flags]:
    """Return the names of frequent structures, and (n, k) who has which."""
    column = {name: i for i, name in enumerate(sorted(frozenset().union(*structures)))}
    having = np.zeros((len(structures), len(column)), bool)
    for row, found in enumerate(structures):
        having[row, [column[name] for name in found]] = True
    count = having.sum(axis=0)
    kept = (count >= fewest) & (count <= len(having) - fewest)
    return [name for name, some in zip(column, kept.tolist(), strict=True) if some], having[:, kept]


def _differences(having: Flags, values: Array) -> tuple[Array, Array]:
    """Return (k,) differences in mean value between those that have a structure and others, and errors."""
    moments = []
    for some in (having, ~having):
        number = some.sum(axis=0)
        mean = values @ some / number
        spread = (values**2) @ some / number - mean**2
        moments.append((mean, np.maximum(spread, 0.0) / (number - 1)))
    (inside, inner), (outside, outer) = moments
    return inside - outside, np.sqrt(inner + outer)


def _left_by_choices(space: SearchSpace, rows: Architectures, predicted: Array) -> Array:
    """Return (n,) residuals of the predictions after least squares on the choices of live decisions."""
    choices = live_one_hot(space, rows)
    if len(rows) < _ROWS_A_COLUMN * choices.shape[1]:
        return np.full(len(rows), np.nan)
    centered, columns = predicted - predicted.mean(), choices - choices.mean(axis=0)
    residuals: Array = centered - columns @ np.linalg.lstsq(columns, centered, rcond=None)[0]
    return residuals
