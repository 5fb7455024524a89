from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from contracts.network_contract import SMALL, TEXTS, NetworkContract
from torch import nn

from surronas.errors import InputError
from surronas.spaces import Architectures, Cell201, DecoderTransformer, SearchSpace, SmallTransformer
from surronas.store.importers.lite_transformer_logs import Part, parts_of
from surronas.training import Split, Task
from surronas.training.counting import count_flops, count_params
from surronas.training.job import Job
from surronas.training.networks import build_for, decoder_transformer, initialise, small_transformer
from surronas.training.networks.adaptive_vocabulary import AdaptiveVocabulary
from surronas.training.networks.decoder_transformer import DecoderNetwork
from surronas.training.networks.relative_attention import RelativeAttention, distance_embeddings
from surronas.training.recipes import CHARACTERS_RECIPE
from surronas.training.tasks.base import Signature
from surronas.training.tasks.tiny_shakespeare import tiny_shakespeare
from surronas.training.trainer import Trainer

CHARACTERS = Signature((12,), 9, vocabulary=9, each_position=True)
DECODER, SMALLER = DecoderTransformer(), SmallTransformer()
LOGS = Path("benchmarks", "lite-transformer-search", "saved_logs.tar")


def decoder_config(backbone: str = "GPT2", **changes: object) -> dict:
    config = {"backbone": backbone, "n_layer": 2, "d_model": 64, "d_embed": 128, "div_val": 2}
    return config | {"d_inner": [512, 520], "n_head": [2, 8]} | changes


def drawn(network: nn.Module) -> nn.Module:
    network = network.to_empty(device="cpu")
    initialise(network, torch.Generator().manual_seed(0))
    return network.eval()


