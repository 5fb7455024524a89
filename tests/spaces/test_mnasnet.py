import json

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import ArchitectureError
from surronas.spaces.mnasnet import DECISIONS, MnasNet

SPACE = MnasNet()
EFFICIENTNET_B0 = {  # the authors' efficientnet_b0(): expansions, kernels, layers, squeeze-excite
    f"block{block}_{name}": value
    for block, values in enumerate(
        zip((1, 6, 6, 6, 6, 6, 6), (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 3, 3, 4, 1), (True,) * 7, strict=True)
    )
    for name, value in zip(("e", "k", "l", "se"), values, strict=True)
}


class TestContract(SpaceContract):
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> MnasNet:
        return SPACE


def test_counts_its_networks() -> None:
    assert SPACE.num_architectures == 36**6 * 48
    assert len(SPACE.neighbors(SPACE.from_settings([EFFICIENTNET_B0]))) == 7 * (2 + 1 + 2 + 1) + 1


def test_reads_and_writes_settings_as_the_benchmark_does() -> None:
    network = SPACE.from_settings([EFFICIENTNET_B0])
    assert SPACE.to_settings(network) == [EFFICIENTNET_B0]
    assert SPACE.to_strings(network) == [json.dumps(EFFICIENTNET_B0)]
    backwards = json.dumps(dict(reversed(EFFICIENTNET_B0.items())))
    np.testing.assert_array_equal(SPACE.from_strings([backwards]), network)


def test_the_graph_is_a_chain_of_layers() -> None:
    graph = SPACE.graph(SPACE.from_settings([EFFICIENTNET_B0 | {"block1_se": False}]))
    assert [operation for _, _, operation in graph.edges[:4]] == [
        "mb1_k3_se",
        "mb6_k3",
        "mb6_k3",
        "mb6_k5_se",
    ]
    assert graph.num_nodes == 1 + sum((1, 2, 2, 3, 3, 4, 1))


@given(st.sampled_from([name for name, _ in DECISIONS]), st.one_of(st.integers(-1, 9), st.none(), st.text()))
def test_a_setting_is_one_of_its_choices_or_a_clear_error(name: str, value: object) -> None:
    settings = EFFICIENTNET_B0 | {name: value}
    if isinstance(value, int) and value in dict(DECISIONS)[name]:
        assert SPACE.to_settings(SPACE.from_settings([settings]))[0][name] == value
    else:
        with pytest.raises(ArchitectureError, match=f"expected {name} to be one of .* got"):
            SPACE.from_settings([settings])


def test_missing_and_unknown_settings_are_named() -> None:
    lacking = {name: value for name, value in EFFICIENTNET_B0.items() if name != "block3_k"}
    for settings, named in ((lacking, "block3_k"), (EFFICIENTNET_B0 | {"block7_e": 1}, "block7_e")):
        with pytest.raises(ArchitectureError, match=f"missing or not known: {named}"):
            SPACE.from_settings([settings])


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match="malformed mnasnet string"):
        SPACE.from_strings([text])
