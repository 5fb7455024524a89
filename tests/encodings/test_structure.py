import numpy as np
import pytest

from surronas.encodings import structure
from surronas.encodings.live_graphs import operations_of
from surronas.spaces import Cell101, Cell201, Graph, SearchSpace, TransNASMicro


def columns(space: SearchSpace, architecture: np.ndarray) -> dict[str, list[float]]:
    """The features of one architecture by their name."""
    row = structure(space, architecture).ravel().tolist()
    k = len(operations_of(space))
    moving = k - ("skip_connect" in operations_of(space))
    widths = dict.fromkeys(("counts", "most", "fewest", "mean"), k + 2)
    widths |= {"paths": 1, "by_depth": 6, "by_first": moving + 1, "by_last": moving + 1}
    assert sum(widths.values()) == len(row)
    return {name: [row.pop(0) for _ in range(width)] for name, width in widths.items()}


def test_golden_cell() -> None:
    # 1<-0 conv3x3, 2<-0 skip, 2<-1 pool, 3<-0 none, 3<-1 conv1x1, 3<-2 skip
    # three paths: conv3x3 pool (skip); (skip skip); conv3x3 conv1x1
    space = Cell201()
    assert operations_of(space) == ("avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
    cell = np.array([[3, 1, 4, 0, 2, 1]], np.int8)
    np.testing.assert_array_equal(space.canonical(cell), cell)
    found = columns(space, cell)
    assert found["counts"] == [1, 1, 1, 2, 3, 2]
    assert found["most"] == [1, 1, 1, 2, 2, 2]
    assert found["fewest"] == [0, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(found["mean"], np.array([1, 1, 2, 3, 4, 3]) / 3)
    np.testing.assert_allclose(np.expm1(found["paths"]), [3])
    np.testing.assert_allclose(np.expm1(found["by_depth"]), [1, 1, 1, 0, 0, 0])
    np.testing.assert_allclose(np.expm1(found["by_first"]), [0, 0, 2, 1])  # pool, 1x1, 3x3, none
    np.testing.assert_allclose(np.expm1(found["by_last"]), [1, 1, 0, 1])


def test_an_operation_on_a_node_counts_once_however_many_edges_lead_to_it() -> None:
    space = Cell101()
    # 0-1, 0-2, 1-2, 2-3: the paths are conv3x3 maxpool and maxpool
    cell = space.from_strings(["0110001000010000 input,conv3x3-bn-relu,maxpool3x3,output"])
    found = columns(space, cell)
    assert operations_of(space) == ("conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3")
    assert found["counts"] == [0, 1, 1, 2, 1]
    assert found["mean"] == [0, 0.5, 1, 1.5, 0.5]
    np.testing.assert_allclose(np.expm1(found["by_last"]), [0, 0, 2, 0])


def by_hand(graph: Graph) -> list[tuple[str, ...]]:
    """All paths from input to output, one after the other."""

    def from_node(node: int) -> list[tuple[str, ...]]:
        if node == graph.num_nodes - 1:
            return [()]
        return [(op, *rest) for s, t, op in graph.live_edges() if s == node for rest in from_node(t)]

    return from_node(0)


@pytest.mark.parametrize("space", [Cell201(), TransNASMicro()], ids=lambda space: space.name)
def test_follows_every_path(space: SearchSpace, rng: np.random.Generator) -> None:
    for cell in space.canonical(space.sample(50, rng)):
        every, found = by_hand(space.graph(cell)), columns(space, cell)
        convolutions = [sum("conv" in op for op in path) for path in every]
        np.testing.assert_allclose(np.expm1(found["paths"]), [len(every)])
        assert found["most"][-1] == max(convolutions, default=0)
        assert found["fewest"][-1] == min(convolutions, default=0)
        np.testing.assert_allclose(np.expm1(found["by_depth"]), np.bincount(convolutions, minlength=6))
