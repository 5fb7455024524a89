import csv
import gzip
import re
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces.transnas_macro import TransNASMacro

SPACE = TransNASMacro()
ALL = SPACE.enumerate()


class TestContract(SpaceContract):
    LIVE_EDGES = False

    @pytest.fixture
    def space(self) -> TransNASMacro:
        return SPACE


def test_has_3256_networks_each_a_class_of_its_own() -> None:
    assert len(ALL) == SPACE.num_architectures == len(np.unique(SPACE.keys(ALL))) == 3_256
    assert np.bincount((ALL > 0).sum(axis=1)).tolist() == [0, 0, 0, 0, 210, 750, 2_296]


def test_holds_exactly_the_networks_of_the_benchmark(shared: Path) -> None:
    with gzip.open(shared / "benchmarks/transnasbench101/derived_transnasbench101.csv.gz", "rt") as table:
        theirs = [literal_eval(row["arch"]) for row in csv.DictReader(table) if row["space"] == "macro"]
    assert {tuple(filter(None, row)) for row in ALL.tolist()} == set(theirs)
    assert len(theirs) == 3_256


def test_neighbors_change_a_module_or_the_depth() -> None:
    neighbors = SPACE.to_strings(SPACE.neighbors(SPACE.from_strings("64-21141-basic")))
    assert "64-2114-basic" in neighbors  # the last module taken away
    assert "64-211413-basic" in neighbors  # one added
    assert "64-21142-basic" in neighbors  # another type
    assert "64-21131-basic" in neighbors
    assert "64-11111-basic" not in neighbors  # nothing would double the channels or halve the resolution
    assert "64-24141-basic" in neighbors
    assert "64-2141-basic" not in neighbors  # a module in the middle stays


@pytest.mark.parametrize("modules", ["1111", "2222", "1222", "1333", "333344", "222211", "344443"])
def test_too_few_or_too_many_doublings_or_halvings_are_refused(modules: str) -> None:
    with pytest.raises(ArchitectureError, match="row 0 is no architecture of space 'transnas_macro'"):
        SPACE.from_strings([f"64-{modules}-basic"])


def test_the_graph_is_a_chain_of_modules() -> None:
    graph = SPACE.graph(SPACE.from_strings("64-1234-basic"))
    assert graph.edges == (
        (0, 1, "normal"),
        (1, 2, "double_channels"),
        (2, 3, "halve_resolution"),
        (3, 4, "double_and_halve"),
    )
    assert SPACE.live(SPACE.from_strings("64-1234-basic")).tolist() == [[True] * 4 + [False] * 2]


@given(st.one_of(st.text(max_size=20), st.from_regex(r"64-[0-5]{3,7}-basic", fullmatch=True)))
def test_any_text_is_a_network_or_a_clear_error(text: str) -> None:
    if re.fullmatch(r"64-[1-4]{4,6}-basic", text):
        wanted = "row 0 is no architecture"
        if text in set(SPACE.to_strings(ALL)):
            assert SPACE.to_strings(SPACE.from_strings([text])) == [text]
            return
    else:
        wanted = "malformed transnas_macro string .* expected 64-MODULES-basic"
    with pytest.raises(ArchitectureError, match=wanted):
        SPACE.from_strings([text])
