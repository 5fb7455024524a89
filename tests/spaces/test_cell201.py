import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces import Cell201
from surronas.spaces.cell201 import EDGES, OPERATIONS

SPACE = Cell201()
ALL = SPACE.enumerate()
cells = st.lists(st.integers(0, 4), min_size=6, max_size=6).map(lambda ops: np.array([ops], dtype=np.int8))


class TestContract(SpaceContract):
    @pytest.fixture
    def space(self) -> Cell201:
        return SPACE


@pytest.fixture(scope="module")
def published(shared: Path) -> list[dict[str, str]]:
    """The 15,625 rows of NAS-Bench-201's table: the authors' strings and isomorphism classes."""
    path = shared / "benchmarks" / "nasbench201" / "derived" / "nb201_table.csv.gz"
    if not path.is_file():
        pytest.skip(f"no NAS-Bench-201 table at {path}")
    with gzip.open(path, "rt") as table:
        return list(csv.DictReader(table))


def test_has_15625_cells_of_24_neighbors_in_6466_classes() -> None:
    assert SPACE.num_architectures == len(ALL) == 15_625
    assert len(SPACE.neighbors(ALL[0])) == 24
    assert len(np.unique(SPACE.keys(ALL))) == 6_466  # Dong and Yang 2020, Section 2.1


def test_spells_every_cell_as_the_benchmark_does(published: list[dict[str, str]]) -> None:
    strings = [row["arch_str"] for row in published]
    assert sorted(strings) == sorted(SPACE.to_strings(ALL))
    assert SPACE.to_strings(SPACE.from_strings(strings)) == strings


def test_classes_are_those_of_the_benchmark(published: list[dict[str, str]]) -> None:
    keys = SPACE.keys(SPACE.from_strings([row["arch_str"] for row in published])).tolist()
    theirs = [row["unique_str"] for row in published]
    assert len(set(keys)) == len(set(theirs)) == len(set(zip(keys, theirs, strict=True)))


def test_canonical_form_is_the_first_of_its_class() -> None:
    keys = SPACE.keys(ALL)
    codes = np.arange(len(ALL))
    assert (keys <= codes).all()
    np.testing.assert_array_equal(keys[keys], keys)


def test_live_decisions_are_the_live_edges_of_every_cell() -> None:
    ends = np.array(EDGES)
    for cell, live in zip(ALL, SPACE.live(ALL), strict=True):
        ours = [(*pair, OPERATIONS[op]) for pair, op in zip(ends[live].tolist(), cell[live], strict=True)]
        assert list(SPACE.graph(cell).live_edges()) == ours


def test_live_edges_of_a_cell_by_hand() -> None:
    # 1<-0 conv3x3, 2<-0 none, 2<-1 skip, 3<-0 pool, 3<-1 conv1x1, 3<-2 none: node 2 leads nowhere
    graph = SPACE.graph([3, 0, 1, 4, 2, 0])
    assert graph.num_nodes == 4
    assert graph.live_edges() == ((0, 1, "nor_conv_3x3"), (0, 3, "avg_pool_3x3"), (1, 3, "nor_conv_1x1"))


@given(cells)
def test_dead_edges_may_as_well_be_none(cell: np.ndarray) -> None:
    pruned = np.where(SPACE.live(cell), cell, 0)
    assert SPACE.graph(pruned).live_edges() == SPACE.graph(cell).live_edges()
    np.testing.assert_array_equal(SPACE.live(pruned), SPACE.live(cell))


@given(cells)
def test_edges_from_two_equal_nodes_may_be_swapped(cell: np.ndarray) -> None:
    cell[0, 0] = 1  # a skip makes node 1 equal to node 0
    for order in ([0, 2, 1, 3, 4, 5], [0, 1, 2, 4, 3, 5]):
        np.testing.assert_array_equal(SPACE.keys(cell[:, order]), SPACE.keys(cell))


@given(cells, st.integers(0, 5), st.integers(1, 4))
def test_neighbors_hold_every_one_edge_change(cell: np.ndarray, edge: int, shift: int) -> None:
    changed = cell[0].copy()
    changed[edge] = (changed[edge] + shift) % 5
    assert (SPACE.neighbors(cell) == changed).all(axis=1).sum() == 1


@given(cells)
def test_strings_and_codes_round_trip(cell: np.ndarray) -> None:
    np.testing.assert_array_equal(SPACE.from_strings(SPACE.to_strings(cell)), cell)
    np.testing.assert_array_equal(SPACE.from_codes(SPACE.codes(cell)), cell)


@given(st.text(alphabet="|+~ _019avgnoespip3x", max_size=60))
def test_any_text_is_a_cell_or_a_clear_error(text: str) -> None:
    with pytest.raises(ArchitectureError, match=r"malformed cell201 string|unknown operation"):
        SPACE.from_strings([text])


def test_an_unknown_operation_is_named() -> None:
    text = "|none~0|+|sep_conv_3x3~0|none~1|+|none~0|none~1|none~2|"
    with pytest.raises(ArchitectureError, match=r"unknown operation 'sep_conv_3x3' .* expected one of none"):
        SPACE.from_strings([text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "|none~0|+|none~0|none~1|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|+|none~3|",
        "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",  # the second source of node 2 is node 1
        "|none~0|+|none~1|none~0|+|none~0|none~1|none~2|",
        "|none~0|none~0|+|none~1|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
        "|None~0|+|none~0|none~1|+|none~0|none~1|none~2|",
    ],
)
def test_malformed_strings_are_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(f"malformed cell201 string {text!r}; expected")):
        SPACE.from_strings(["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", text])


def test_spaces_around_a_string_do_not_matter() -> None:
    text = SPACE.to_strings(ALL[777:778])[0]
    np.testing.assert_array_equal(SPACE.from_strings(f" {text}\n"), ALL[777:778])
