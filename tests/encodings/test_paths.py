from collections import Counter

import numpy as np
from test_structure import by_hand

from surronas.encodings import Paths, path_counts, paths
from surronas.spaces import Cell101, Cell201, Darts, RecurrentCell, TransNASMicro

FIVE, THREE = 5, 3


def test_as_many_paths_as_published() -> None:
    # BANANAS: 364 paths on NAS-Bench-101, cut to 40; 5 + 25 + 125 = 155 on NAS-Bench-201, cut to 30,
    # where `none` counts as an operation: without it 4 + 16 + 64, cut to 4 + 16
    assert len(Paths().listed(Cell101())) == sum(THREE**length for length in range(6)) == 364
    assert len(Paths(longest=3).listed(Cell101())) == 40
    assert len(Paths().listed(Cell201())) == 84 == 155 - sum(5**k - 4**k for k in (1, 2, 3))
    assert len(Paths(longest=2).listed(Cell201())) == 20 == 30 - sum(5**k - 4**k for k in (1, 2))


def test_one_column_for_each_path() -> None:
    space = Cell201()
    features = paths(space, space.enumerate())
    assert features.shape == (15_625, 84)
    assert set(np.unique(features)) == {0, 1}
    assert features.any(axis=0).all()


def test_golden_cell() -> None:
    space, cell = Cell201(), np.array([[3, 1, 4, 0, 2, 1]], np.int8)  # that of test_structure
    conv1, conv3, pool, skip = "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect"
    listed = paths.listed(space)
    there = {listed[column] for column in np.flatnonzero(paths(space, cell)[0])}
    assert there == {(skip, skip), (conv3, conv1), (conv3, pool, skip)}
    short = Paths(ignored=(skip,), longest=1)
    assert [short.listed(space)[column] for column in np.flatnonzero(short(space, cell)[0])] == [()]


def test_counts_every_path(rng: np.random.Generator) -> None:
    space = TransNASMicro()
    listed = path_counts.listed(space)
    for cell in space.canonical(space.sample(50, rng)):
        counts = path_counts(space, cell)[0]
        expected = Counter(by_hand(space.graph(cell)))
        assert {listed[i]: counts[i] for i in np.flatnonzero(counts)} == expected


def test_a_truncated_encoding_leaves_out_the_longer_paths(rng: np.random.Generator) -> None:
    space = Cell101()
    cells = space.sample(50, rng)
    short = Paths(longest=3)
    assert short.listed(space) == paths.listed(space)[:40]
    np.testing.assert_array_equal(short(space, cells), paths(space, cells)[:, :40])


def test_too_many_paths_share_columns(rng: np.random.Generator) -> None:
    for space in (Darts(), RecurrentCell()):
        rows = space.sample(20, rng)
        assert path_counts.listed(space) == []
        assert Paths(num_hashed=100)(space, rows).shape == (20, 100)
        assert (path_counts(space, rows).sum(axis=1) > 0).all()
