import itertools

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import SearchSpace, space_named
from surronas.spaces.hat_summary import HatSummary

SPACE = HatSummary()
TEXT = "640,6,1962.6666666666667,6.0,512,4,1920.0,2.5,5.5,1.5"  # iwslt14deen_gpu_titanxp_all.csv, row 0


class TestContract(SpaceContract):
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE


def test_counts_the_summaries_that_networks_of_one_decoder_layer_have() -> None:
    one_layer = sum(1 for _ in itertools.product((512, 1024, 2048, 3072), (2, 4, 8), (2, 4, 8), (1, 2, 3)))
    encoder = len(set(map(sum, itertools.product((1, 2, 4, 6), repeat=6))))
    encoder *= len(set(map(sum, itertools.product((2, 4, 8), repeat=6))))
    drawn = SPACE.num_choices
    grid = np.array(list(itertools.product(*map(range, drawn[5:]))), np.int8)
    decoders = np.hstack([np.zeros((len(grid), 5), np.int8), grid])
    assert SPACE.allowed(decoders).sum() == one_layer
    assert SPACE.num_architectures % (4 * encoder) == 0
    assert SPACE.num_architectures == 4 * encoder * _all_decoders()
    with pytest.raises(InputError, match="too many to go through"):
        SPACE.enumerate()


def _all_decoders() -> int:
    count = 0
    for layers in range(1, 7):
        sums = [
            len(set(map(sum, itertools.combinations_with_replacement(choices, layers))))
            for choices in ((1, 2, 4, 6), (1, 2, 4), (1, 2, 4), (1, 2, 3))
        ]
        count += int(np.prod(sums))
    return count


def test_feature_tuples_go_there_and_back() -> None:
    row = SPACE.from_strings(TEXT)
    # 23 x 512 over 6 layers, 36 heads; 15 x 512 over 4, 10 and 22 heads, 6 encoder layers attended to
    assert row.tolist() == [[1, 17, 12, 0, 3, 11, 1, 7, 2]]
    assert SPACE.to_strings(row) == [TEXT]


def test_is_known_by_name() -> None:
    assert type(space_named("hat_summary")) is HatSummary


def test_graph_is_an_encoder_and_a_decoder() -> None:
    assert SPACE.graph(SPACE.from_strings(TEXT)).edges == (
        (0, 1, "encoder-640-6-1962.6666666666667-6.0"),
        (1, 2, "decoder-512-4-1920.0-2.5-5.5-1.5"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed hat_summary string"),
        ("640,6,1962.6,6.0", "malformed hat_summary string"),
        (TEXT.replace("640", "wide"), "malformed hat_summary string"),
        (TEXT.replace("640", "600"), "expected widths of"),
        (TEXT.replace("640", "nan"), "expected widths of"),
        (TEXT.replace("512,4", "512,7"), "1 to 6 decoder layers"),
        (TEXT.replace("512,4", "512,2.5"), "1 to 6 decoder layers"),
        (TEXT.replace("1920.0", "1921.0"), "decoder_ffn_embed_dim_avg to be an average over 4 layers"),
        (TEXT.replace("1920.0", "inf"), "decoder_ffn_embed_dim_avg to be an average over 4 layers"),
        (TEXT.replace("6.0", "0.0"), "encoder_self_attention_heads_avg to be an average over 6 layers"),
        (TEXT.replace("2.5", "8.5"), "is no architecture of space"),
        (TEXT.replace("1.5", "9.0"), "decoder_arbitrary_ende_attn_avg to be an average"),
    ],
)
def test_averages_that_no_layers_have_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_strings([text])
