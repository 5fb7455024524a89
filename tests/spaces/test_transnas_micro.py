import csv
import gzip
import re
from ast import literal_eval
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces import Cell201
from surronas.spaces.transnas_micro import TransNASMicro

SPACE = TransNASMicro()
ALL = SPACE.enumerate()
CLASSIFICATION = ("class_scene", "class_object", "jigsaw")


class TestContract(SpaceContract):
    @pytest.fixture
    def space(self) -> TransNASMicro:
        return SPACE


@pytest.fixture(scope="module")
def accuracies(shared: Path) -> np.ndarray:
    """(4096, 3): top-1 percentages on three tasks, in the order of the codes."""
    with gzip.open(shared / "benchmarks/transnasbench101/derived_transnasbench101.csv.gz", "rt") as table:
        rows = [row for row in csv.DictReader(table) if row["space"] == "micro"]
    cells = np.array([literal_eval(row["arch"]) for row in rows], dtype=np.int8)
    values = np.array([[float(row[task]) for task in CLASSIFICATION] for row in rows])
    return values[np.argsort(SPACE.codes(cells))]


def noise_within(keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The standard deviation of values within classes, pooled over all classes of several."""
    members = defaultdict(list)
    for key, row in zip(keys.tolist(), values, strict=True):
        members[key].append(row)
    groups = [np.array(rows) for rows in members.values() if len(rows) > 1]
    squares = sum(((rows - rows.mean(axis=0)) ** 2).sum(axis=0) for rows in groups)
    return np.sqrt(squares / sum(len(rows) - 1 for rows in groups))


def test_has_4096_cells_in_1376_classes() -> None:
    assert len(ALL) == SPACE.num_architectures == 4_096
    assert len(np.unique(SPACE.keys(ALL))) == 1_376


def test_a_cell_without_a_path_is_of_the_class_of_no_edges() -> None:
    dead = ALL[~SPACE.live(ALL).any(axis=1)]
    assert len(dead) == 169
    assert (SPACE.keys(dead) == 0).all()


def test_cells_with_equal_numbers_share_a_class(accuracies: np.ndarray) -> None:
    classes = defaultdict(set)
    for key, row in zip(SPACE.keys(ALL).tolist(), accuracies.tolist(), strict=True):
        classes[tuple(row)].add(key)
    assert len(classes) == 2_908  # of 4,096 cells: 1,188 repeat the numbers of another
    assert {len(keys) for keys in classes.values()} == {1}


def test_classes_add_nothing_to_the_noise_of_dead_edges(accuracies: np.ndarray) -> None:
    connected = SPACE.live(ALL).any(axis=1)
    pruned = SPACE.codes(np.where(SPACE.live(ALL), ALL, 0))
    dead_edges = noise_within(pruned[connected], accuracies[connected])
    ours = noise_within(SPACE.keys(ALL)[connected], accuracies[connected])
    as_in_201 = noise_within(Cell201().keys(ALL)[connected], accuracies[connected])
    np.testing.assert_allclose(ours / dead_edges, 1, atol=0.06)
    assert (as_in_201 / dead_edges > [3, 1.5, 3]).all()  # a skip from the input is not nothing


def test_canonical_form_is_the_first_of_its_class() -> None:
    keys = SPACE.keys(ALL)
    assert (keys <= np.arange(len(ALL))).all()
    np.testing.assert_array_equal(keys[keys], keys)


@pytest.mark.parametrize(
    ("one", "other", "isomorphic"),
    [
        ("3_00_230", "0_30_203", True),  # nodes 1 and 2 swapped
        ("3_20_001", "0_00_200", True),  # node 1 leads nowhere; node 2 is passed on
        ("3_01_223", "3_00_223", False),  # node 2 is node 1 there, and nothing here
        ("3_01_123", "3_02_113", False),
        ("3_01_032", "3_01_023", True),  # node 2 is node 1
        ("1_02_033", "0_12_033", False),
        ("1_30_003", "0_30_103", False),  # a skip from the input has weights
        ("3_02_011", "3_30_021", False),  # one 3x3 convolution fed on twice is not two
    ],
)
def test_isomorphic_cells_share_a_key(one: str, other: str, isomorphic: bool) -> None:
    keys = SPACE.keys(SPACE.from_strings([f"64-41414-{one}", f"64-41414-{other}"]))
    assert (keys[0] == keys[1]) == isomorphic


def test_reads_the_example_of_the_authors() -> None:
    cell = SPACE.from_strings("64-41414-1_02_333")
    assert SPACE.graph(cell).edges == (
        (0, 1, "skip_connect"),
        (0, 2, "none"),
        (1, 2, "nor_conv_1x1"),
        (0, 3, "nor_conv_3x3"),
        (1, 3, "nor_conv_3x3"),
        (2, 3, "nor_conv_3x3"),
    )


@given(st.one_of(st.text(max_size=20), st.from_regex(r"64-41414-[0-4]_[0-4]{2}_[0-4]{3}", fullmatch=True)))
def test_any_text_is_a_cell_or_a_clear_error(text: str) -> None:
    if re.fullmatch(r"64-41414-[0-3]_[0-3]{2}_[0-3]{3}", text):
        assert SPACE.to_strings(SPACE.from_strings([text])) == [text]
    else:
        with pytest.raises(ArchitectureError, match=r"malformed transnas_micro string .* expected 64-41"):
            SPACE.from_strings([text])
