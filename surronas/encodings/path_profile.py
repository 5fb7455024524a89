"""What lies on the paths of a network: which operations together, which after which, how many at most.

A node sums what its incoming edges give, so the output is a sum with a term for each path from input to
output. Paths are those of live graphs of canonical forms, and an identity on a path is no step: networks
that compute the same have the same features. All three encodings go once over the edges, whatever the
number of paths.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.encodings.live_graphs import Known, LiveGraphs, live_graphs, name_hash, operations_of, typical
from surronas.spaces import IDENTITY, Architectures, SearchSpace

_MOST_BAGS = 1_024  # columns; with more bags only the number of operations on a path is told
_MOST_ALL_SETS = 4  # operations: of more, not every set of them is looked at
_MOST_OPERATIONS = 24  # with more, they share so many numbers by hash
_GRAPHS_AT_ONCE = 2_048  # bounds memory

Integers = NDArray[np.int64]


def path_bags(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p): how many paths have which operations on them, their order left aside.

    A column for each multiset of operations, up to as many as the longest path has. Where these would be
    more than 1,024, a column for each number of operations on a path. In a space of chains, where one bag
    would tell nothing that ``path_steps`` does not, the number of paths alone.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    found = live_graphs(space, architectures)
    number, grown = _bags(Known(space))
    steps = _numbers(space, found, grown.shape[1])
    ends = [_bags_of(part, steps, number, grown) for part in _parts(found)]
    return np.vstack([np.empty((0, number)), *ends])[found.inverse]


def path_steps(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, k + (k + 1)²): over all paths, how often each operation and each pair in a row occurs.

    The pairs include those of the start with a first operation and of a last one with the end. The k
    operations are those of ``operations_of(space)`` but the identity; 24 by hash where there are more.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    found = live_graphs(space, architectures)
    k = _num_operations(space)
    steps = _numbers(space, found, k)
    pairs = [_steps_of(part, steps, k) for part in _parts(found)]
    whole = np.vstack([np.empty((0, k + 1, k + 1)), *pairs])
    singles = whole[:, :, :k].sum(axis=1)
    return np.hstack([singles, whole.reshape(len(whole), (k + 1) ** 2)])[found.inverse]


def path_extremes(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, 3 s + 2): the most, fewest and mean number of operations of each of s sets on a path.

    The sets are all of up to 4 operations; of more operations, each one and all together. So the longest
    and the shortest path are there, and the fewest weights on a way through. Then log(1 + number of paths)
    and whether there is one.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    found = live_graphs(space, architectures)
    members = _sets(_num_operations(space))  # (k, s)
    steps = _numbers(space, found, len(members))
    rows = [_extremes_of(part, steps, members) for part in _parts(found)]
    return np.vstack([np.empty((0, 3 * members.shape[1] + 2)), *rows])[found.inverse]


@dataclass(frozen=True)
class _Part:
    """Some of the distinct live graphs."""

    found: LiveGraphs
    at: slice

    @property
    def size(self) -> int:
        return len(range(*self.at.indices(len(self.found.graphs))))

    @property
    def nodes(self) -> int:
        return self.found.graphs.most_nodes

    @property
    def ends(self) -> Integers:
        return self.found.graphs.num_nodes[self.at] - 1

    def edges(
        self, steps: Integers, *, backwards: bool = False
    ) -> Iterator[tuple[Integers, Integers, Integers, Integers]]:
        """Yield of each column of edges the live ones: graph, source, target, and number of the operation."""
        graphs, live = self.found.graphs, self.found.live[self.at]
        columns = range(live.shape[1])
        for e in reversed(columns) if backwards else columns:
            rows = np.flatnonzero(live[:, e])
            source, target = graphs.source[self.at, e][rows], graphs.target[self.at, e][rows]
            yield rows, source, target, steps[self.found.step[self.at, e][rows]]


def _parts(found: LiveGraphs) -> Iterator[_Part]:
    for start in range(0, len(found.graphs), _GRAPHS_AT_ONCE):
        yield _Part(found, slice(start, start + _GRAPHS_AT_ONCE))


def _bags_of(part: _Part, steps: Integers, number: int, grown: Integers) -> Features:
    """Return (k, number) how many paths have each bag."""
    reached = np.zeros((part.size, part.nodes, number))
    reached[:, 0, 0] = 1.0
    for rows, source, target, step in part.edges(steps):
        passed = reached[rows, source]
        for operation in np.unique(step):
            some = step == operation
            into = np.arange(number) if operation < 0 else grown[:, operation]
            moved = np.zeros((int(some.sum()), number))
            np.add.at(moved.T, into, passed[some].T)
            reached[rows[some], target[some]] += moved
    ends: Features = reached[np.arange(part.size), part.ends]
    return ends


def _steps_of(part: _Part, steps: Integers, k: int) -> NDArray[np.float64]:
    """Return (n, k + 1, k + 1) how often operation j follows i over all paths; k is the start, or the end."""
    rows_all = np.arange(part.size)
    onward = np.zeros((part.size, part.nodes))  # paths from each node to the output
    onward[rows_all, part.ends] = 1.0
    for rows, source, target, _ in part.edges(steps, backwards=True):
        onward[rows, source] += onward[rows, target]
    last = np.zeros((part.size, part.nodes, k + 1))  # paths to each node by their last operation
    last[:, 0, k] = 1.0
    pairs = np.zeros((part.size, k + 1, k + 1))
    for rows, source, target, step in part.edges(steps):
        passed = last[rows, source]
        some = step >= 0
        last[rows[~some], target[~some]] += passed[~some]
        rows, target, step, passed = rows[some], target[some], step[some], passed[some]
        last[rows, target, step] += passed.sum(axis=1)
        pairs[rows, :, step] += passed * onward[rows, target][:, None]
    pairs[:, :, k] = last[rows_all, part.ends]
    return pairs


def _extremes_of(part: _Part, steps: Integers, members: NDArray[np.float64]) -> Features:
    """Return (n, 3 s + 2) features of graphs; ``members`` (k, s) tells which operations are in which set."""
    gains = np.vstack([members, np.zeros(members.shape[1])])  # the last row, -1, is that of no operation
    shape = (part.size, part.nodes, members.shape[1])
    most, fewest, total = np.full(shape, -np.inf), np.full(shape, np.inf), np.zeros(shape)
    paths = np.zeros(shape[:2])
    most[:, 0], fewest[:, 0], paths[:, 0] = 0.0, 0.0, 1.0
    for rows, source, target, step in part.edges(steps):
        gain, passed = gains[step], paths[rows, source][:, None]
        most[rows, target] = np.maximum(most[rows, target], most[rows, source] + gain)
        fewest[rows, target] = np.minimum(fewest[rows, target], fewest[rows, source] + gain)
        total[rows, target] += total[rows, source] + passed * gain
        paths[rows, target] += passed[:, 0]
    at = np.arange(part.size), part.ends
    some = paths[at][:, None] > 0
    mean = total[at] / np.maximum(paths[at], 1.0)[:, None]
    extremes = [np.where(some, found[at], 0.0) for found in (most, fewest)]
    return np.hstack([*extremes, mean, np.log1p(paths[at])[:, None], some])


def _operations(space: SearchSpace) -> tuple[str, ...]:
    return tuple(name for name in operations_of(space) if name != IDENTITY)


def _num_operations(space: SearchSpace) -> int:
    return min(len(_operations(space)), _MOST_OPERATIONS)


def _numbers(space: SearchSpace, found: LiveGraphs, k: int) -> Integers:
    """Return (L + 1,) the number 0 to k - 1 of each operation's name; -1 for the identity and for none."""
    known, names = _operations(space), found.graphs.names
    if not k:
        return np.full(len(names) + 1, -1)
    place = {name: i for i, name in enumerate(known)} if len(known) == k else {}
    numbers = [-1 if name == IDENTITY else place.get(name, name_hash(name) % k) for name in names]
    return np.array([*numbers, -1], np.int64)


