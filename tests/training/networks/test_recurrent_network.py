import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from contracts.network_contract import SMALL, TEXTS, NetworkContract
from torch import Tensor, nn

from surronas.errors import InputError
from surronas.spaces import Architectures, Cell201, RecurrentCell, SearchSpace
from surronas.spaces.recurrent_layout import Cell
from surronas.training import Split
from surronas.training.counting import count_flops, count_params
from surronas.training.job import Job
from surronas.training.networks import initialise
from surronas.training.networks.recurrent_cell import RecurrentLayer, RecurrentNetwork, build
from surronas.training.recipes import CHARACTERS_RECIPE
from surronas.training.tasks.base import Signature
from surronas.training.tasks.tiny_shakespeare import tiny_shakespeare
from surronas.training.trainer import Trainer

SPACE = RecurrentCell()
CHARACTERS = Signature((12,), 9, vocabulary=9, each_position=True)
WIKITEXT2 = Signature((70,), 33_278, 33_278, each_position=True)
PUBLISHED = replace(SMALL, channels=400, cells_per_stage=3)  # the benchmark's sizes
LOGS = Path("benchmarks", "nasbench-nlp", "train_logs_wikitext-2_logs.zip")
GATED = json.dumps(
    {
        "i": {"op": "linear", "input": ["x", "h_prev_0"]},
        "i_act": {"op": "activation_tanh", "input": ["i"]},
        "j": {"op": "linear", "input": ["h_prev_0", "x", "i_act"]},
        "j_act": {"op": "activation_sigm", "input": ["j"]},
        "k": {"op": "elementwise_prod", "input": ["i_act", "h_prev_1"]},
        "l": {"op": "activation_leaky_relu", "input": ["k"]},
        "h_new_0": {"op": "blend", "input": ["j_act", "i_act", "h_prev_0"]},
        "h_new_1": {"op": "elementwise_sum", "input": ["l", "h_new_0"]},
    }
)


def decisions(recipe: str) -> tuple[int, ...]:
    return tuple(SPACE.from_strings([recipe])[0].tolist())


def on_meta(recipe: str, signature: Signature, sizes: object) -> nn.Module:
    with torch.device("meta"):
        return build(SPACE, decisions(recipe), signature, sizes)


def drawn(network: nn.Module) -> nn.Module:
    network = network.to_empty(device="cpu")
    initialise(network, torch.Generator().manual_seed(0))
    return network.eval()


class TestContract(NetworkContract):
    EQUAL_PARAMS = False  # a cell written with dead nodes has their weights, as in the published counts

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    @pytest.fixture
    def signature(self) -> Signature:
        return CHARACTERS

    @pytest.fixture
    def architectures(self, space: SearchSpace) -> Architectures:
        """Four cells, one of two hidden states with every operation."""
        cells = [space.from_strings([GATED]), space.sample(3, np.random.default_rng(5))]
        return space.canonical(np.concatenate(cells))


class TestSentences(NetworkContract):
    EQUAL_PARAMS = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    @pytest.fixture
    def signature(self) -> Signature:
        return TEXTS

    def test_onnxruntime_gives_the_same_logits(self) -> None:
        pytest.skip("asked of the other networks of this space")


def test_parameters_are_those_of_all_published_logs(shared: Path) -> None:
    with zipfile.ZipFile(shared / LOGS) as archive:
        logs = [json.loads(archive.read(name)) for name in archive.namelist()]
    assert len(logs) == 345
    for log in logs:
        assert count_params(on_meta(log["recepie"], WIKITEXT2, PUBLISHED)) == log["num_params"]


