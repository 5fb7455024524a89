import numpy as np
import pytest

from surronas.encodings import operation_counts, path_counts
from surronas.encodings.live_graphs import (
    Known,
    distinct_rows,
    live_graphs,
    name_columns,
    name_hash,
    operations_of,
    typical,
)
from surronas.spaces import SPACE_CLASSES, Cell101, Cell201, GptBench, Graph, SearchSpace, space_named


@pytest.mark.parametrize("name", SPACE_CLASSES)
def test_live_edges_are_those_of_the_graph_of_the_canonical_form(name: str, rng: np.random.Generator) -> None:
    space = space_named(name)
    rows = space.sample(20, rng)
    found = live_graphs(space, rows)
    for row, at in zip(space.canonical(rows), found.inverse, strict=True):
        graph: Graph = space.graph(row)
        assert found.live[at].sum() == len(graph.live_edges())
        names = [found.graphs.names[step] for step in found.step[at] if step >= 0]
        if graph.node_operations:
            on_way = [graph.node_operations[target] for _, target, _ in graph.live_edges()]
            assert sorted(names) == sorted(name for name in on_way if name not in ("input", "output"))
        else:
            assert sorted(names) == sorted(name for _, _, name in graph.live_edges())


def test_graphs_are_those_of_the_batch_whatever_was_asked_before(
    monkeypatch: pytest.MonkeyPatch, cell201: Cell201, rng: np.random.Generator
) -> None:
    batches = [cell201.sample(5, rng), Cell101().sample(5, rng), cell201.sample(5, rng)]
    spaces = [cell201, Cell101(), cell201]
    remembered = [live_graphs(space, rows) for space, rows in zip(spaces * 2, batches * 2, strict=True)]
    monkeypatch.setattr("surronas.encodings.live_graphs._MOST_REMEMBERED", 0)
    for space, rows, found in zip(spaces * 2, batches * 2, remembered, strict=True):
        fresh = live_graphs(space, rows)
        np.testing.assert_array_equal(fresh.step[fresh.inverse], found.step[found.inverse])
        np.testing.assert_array_equal(fresh.live[fresh.inverse], found.live[found.inverse])


def test_a_batch_that_is_changed_after_it_was_asked_about_has_new_graphs(cell201: Cell201) -> None:
    rows = np.full((1, 6), 3, np.int8)
    assert live_graphs(cell201, rows).live.sum() == 6
    rows[0, 5] = 0
    assert live_graphs(cell201, rows).live.sum() == 3


def test_isomorphic_cells_share_one_graph(cell201: Cell201) -> None:
    found = live_graphs(cell201, cell201.enumerate())
    assert len(found.graphs) == 6_466
    assert found.inverse.max() == 6_465


def test_more_graphs_than_a_block(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator) -> None:
    space = Cell101()
    rows = space.sample(100, rng)
    at_once = [encoding(space, rows) for encoding in (operation_counts, path_counts)]
    monkeypatch.setattr("surronas.encodings.live_graphs._BLOCK", 7)
    for whole, encoding in zip(at_once, (operation_counts, path_counts), strict=True):
        np.testing.assert_array_equal(encoding(space, rows), whole)


def test_operations_of_spaces() -> None:
    assert operations_of(Cell101()) == ("conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3")
    assert operations_of(GptBench("s"))[::5] == (
        "attention-12-mlp-2",
        "attention-4-mlp-4",
        "embedding-192-bias",
    )


def test_typical_architectures_are_the_same_each_time(cell201: Cell201) -> None:
    np.testing.assert_array_equal(typical(Cell101()), typical(Cell101()))
    assert len(typical(cell201)) == 15_625
    with pytest.raises(ValueError, match="read-only"):
        typical(cell201)[0, 0] = 1


def test_a_space_is_known_by_class_and_name() -> None:
    class Other(Cell201):
        pass

    assert Known(Cell201()) == Known(Cell201())
    assert len({Known(Cell201()), Known(Other()), Known(GptBench("s")), Known(GptBench("m"))}) == 4
    assert Known(Cell201()) != "cell201"


def test_many_operations_share_columns() -> None:
    few, many = tuple("abc"), tuple(f"layer-{i}" for i in range(100))
    np.testing.assert_array_equal(name_columns(few, ("c", "x")), [[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    shared = name_columns(many, ("layer-5", "unheard of"))
    assert shared.shape == (3, 64)
    np.testing.assert_array_equal(shared.sum(axis=1), [1, 1, 0])


def test_hashes_of_names_are_the_same_in_every_process() -> None:
    # blake2b(b"nor_conv_3x3", digest_size=8) of hashlib
    assert name_hash("nor_conv_3x3") == 0x52E4C01326DC1259


@pytest.mark.parametrize("n", [0, 1, 50])
def test_distinct_rows_expand_to_what_was_given(n: int, rng: np.random.Generator) -> None:
    space: SearchSpace = Cell201()
    rows = np.minimum(space.sample(n, rng), 1)
    distinct, inverse = distinct_rows(rows)
    np.testing.assert_array_equal(distinct[inverse], rows)
    assert len(distinct) == len(np.unique(rows, axis=0))