class TestSmallTransformer(NetworkContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return SMALLER

    @pytest.fixture
    def signature(self) -> Signature:
        return TEXTS


class TestDecoderTransformer(NetworkContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return DECODER

    @pytest.fixture
    def signature(self) -> Signature:
        return CHARACTERS

    @pytest.fixture
    def architectures(self, space: SearchSpace) -> Architectures:
        """Both backbones, with and without projections."""
        plain = {"d_embed": -1, "div_val": 1}
        configs = [decoder_config(b, **how) for b in ("GPT2", "TransformerXL") for how in ({}, plain)]
        return DECODER.from_configs(configs)

    def test_a_hundred_random_architectures_are_built(self, space: SearchSpace, signature: Signature) -> None:
        pytest.skip("those of the benchmark are, below: a hundred take seconds")


def published(part: Part, name: str) -> tuple[int, int]:
    """Parameters that a network's modules have, and that the logs count.

    The logs count the random GPT-2 networks of LM1B as the Transformer-XL of the same config.
    """
    config = dict(part.configs[name])
    counted_as = "TransformerXL" if (part.drawn, part.task) == ("random", "lm1b") else part.backbone
    config["backbone"] = counted_as
    for key in ("d_inner", "n_head"):
        config[key] = config[key] if isinstance(config[key], list) else [config[key]] * config["n_layer"]
    words, length = config["n_token"], config["tgt_len"]
    with torch.device("meta"):
        network = DecoderNetwork(
            config,
            Signature((length,), words, words, each_position=True),
            cutoffs=tuple(config["cutoffs"]),
            shared=tuple(map(bool, config["tie_projs"])),
        )
    return count_params(network), int(part.summaries["params"][name]["total"])


def test_parameters_are_those_of_the_published_logs(shared: Path) -> None:
    for part in parts_of(shared / LOGS).values():
        for name in list(part.configs)[::12]:
            ours, theirs = published(part, name)
            assert ours == theirs, (part.backbone, part.task, name)


@pytest.mark.slow
def test_parameters_of_all_1121_networks_are_those_of_the_published_logs(shared: Path) -> None:
    counts = [published(part, name) for part in parts_of(shared / LOGS).values() for name in part.configs]
    assert len(counts) == 1121
    assert all(ours == theirs for ours, theirs in counts)


def test_a_task_with_as_many_words_has_the_published_parameters() -> None:
    # microsoft/archai @ af79c739, saved_logs/random_GPT2_wt103, config_0_j0: params_summary total
    config = decoder_config(
        n_layer=5, d_model=128, d_embed=256, div_val=4, d_inner=[1071, 640, 1286, 800, 1871],
        n_head=[2, 4, 4, 8, 8],
    )  # fmt: skip
    (row,) = DECODER.from_configs([config])
    signature = Signature((192,), 50_264, 50_264, each_position=True)
    with torch.device("meta"):
        network = build_for(DECODER)(DECODER, tuple(row.tolist()), signature, SMALL)
    assert count_params(network) == 8_505_006


def test_flops_are_those_of_products_and_attention() -> None:
    (row,) = SMALLER.from_strings(["d_model 64 | 2 heads, ffn x4 | 4 heads, ffn x2"])
    signature = Signature((32,), 65, 65, each_position=True)
    with torch.device("meta"):
        network = small_transformer.build(SMALLER, tuple(row.tolist()), signature, SMALL)
    weights = 2 * 4 * 64**2 + 2 * 64 * (256 + 128) + 65 * 64
    attention = 2 * 2 * 32 * 64  # two layers: scores and sums over 32 positions
    assert count_flops(network, signature) == 2 * 32 * (weights + attention)
    assert count_params(network) == 89_792


@pytest.mark.parametrize("backbone", ["GPT2", "TransformerXL", "small"])
def test_no_position_sees_what_comes_after_it(backbone: str) -> None:
    space = SMALLER if backbone == "small" else DECODER
    rows = (
        SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2"])
        if backbone == "small"
        else DECODER.from_configs([decoder_config(backbone)])
    )
    network = drawn(build_for(space)(space, tuple(rows[0].tolist()), CHARACTERS, SMALL))
    one = torch.randint(9, (1, 12), generator=torch.Generator().manual_seed(1))
    other = one.clone()
    other[0, 7:] = (other[0, 7:] + 1) % 9
    first, second = network(one)[0], network(other)[0]
    torch.testing.assert_close(first[:7], second[:7])
    assert (first[7:] != second[7:]).any(1).all()


def test_relative_attention_looks_at_distances() -> None:
    attention = drawn(RelativeAttention(8, 2))
    nn.init.normal_(attention.query_key_value.weight, generator=torch.Generator().manual_seed(1))
    nn.init.normal_(attention.distance.weight, generator=torch.Generator().manual_seed(2))
    nn.init.eye_(attention.output.weight)
    x = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(3))
    distances = distance_embeddings(5, 8, torch.device("cpu"))
    query, key, value = (part.unflatten(-1, (2, 4)) for part in attention.query_key_value(x)[0].chunk(3, -1))
    far = attention.distance(distances)[0].flip(0).unflatten(-1, (2, 4))  # by distance, from 0 on
    expected = torch.zeros(5, 2, 4)
    u, v = attention.content_bias[:, 0], attention.distance_bias[:, 0]
    for head in range(2):
        for i in range(5):  # equation of Section 3.3, one score at a time
            scores = torch.stack(
                [
                    (query[i, head] + u[head]) @ key[j, head] + (query[i, head] + v[head]) @ far[i - j, head]
                    for j in range(i + 1)
                ]
            )
            expected[i, head] = (scores / 2).softmax(0) @ value[: i + 1, head]
    torch.testing.assert_close(attention(x, distances)[0], expected.flatten(1))


@pytest.mark.parametrize("div_val", [1, 2])
@pytest.mark.parametrize("d_embed", [8, 16])
def test_an_adaptive_softmax_is_a_distribution_over_all_words(div_val: int, d_embed: int) -> None:
    words = drawn(AdaptiveVocabulary(20, d_embed, 8, div_val, output=True, cutoffs=(5, 11, 30)))
    assert words.ends == (5, 11, 20)
    features = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(1))
    logits = words.logits(features)
    assert logits.shape == (2, 3, 20)
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(2, 3))
    embedded = words(torch.arange(20)[None])
    assert embedded.shape == (1, 20, 8)
    if div_val == 2:  # word 12 is word 1 of the third band, of d_embed / 4 columns
        own = words.projections[2] @ words.words[2][1] * 8**0.5
        torch.testing.assert_close(embedded[0, 12], own)


def test_padding_behind_a_text_changes_nothing() -> None:
    rows = SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2"])
    network = drawn(build_for(SMALLER)(SMALLER, tuple(rows[0].tolist()), TEXTS, SMALL))
    tokens = torch.tensor([[3, 4, 5] + [0] * 9, [0] * 12])
    padded = network(tokens)
    torch.testing.assert_close(padded[:1], network(tokens[:1, :3]))
    assert bool(torch.isfinite(padded).all())  # also of a text that is all padding