def test_a_plain_cell_has_the_published_parameters() -> None:
    # fmsnew/nas-bench-nlp-release, log_stats_model_1000000: num_params
    plain = '{"f":{"op":"linear","input":["x","h_prev_0"]},"h_new_0":{"op":"activation_tanh","input":["f"]}}'
    assert count_params(on_meta(plain, WIKITEXT2, PUBLISHED)) == 15_066_078
    products = 400 * 600 + 600 * 600 + 2 * 600 * 600 + 400 * 600 + 400 * 400 + 400 * 33_278
    assert count_flops(on_meta(plain, WIKITEXT2, PUBLISHED), WIKITEXT2) == 2 * 70 * products


def by_hand(layer: RecurrentLayer, x: Tensor) -> Tensor:
    """GATED, one operation and one source at a time."""

    def weight(source: int, place: int) -> Tensor:
        return layer.weights[str(source)].split(layer.features)[place]

    h_0 = h_1 = torch.zeros(len(x), layer.features)
    outputs = []
    for t in range(x.shape[1]):
        i = (x[:, t] @ weight(1, 0).T + h_0 @ weight(2, 0).T + layer.bias["0"]).tanh()
        j = x[:, t] @ weight(1, 1).T + h_0 @ weight(2, 1).T + i @ weight(6, 0).T + layer.bias["2"]
        gate = j.sigmoid()
        k = i * h_1
        h_0 = gate * i + (1 - gate) * h_0
        h_1 = torch.where(k > 0, k, 0.01 * k) + h_0
        outputs.append(h_0)
    return torch.stack(outputs, 1)


def test_a_layer_computes_what_the_recipe_says() -> None:
    layer = RecurrentLayer(Cell.of(SPACE.from_strings([GATED])[0]), 3, 4)
    generator = torch.Generator().manual_seed(0)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, generator=generator)
    x = torch.randn(2, 5, 3, generator=generator)
    torch.testing.assert_close(layer(x), by_hand(layer, x))


def test_layers_are_wider_than_the_embedding_but_for_the_last() -> None:
    network = on_meta(GATED, CHARACTERS, replace(SMALL, channels=10, cells_per_stage=3))
    assert isinstance(network, RecurrentNetwork)
    assert [layer.features for layer in network.layers] == [15, 15, 10]


def test_a_cell_without_x_gives_every_text_the_same_logits() -> None:
    deaf = '{"f":{"op":"elementwise_sum","input":["h_prev_0","h_prev_1"]},"h_new_0":{"op":"activation_sigm",\
"input":["f"]},"h_new_1":{"op":"activation_tanh","input":["h_prev_0"]}}'
    network = drawn(on_meta(deaf, CHARACTERS, SMALL))
    tokens = torch.arange(24).reshape(2, 12) % 9
    logits = network(tokens)
    torch.testing.assert_close(logits[0], logits[1])
    assert (logits[0, 0] != logits[0, 1]).any()


def test_networks_learn_tiny_shakespeare(shared: Path) -> None:
    whole = tiny_shakespeare(shared / "datasets" / "tinyshakespeare", context=16)
    few = {
        name: Split(split.inputs[:n], split.labels[:n])
        for name, split, n in (
            ("train", whole.train, 1536),
            ("valid", whole.valid, 128),
            ("test", whole.test, 32),
        )
    }
    task = replace(whole, name="part of tiny-shakespeare", **few)
    recipe = replace(CHARACTERS_RECIPE, channels=48, epochs=3, learning_rate=0.01, dropout=0.05)
    job = Job(decisions(GATED), 0, recipe)
    result, again = (Trainer(SPACE, task).train(job) for _ in range(2))
    share = np.bincount(task.valid.labels.ravel(), minlength=65) / task.valid.labels.size
    unigram_entropy = -(share[share > 0] * np.log(share[share > 0])).sum()
    assert result.curves["valid_loss"][-1] < unigram_entropy - 0.3
    np.testing.assert_array_equal(result.curves["valid_loss"], again.curves["valid_loss"])


def test_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="expected the space recurrent_cell, got 'cell201'"):
        build(Cell201(), (0,) * 6, CHARACTERS, SMALL)
