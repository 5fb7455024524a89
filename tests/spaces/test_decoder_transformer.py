import json

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Architectures, SearchSpace, space_named
from surronas.spaces.decoder_transformer import DecoderTransformer

SPACE = DecoderTransformer()
CONFIG = {
    "backbone": "GPT2",
    "n_layer": 2,
    "d_model": 512,
    "d_embed": -1,
    "div_val": 4,
    "d_inner": [1920, 1985],
    "n_head": [2, 8],
}
ONE = SPACE.from_configs([CONFIG])


class TestContract(SpaceContract):
    ONE_DECISION_AWAY = False  # a new depth changes whole layers
    MUTUAL_NEIGHBORS = False  # dropped layers don't come back
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    def test_keys_are_equal_exactly_when_canonical_forms_are(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        near = np.concatenate([batch, space.neighborhoods(batch[:5])[0][::20]])  # all are 10,000 pairwise
        keys, canonical = space.keys(near), space.canonical(near)
        same_form = (canonical[:, None] == canonical[None]).all(axis=2)
        np.testing.assert_array_equal(keys[:, None] == keys[None], same_form)


def test_is_known_by_name_and_too_large_to_number() -> None:
    assert type(space_named("decoder_transformer")) is DecoderTransformer
    assert not SPACE.numbered
    layer = 3584 * 3
    assert SPACE.num_architectures == 2 * 15 * 5 * 3 * sum(layer**depth for depth in range(2, 17))
    with pytest.raises(InputError, match="too many to go through"):
        SPACE.enumerate()


def test_configs_go_there_and_back() -> None:
    assert SPACE.to_configs(ONE) == [CONFIG]
    assert json.loads(SPACE.to_strings(ONE)[0]) == CONFIG


@pytest.mark.parametrize("d_inner", [512, 575, 576, 1921, 4032, 4095])
def test_every_width_of_a_layer_has_its_two_digits(d_inner: int) -> None:
    config = SPACE.to_configs(SPACE.from_configs([CONFIG | {"d_inner": [512, d_inner]}]))[0]
    assert config["d_inner"] == [512, d_inner]


def test_one_number_stands_for_all_layers() -> None:
    homogeneous = SPACE.from_configs([CONFIG | {"d_inner": 700, "n_head": 4}])
    assert SPACE.to_configs(homogeneous) == [CONFIG | {"d_inner": [700, 700], "n_head": [4, 4]}]


def test_embeddings_as_wide_as_the_model_are_the_default_ones() -> None:
    spelled, other = SPACE.from_configs([CONFIG | {"d_embed": 512}, CONFIG | {"d_embed": 256}])
    np.testing.assert_array_equal(SPACE.canonical(spelled[None]), ONE)
    assert SPACE.keys(spelled[None]) == SPACE.keys(ONE)
    assert SPACE.keys(other[None]) != SPACE.keys(ONE)


def test_graph_is_the_embedding_and_a_chain_of_layers() -> None:
    assert SPACE.graph(ONE).edges == (
        (0, 1, "embedding-512--1-div4"),
        (1, 2, "attention-2-ffn-1920"),
        (2, 3, "attention-8-ffn-1985"),
    )
    relative = SPACE.from_configs([CONFIG | {"backbone": "TransformerXL"}])
    assert SPACE.graph(relative).edges[1][2] == "relative_attention-2-ffn-1920"


def test_live_are_the_decisions_of_the_layers_that_are_there() -> None:
    assert SPACE.live(ONE).sum() == 5 + 2 * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "GPT3"}, "expected backbone to be one of GPT2, TransformerXL, got 'GPT3'"),
        ({"n_layer": 17}, "expected n_layer to be one of 2, 3,"),
        ({"d_model": 512.0}, "expected d_model to be one of 64, 128,.* got 512.0"),
        ({"d_embed": True}, "expected d_embed to be one of"),
        ({"d_inner": [512, 4096]}, "expected d_inner to be one of 512 to 4095, got 4096"),
        ({"d_inner": [512]}, "expected d_inner of 2 layers, got 1"),
        ({"n_head": [2, 3]}, "expected n_head to be one of 2, 4, 8, got 3"),
        ({"n_head": {}}, "expected n_head to be one of 2, 4, 8"),
    ],
)
def test_values_that_are_none_of_the_choices_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_configs([CONFIG | change])


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ArchitectureError, match="it lacks div_val"):
        SPACE.from_configs([{key: value for key, value in CONFIG.items() if key != "div_val"}])


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1]", "|nor_conv_3x3~0|"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match="malformed decoder_transformer string"):
        SPACE.from_strings([text])