def _sets(k: int) -> NDArray[np.float64]:
    """Return (k, s) which of k operations are in each of s sets."""
    sizes = range(1, k + 1) if k <= _MOST_ALL_SETS else (1, k)
    sets = [chosen for size in sizes for chosen in combinations(range(k), size)]
    return np.array([[i in chosen for chosen in sets] for i in range(k)], np.float64).reshape(k, len(sets))


@lru_cache(maxsize=64)
def _bags(known: Known) -> tuple[int, Integers]:
    """Return the number of bags, and (bags, k) which bag each becomes with one more of each operation."""
    most_paths, longest = _most_paths_and_longest(known)
    k = _num_operations(known.space) if most_paths > 1 else 0
    if comb(k + longest, longest) > _MOST_BAGS:
        k = 1
    bags = [bag for size in range(longest + 1) for bag in combinations_with_replacement(range(k), size)]
    place = {bag: i for i, bag in enumerate(bags)}
    # a path longer than any seen stays in the bag of its first operations
    grown = [[place.get(tuple(sorted((*bag, i))), place[bag]) for i in range(k)] for bag in bags]
    return len(bags), np.array(grown, np.int64).reshape(len(bags), k)


def _most_paths_and_longest(known: Known) -> tuple[int, int]:
    """Return the most paths of typical architectures, and the most operations on one of their paths."""
    found = live_graphs(known.space, typical(known.space))
    steps = np.where(_numbers(known.space, found, _num_operations(known.space)) >= 0, 0, -1)
    rows = np.vstack([_extremes_of(part, steps, np.ones((1, 1))) for part in _parts(found)])
    return round(float(np.expm1(rows[:, 3].max()))), int(rows[:, 0].max())
