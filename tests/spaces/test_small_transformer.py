import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError
from surronas.spaces import SearchSpace, SmallTransformer, space_named

SPACE = SmallTransformer()
TEXT = "d_model 64 | 2 heads, ffn x4 | 8 heads, ffn x1"
ONE = SPACE.from_strings([TEXT])


class TestContract(SpaceContract):
    ONE_DECISION_AWAY = False  # a new depth changes whole layers
    MUTUAL_NEIGHBORS = False  # dropped layers don't come back
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE


def test_is_known_by_name_and_has_107_million_networks() -> None:
    assert type(space_named("small_transformer")) is SmallTransformer
    assert SPACE.num_architectures == 6 * (16 + 16**2 + 16**3 + 16**4 + 16**5 + 16**6) == 107_374_176


def test_a_text_names_the_width_and_every_layer() -> None:
    assert ONE.tolist() == [[1, 1, 1, 3, 3, 0] + [0] * 8]
    assert SPACE.to_strings(ONE) == [TEXT]
    assert SPACE.sizes(ONE) == (64, [2, 8], [256, 64])


def test_graph_is_the_embedding_and_a_chain_of_layers() -> None:
    edges = ((0, 1, "embedding-64"), (1, 2, "attention-2-ffn-256"), (2, 3, "attention-8-ffn-64"))
    assert SPACE.graph(ONE).edges == edges


def test_live_are_the_decisions_of_the_layers_that_are_there() -> None:
    assert SPACE.live(ONE).sum() == 2 + 2 * 2


def test_a_deeper_neighbor_repeats_the_last_layer() -> None:
    deeper = SPACE.from_strings([TEXT + " | 8 heads, ffn x1"])
    assert (SPACE.neighbors(ONE) == deeper).all(axis=1).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed small_transformer string ''"),
        ("d_model 64", "malformed small_transformer string 'd_model 64'"),
        ("d_model 64 | 2 heads", "malformed small_transformer string"),
        (TEXT.replace("64", "65"), "expected d_model to be one of 32, 64, 96, 128, 192, 256, got 65"),
        (TEXT.replace("2 heads", "3 heads"), "expected heads to be one of 1, 2, 4, 8, got 3"),
        (TEXT.replace("x4", "x04"), "expected ffn to be one of 1, 2, 3, 4, got 04"),
        ("d_model 64" + " | 2 heads, ffn x4" * 7, "expected layers to be one of 1, .*, 6, got 7"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_strings([text])
