import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces import space_named
from surronas.spaces.nasbench_macro import NASBenchMacro

SPACE = NASBenchMacro()
ALL = SPACE.enumerate()


class TestContract(SpaceContract):
    LIVE_EDGES = False

    @pytest.fixture
    def space(self) -> NASBenchMacro:
        return SPACE


def test_has_6561_networks_in_3969_classes() -> None:
    assert len(ALL) == SPACE.num_architectures == 6_561
    assert len(np.unique(SPACE.keys(ALL))) == 3_969
    assert len(SPACE.neighbors(ALL[0])) == 16
    assert isinstance(space_named("nasbench_macro"), NASBenchMacro)


def test_classes_are_the_networks_of_which_the_table_holds_equal_numbers(shared: Path) -> None:
    table = json.loads((shared / "benchmarks/nasbench-macro/nas-bench-macro_cifar10.json").read_text())
    classes = defaultdict(set)
    for name, key in zip(table, SPACE.keys(SPACE.from_strings(list(table))).tolist(), strict=True):
        classes[key].add(json.dumps(table[name]))
    assert {len(numbers) for numbers in classes.values()} == {1}
    assert len(set.union(*classes.values())) == len(classes) == 3_969


@pytest.mark.parametrize(
    ("network", "canonical"),
    [("22212202", "22212220"), ("00120102", "00120120"), ("01000000", "01000000"), ("22202102", "22220120")],
)
def test_identities_move_to_the_end_of_their_stage(network: str, canonical: str) -> None:
    assert SPACE.to_strings(SPACE.canonical(SPACE.from_strings(network))) == [canonical]


@given(st.text(alphabet="0123 a", max_size=10))
def test_any_text_is_a_network_or_a_clear_error(text: str) -> None:
    if re.fullmatch(r"[012]{8}", text.strip()):
        assert SPACE.to_strings(SPACE.from_strings([text])) == [text.strip()]
    else:
        with pytest.raises(ArchitectureError, match="malformed nasbench_macro string"):
            SPACE.from_strings([text])


def test_the_graph_is_a_chain_where_identities_reduce_at_the_start_of_a_stage() -> None:
    graph = SPACE.graph(SPACE.from_strings("00120012"))
    assert [operation for _, _, operation in graph.edges] == [
        "conv1x1_stride2", "skip_connect",
        "mb3_k3", "mb6_k5", "skip_connect",
        "conv1x1_stride2", "mb3_k3", "mb6_k5",
    ]  # fmt: skip
    assert [(s, t) for s, t, _ in graph.edges] == [(i, i + 1) for i in range(8)]
    assert SPACE.live(SPACE.from_strings("00120012")).tolist() == [
        [True, False, True, True, False, True, True, True]
    ]
