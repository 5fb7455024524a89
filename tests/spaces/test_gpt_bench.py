import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import SearchSpace, space_named
from surronas.spaces.gpt_bench import GptBench

SPACE = GptBench()
RATIOS, HEADS = [2, 3, 4, 2, 3, 3, 2, 3, 2, 4], [12, 4, 12, 12, 4, 4, 4, 8, 12, 4]
TEXT = "gpt-s-10-384-2-3-4-2-3-3-2-3-2-4-12-4-12-12-4-4-4-8-12-4-False"


@pytest.mark.parametrize("scale", ["s", "m", "l"])
class TestContract(SpaceContract):
    ONE_DECISION_AWAY = False  # a new depth changes whole layers
    MUTUAL_NEIGHBORS = False  # dropped layers don't come back
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self, scale: str) -> SearchSpace:
        return GptBench(scale)


def test_sizes_and_names_of_the_three_scales() -> None:
    assert SPACE.num_architectures == 3 * 2 * (9**10 + 9**11 + 9**12)
    for scale, (decisions, numbered) in {"s": (27, True), "m": (51, False), "l": (75, False)}.items():
        space = space_named(f"gpt_{scale}")
        assert (space.name, space.num_decisions, space.numbered) == (f"gpt_{scale}", decisions, numbered)
    with pytest.raises(InputError, match="unknown scale 'xl'; HW-GPT-Bench has s, m, l"):
        GptBench("xl")
    with pytest.raises(InputError, match="too many to go through"):
        SPACE.enumerate()


def test_strings_are_those_of_the_benchmark() -> None:
    row = np.array([SPACE.pack(384, 10, False, RATIOS, HEADS)], np.int8)
    assert SPACE.to_strings(row) == [TEXT]
    np.testing.assert_array_equal(SPACE.from_strings(TEXT), row)


def test_ratios_and_heads_beyond_the_depth_are_left_out() -> None:
    longer = SPACE.pack(384, 10, False, [*RATIOS, 4, 4], [*HEADS, 8, 12])
    assert longer == SPACE.pack(384, 10, False, RATIOS, HEADS)
    assert longer[-4:] == [0] * 4


def test_graph_is_the_embedding_and_a_chain_of_layers() -> None:
    graph = SPACE.graph(SPACE.from_strings(TEXT.replace("False", "True")))
    assert graph.num_nodes == 12
    assert graph.edges[:2] == ((0, 1, "embedding-384-bias"), (1, 2, "attention-12-mlp-2"))
    assert len(graph.live_edges()) == 11


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed string"),
        ("gpt-s-False", "malformed string"),
        (TEXT.replace("gpt-s", "gpt-m"), "malformed string.* expected gpt-s-layers-width"),
        (TEXT.replace("False", "false"), "malformed string"),
        (TEXT.replace("384", "0x1"), "malformed string"),
        (TEXT.replace("384", "9" * 5000), "malformed string"),
        (TEXT.replace("-10-", "-11-"), "expected 11 ratios and 11 heads, got 20 numbers"),
        (TEXT.replace("384", "385"), "expected embed_dim to be one of 192, 384, 768, got 385"),
        (TEXT.replace("12-4-12", "12-5-12"), "expected n_head to be one of 4, 8, 12, got 5"),
        (TEXT.replace("384-2-3", "384-2-5"), "expected mlp_ratio to be one of 2, 3, 4, got 5"),
    ],
)
def test_malformed_strings_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_strings([text])


def test_too_few_layers_are_refused() -> None:
    with pytest.raises(ArchitectureError, match="expected a ratio and heads for each of 10 layers, got 9"):
        SPACE.pack(384, 10, False, RATIOS[:9], HEADS)
