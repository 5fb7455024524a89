from collections import Counter

import numpy as np
import pytest

from surronas.encodings import WeisfeilerLehman, operation_counts, weisfeiler_lehman
from surronas.spaces import Cell101, Cell201, Graph, SearchSpace


def subtrees(graph: Graph, height: int) -> Counter[object]:
    """All subtrees of operations up to a height, as nested tuples, by the definition."""
    edges = graph.live_edges()
    if graph.node_operations:
        live = sorted({node for s, t, _ in edges for node in (s, t)})
        reads = {v: [u for u, w, _ in edges if w == v] for v in live}
        names = dict(enumerate(graph.node_operations))
    else:  # operations on edges are the nodes; so are the input, though it is not counted, and the output
        live, output = range(1, len(edges) + 2), len(edges) + 1
        ends = [*((i, s) for i, (s, _, _) in enumerate(edges, 1)), (output, graph.num_nodes - 1)]
        into = {node: [i for i, (_, t, _) in enumerate(edges, 1) if t == node] for _, node in ends}
        reads = {i: into[node] + [0] * (node == 0) for i, node in ends} | {0: []}
        names = dict(enumerate(["input", *(op for _, _, op in edges), "output"]))
    labels = {node: names[node] for node in reads}
    found = Counter[object]()
    for level in range(height + 1):
        found.update((level, labels[node]) for node in live)
        labels = {v: (names[v], tuple(sorted((labels[u] for u in reads[v]), key=str))) for v in reads}
    return found


def by_definition(space: SearchSpace, rows: np.ndarray, height: int) -> np.ndarray:
    found = [subtrees(space.graph(row), height) for row in space.canonical(rows)]
    return np.array([[sum(a[key] * b[key] for key in a) for b in found] for a in found])


@pytest.mark.parametrize("space", [Cell101(), Cell201()], ids=lambda space: space.name)
@pytest.mark.parametrize("height", [0, 1, 3])
def test_inner_products_are_those_of_subtree_counts(
    space: SearchSpace, height: int, rng: np.random.Generator
) -> None:
    rows = space.sample(30, rng)
    counts = WeisfeilerLehman(height).counts(space, rows)
    np.testing.assert_array_equal((counts @ counts.T).toarray(), by_definition(space, rows, height))


def test_the_sketch_keeps_inner_products_in_the_mean(rng: np.random.Generator) -> None:
    space = Cell201()
    rows = space.sample(200, rng)
    dense = WeisfeilerLehman(1, num_columns=4_096)(space, rows)
    sparse = WeisfeilerLehman(1).counts(space, rows)
    exact = (sparse @ sparse.T).toarray()
    assert abs((dense @ dense.T - exact).mean()) < 0.02 * exact.mean()


def test_height_0_is_the_operation_counts_and_the_output(rng: np.random.Generator) -> None:
    space = Cell201()
    rows = space.sample(50, rng)
    counts, operations = WeisfeilerLehman(0).counts(space, rows), operation_counts(space, rows)
    np.testing.assert_array_equal((counts @ counts.T).toarray(), operations @ operations.T + 1)


def test_sparse_rows_of_the_whole_space_are_small(cell201: Cell201) -> None:
    counts = weisfeiler_lehman.counts(cell201, cell201.enumerate())
    assert counts.shape == (15_625, 2**22)
    assert counts.data.nbytes + counts.indices.nbytes + counts.indptr.nbytes < 5e6
    assert counts[:0].shape == (0, 2**22)