def shakespeare(shared: Path, num_train: int) -> Task:
    whole = tiny_shakespeare(shared / "datasets" / "tinyshakespeare", context=32)
    splits = ("train", whole.train, num_train), ("valid", whole.valid, 64), ("test", whole.test, 32)
    parts = {name: Split(split.inputs[:n], split.labels[:n]) for name, split, n in splits}
    return replace(whole, name="part of tiny-shakespeare", **parts)


@pytest.mark.parametrize("backbone", ["GPT2", "TransformerXL", "small"])
def test_networks_learn_tiny_shakespeare(shared: Path, backbone: str) -> None:
    task = shakespeare(shared, 1024 if backbone == "small" else 512)
    space = SMALLER if backbone == "small" else DECODER
    if backbone == "small":
        rows = SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2 | 4 heads, ffn x1"])
    else:
        rows = DECODER.from_configs([decoder_config(backbone, d_embed=-1, div_val=1, d_inner=[512, 512])])
    recipe = replace(CHARACTERS_RECIPE, epochs=3, batch_size=16, learning_rate=5e-3)
    result = Trainer(space, task).train(Job(tuple(rows[0].tolist()), 0, recipe))
    share = np.bincount(task.valid.labels.ravel(), minlength=65) / task.valid.labels.size
    unigram_entropy = -(share[share > 0] * np.log(share[share > 0])).sum()
    assert result.curves["valid_loss"][-1] < unigram_entropy - 0.3


def test_dropout_follows_from_the_seed_and_leaves_the_global_state_alone(shared: Path) -> None:
    task = shakespeare(shared, 64)
    (row,) = SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2"])
    recipe = replace(CHARACTERS_RECIPE, epochs=2, batch_size=16, dropout=0.3)
    before = torch.get_rng_state()
    curves = []
    for seed, share in ((0, 0.3), (0, 0.3), (1, 0.3), (0, 0.0)):
        torch.manual_seed(len(curves))
        before = torch.get_rng_state()
        job = Job(tuple(row.tolist()), seed, replace(recipe, dropout=share))
        curves.append(Trainer(SMALLER, task).train(job).curves["train_loss"].tolist())
        assert torch.equal(before, torch.get_rng_state())
    assert curves[0] == curves[1]
    assert curves[0] != curves[2]
    assert curves[0] != curves[3]


def test_dropout_goes_on_from_a_checkpoint(shared: Path, tmp_path: Path) -> None:
    task = shakespeare(shared, 64)
    (row,) = SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2"])
    job = Job(tuple(row.tolist()), 0, replace(CHARACTERS_RECIPE, epochs=3, batch_size=16, dropout=0.3))

    def cut_short(job: Job, epoch: int, values: dict[str, float]) -> None:
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(SMALLER, task, checkpoints=tmp_path, checkpoint_seconds=0, on_epoch=cut_short).train(job)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1
    resumed = Trainer(SMALLER, task, checkpoints=tmp_path).train(job)
    whole = Trainer(SMALLER, task).train(job)
    np.testing.assert_array_equal(resumed.curves["train_loss"], whole.curves["train_loss"])


def test_dropout_keeps_the_mean_and_can_hold_for_a_whole_text() -> None:
    rows = SMALLER.from_strings(["d_model 32 | 2 heads, ffn x2"])
    recipe = replace(SMALL, dropout=0.25)
    network = drawn(build_for(SMALLER)(SMALLER, tuple(rows[0].tolist()), TEXTS, recipe))
    drop = network.train().dropout.drawn()
    ones = torch.ones(50, 20, 40)
    left = drop(ones)
    assert sorted(left.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert left.mean().item() == pytest.approx(1, abs=0.02)
    locked = drop.locked(ones)
    assert (locked == locked[:, :1]).all()
    assert locked.mean().item() == pytest.approx(1, abs=0.1)
    assert network.eval().dropout.drawn()(ones) is ones


@pytest.mark.parametrize("network", [decoder_transformer, small_transformer])
def test_another_space_is_refused(network: object) -> None:
    with pytest.raises(InputError, match=r"expected the space .*_transformer, got 'cell201'"):
        network.build(Cell201(), (0,) * 6, CHARACTERS, SMALL)
