import json
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from contracts.network_contract import IMAGES, SMALL, NetworkContract
from torch import nn
from training.tiny import TINY, tiny_task

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.cell101 import Cell101
from surronas.spaces.mnasnet import MnasNet
from surronas.training.counting import count_flops, count_params
from surronas.training.job import Job
from surronas.training.networks import initialise
from surronas.training.networks.inverted_residual import InvertedResidual, SqueezeExcitation
from surronas.training.networks.mnasnet import build, strides_for, widths_for
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature
from surronas.training.trainer import Trainer

SPACE = MnasNet()
IMAGENET = Signature((3, 224, 224), 1000)
PUBLISHED = replace(SMALL, channels=32)
EFFICIENTNET_B0 = {
    f"block{block}_{name}": value
    for block, values in enumerate(
        zip((1, 6, 6, 6, 6, 6, 6), (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 3, 3, 4, 1), strict=True)
    )
    for name, value in (*zip("ekl", values, strict=True), ("se", True))
}


def network_of(
    settings: dict[str, object], signature: Signature = IMAGENET, recipe: Recipe = PUBLISHED
) -> nn.Module:
    with torch.device("meta"):
        return build(SPACE, tuple(SPACE.from_settings([settings])[0].tolist()), signature, recipe)


class TestMnasNetNetworks(NetworkContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    @pytest.fixture
    def signature(self) -> Signature:
        return IMAGES


def test_efficientnet_b0_has_its_parameters_and_multiply_adds() -> None:
    network = network_of(EFFICIENTNET_B0)
    assert count_params(network) == 5_288_548  # torchvision, EfficientNet_B0_Weights: num_params
    assert count_flops(network, IMAGENET) / 2 / 1e9 == pytest.approx(0.39, abs=0.005)  # Tan and Le, Table 2


def thops_extras(settings: dict[str, int]) -> int:
    """What thop counts besides multiply-adds: 4 for each number normalised, 1 for each that is averaged."""
    widths, normalised, averaged, side = widths_for(32), 32 * 112**2, 1280 * 50, 112
    for block, stride in enumerate(strides_for(224)[1:]):
        for layer in range(settings[f"block{block}_l"]):
            hidden = widths[block + 1 if layer else block] * settings[f"block{block}_e"]
            normalised += hidden * side**2 if settings[f"block{block}_e"] > 1 else 0
            side //= 1 if layer else stride
            normalised += (hidden + widths[block + 1]) * side**2
            averaged += hidden * (side**2 + 1) if settings[f"block{block}_se"] else 0
    return 4 * (normalised + 1280 * 49) + averaged


@pytest.mark.parametrize("number", [10, pytest.param(150, marks=pytest.mark.slow)])
def test_parameters_and_multiply_adds_are_those_of_accel_nasbench(shared: Path, number: int) -> None:
    path = shared / "benchmarks" / "accel-nasbench" / "anb_dataset_jsons.tar.gz"
    if not path.is_file():
        pytest.skip(f"no results of Accel-NASBench at {path}")
    checked = 0
    with tarfile.open(path) as files:
        for member in files:
            file = files.extractfile(member) if checked < number else None
            if file is None or not member.name.endswith(".json"):
                continue
            result = json.loads(file.read())
            settings, published = result["architecture"], result["model_info"]
            network = network_of(settings)
            assert count_params(network) == round(1e6 * published["params"])
            macs = count_flops(network, IMAGENET) // 2 + thops_extras(settings)
            assert macs == round(1e6 * published["macs"])
            checked += 1
    assert checked == number


@pytest.mark.parametrize(
    ("side", "strides", "last"),
    [
        (224, (2, 1, 2, 2, 2, 1, 2, 1), 7),
        (97, (2, 1, 2, 2, 2, 1, 2, 1), 4),
        (96, (1, 1, 2, 2, 2, 1, 2, 1), 6),
        (32, (1, 1, 1, 2, 2, 1, 2, 1), 4),
        (28, (1, 1, 1, 2, 2, 1, 2, 1), 4),
        (8, (1, 1, 1, 1, 1, 1, 2, 1), 4),
        (4, (1,) * 8, 4),
        (1, (1,) * 8, 1),
    ],
)
def test_small_images_are_halved_less_often(side: int, strides: tuple[int, ...], last: int) -> None:
    assert strides_for(side) == strides
    recipe, signature = replace(SMALL, channels=2), Signature((1, side, side + 3), 4)
    with torch.device("meta"):
        network = network_of(EFFICIENTNET_B0, signature, recipe)
        maps = network[:-2](torch.zeros(2, 1, side, side + 3))
        assert maps.shape[2] == last
        assert network(torch.zeros(2, 1, side, side + 3)).shape == (2, 4)


def test_widths_scale_with_the_stem_and_are_multiples_of_8() -> None:
    assert widths_for(32) == (32, 16, 24, 40, 80, 112, 192, 320)
    assert widths_for(8) == (8, 8, 8, 16, 24, 32, 48, 80)  # 10 is not rounded down to 8, a fifth less
    assert widths_for(48) == (48, 24, 40, 64, 120, 168, 288, 480)
    assert widths_for(1) == (1, 8, 8, 8, 8, 8, 8, 16)


def test_every_setting_changes_the_network() -> None:
    params = count_params(network_of(EFFICIENTNET_B0))
    for name, value in EFFICIENTNET_B0.items():
        other = {"e": 4, "k": 8 - value, "l": 3 - value % 2, "s": False}[name.split("_")[1][0]]
        assert count_params(network_of(EFFICIENTNET_B0 | {name: other})) != params, name


def test_a_layer_adds_its_input_where_the_shape_stays() -> None:
    layer = InvertedResidual(8, 8, expansion=4, kernel=3, stride=1, activation=nn.SiLU).eval()
    x = torch.rand(2, 8, 4, 4)
    torch.testing.assert_close(layer(x), x + layer.layers(x))
    for channels, stride, shape in ((16, 1, (2, 16, 4, 4)), (8, 2, (2, 8, 2, 2))):
        other = InvertedResidual(8, channels, expansion=1, kernel=5, stride=stride, activation=nn.SiLU)
        assert other.eval()(x).shape == shape
        torch.testing.assert_close(other(x), other.layers(x))


def test_squeeze_and_excitation_weighs_channels() -> None:
    layer = SqueezeExcitation(4, 2, nn.SiLU)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    x = torch.rand(2, 4, 3, 3)
    torch.testing.assert_close(layer(x), x / 2)  # the sigmoid of 0


def test_dropout_leaves_features_out_in_training_alone() -> None:
    with torch.device("meta"):
        layer = network_of(EFFICIENTNET_B0, IMAGES, replace(SMALL, dropout=0.2))[-2]
    layer = layer.to_empty(device="cpu")
    initialise(layer, torch.Generator().manual_seed(0))
    x = torch.ones(1000)
    first, second = layer(x), layer(x)
    assert float((first == 0).float().mean()) == pytest.approx(0.2, abs=0.05)
    assert sorted(set(first.tolist())) == pytest.approx([0, 1.25])
    assert not torch.equal(first, second)
    assert torch.equal(layer.eval()(x), x)


def test_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="expected the space mnasnet, got 'cell101'"):
        build(Cell101(), tuple(np.zeros(26, int).tolist()), IMAGES, SMALL)


def test_a_training_learns_its_digits() -> None:
    recipe = replace(TINY, channels=8, epochs=6)
    small = EFFICIENTNET_B0 | {f"block{block}_{name}": 1 for block in range(7) for name in "el"}
    row = SPACE.from_settings([small])[0]
    result = Trainer(SPACE, tiny_task(), device="cpu").train(Job(tuple(row.tolist()), 0, recipe))
    assert result.status == "ok"
    assert result.curves["train_loss"][-1] < 0.8 * result.curves["train_loss"][0]
    assert result.params > 0
