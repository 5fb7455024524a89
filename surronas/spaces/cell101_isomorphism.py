"""Isomorphic NAS-Bench-101 cells: canonical forms of whole batches, and the benchmark's own hash."""

from functools import cache
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

VERTICES = 7  # input, 5 with an operation, output
EDGES = tuple(combinations(range(VERTICES), 2))  # row by row of the upper triangle
SOURCES, TARGETS = np.array(EDGES).T
NUM_EDGES, NUM_OPERATIONS = len(EDGES), VERTICES - 2
_FREE = tuple(range(1, VERTICES - 1))  # the vertices that may be relabelled
_DEAD = 3  # stands for the operation of a dead vertex, beside the operations 0 to 2
_SPLIT = 11  # 21 edges are looked up as 11 and 10 bits
_CHUNK = 4_096  # cells relabelled at once: 120 x 4,096 codes are 4 MB, about a core's cache

# A code is, from its highest bit: 5 bits that say which vertices are dead, 10 for edges that point backwards,
# 21 edges, 5 x 2 operation bits. So the smallest relabelling of a pruned cell has its dead vertices last and
# its edges in order, and of those the smallest adjacency, then the smallest operations.
_EDGES_AT, _BACKWARDS_AT, _DEAD_AT = 2 * NUM_OPERATIONS, 31, 41


def canonical_cells(pruned: NDArray[np.int8], alive: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return (n, 26) canonical forms of cells whose dead edges and operations are 0; ``alive`` is (n, 7).

    Of all relabellings of the 5 inner vertices it is the one with the smallest code: vertices that are
    alive come first, in topological order; isomorphic cells have the same one.
    """
    low = pruned[:, :_SPLIT].astype(np.int64) @ _places(2, _SPLIT)
    high = pruned[:, _SPLIT:NUM_EDGES].astype(np.int64) @ _places(2, NUM_EDGES - _SPLIT)
    operations = np.where(alive[:, 1:-1], pruned[:, NUM_EDGES:], _DEAD) @ _places(4, NUM_OPERATIONS)
    of_low, of_high, of_operations = _relabelled()
    codes = np.empty(len(pruned), np.int64)
    for start in range(0, len(pruned), _CHUNK):
        part = slice(start, start + _CHUNK)
        all_codes = of_low.take(low[part], axis=1)  # (120, m)
        all_codes |= of_high.take(high[part], axis=1)
        all_codes |= of_operations.take(operations[part], axis=1)
        all_codes.min(axis=0, out=codes[part])
    shifts = [*range(_EDGES_AT + NUM_EDGES - 1, _EDGES_AT - 1, -1), *range(_EDGES_AT - 2, -1, -2)]
    masks = [1] * NUM_EDGES + [3] * NUM_OPERATIONS
    cells: NDArray[np.int8] = ((codes[:, None] >> shifts) & masks).astype(np.int8)
    return cells


def module_hash(adjacency: list[list[int]], operations: list[int]) -> str:
    """Return NAS-Bench-101's name of a pruned cell: the 32 hexadecimal digits of its ``hash_module``.

    ``adjacency`` is (v, v); ``operations`` are the v - 2 inner ones. A vertex starts as its number of
    outgoing and incoming edges and its operation; v times it takes in its neighbours; MD5 throughout.
    """
    vertices = range(len(adjacency))
    into = [[u for u in vertices if adjacency[u][v]] for v in vertices]
    out_of = [[w for w in vertices if adjacency[v][w]] for v in vertices]
    labels = [-1, *operations, -2]
    hashes = [_md5(str((len(out_of[v]), len(into[v]), labels[v]))) for v in vertices]
    for _ in vertices:
        before = ["".join(sorted(hashes[u] for u in into[v])) for v in vertices]
        after = ["".join(sorted(hashes[w] for w in out_of[v])) for v in vertices]
        hashes = [_md5(f"{before[v]}|{after[v]}|{hashes[v]}") for v in vertices]
    return _md5(str(sorted(hashes)))


def _md5(text: str) -> str:
    import hashlib  # here, not above: opening a store needs none of it

    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _places(base: int, digits: int) -> NDArray[np.int64]:
    return base ** np.arange(digits - 1, -1, -1, dtype=np.int64)


@cache
def _relabelled() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (120, 2048), (120, 1024), (120, 1024): what edges 0-10, 11-20 and operations add to a code."""
    labels = [(0, *order, VERTICES - 1) for order in permutations(_FREE)]  # labels[p][v]: new name of v
    edge_bits = np.array([[1 << _edge_bit(new[u], new[v]) for u, v in EDGES] for new in labels])
    operation_words = np.array(
        [[[_operation_word(new[v], choice) for choice in range(4)] for v in _FREE] for new in labels]
    )
    digits = np.arange(4**NUM_OPERATIONS)[:, None] // _places(4, NUM_OPERATIONS) % 4  # (1024, 5)
    of_operations = operation_words[:, np.arange(NUM_OPERATIONS), digits].sum(axis=2)
    return _sums(edge_bits[:, :_SPLIT]), _sums(edge_bits[:, _SPLIT:]), np.ascontiguousarray(of_operations)


def _edge_bit(source: int, target: int) -> int:
    """Return the bit of an edge in a code; an edge between inner vertices may point backwards."""
    if source < target:
        return _EDGES_AT + NUM_EDGES - 1 - EDGES.index((source, target))
    backwards = list(combinations(_FREE, 2))
    return _BACKWARDS_AT + backwards.index((target, source))


def _operation_word(vertex: int, choice: int) -> int:
    """Return what a vertex with an operation, or a dead one, adds to a code."""
    place = NUM_OPERATIONS - vertex
    return 1 << (_DEAD_AT + place) if choice == _DEAD else choice << (2 * place)


def _sums(bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (p, 2**k): for each subset of k edges, as a number, the sum of its bits in each relabelling."""
    k = bits.shape[1]
    subsets = np.arange(2**k)[:, None] // _places(2, k) % 2  # (2**k, k)
    return np.ascontiguousarray((subsets @ bits.T).T)
