import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from contracts.network_contract import IMAGES, SMALL, NetworkContract
from torch import nn
from training.tiny import TINY, tiny_task

from surronas.spaces import SearchSpace
from surronas.spaces.nasbench_macro import NASBenchMacro
from surronas.training.counting import count_flops, count_params
from surronas.training.job import Job
from surronas.training.networks.nasbench_macro import build
from surronas.training.tasks.base import Signature
from surronas.training.trainer import Trainer

SPACE = NASBenchMacro()
CIFAR10 = Signature((3, 32, 32), 10)


def network_of(digits: str) -> nn.Module:
    with torch.device("meta"):
        row = SPACE.from_strings(digits)[0]
        return build(SPACE, tuple(row.tolist()), CIFAR10, replace(SMALL, channels=32))


class TestNASBenchMacroNetworks(NetworkContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    @pytest.fixture
    def signature(self) -> Signature:
        return IMAGES


@pytest.mark.parametrize(
    ("digits", "params", "flops"),  # the authors' data/nas-bench-macro_cifar10.json
    [
        ("02012100", 890_666, 47_327_744),
        ("11111221", 2_181_386, 65_012_224),
        ("00011110", 1_118_378, 31_390_208),
    ],
)
def test_parameters_and_multiply_adds_are_the_published_ones(digits: str, params: int, flops: int) -> None:
    network = network_of(digits)
    assert (count_params(network), count_flops(network, CIFAR10)) == (params, 2 * flops)


@pytest.mark.parametrize("step", [500, pytest.param(50, marks=pytest.mark.slow)])
def test_parameters_and_multiply_adds_are_those_of_the_table(shared: Path, step: int) -> None:
    path = shared / "benchmarks" / "nasbench-macro" / "nas-bench-macro_cifar10.json"
    if not path.is_file():
        pytest.skip(f"no NAS-Bench-Macro at {path}")
    table = json.loads(path.read_bytes())
    for digits in list(table)[::step]:
        network, published = network_of(digits), table[digits]
        assert count_params(network) == published["params"]
        assert count_flops(network, CIFAR10) == 2 * published["flops"]


def test_a_training_learns_its_digits() -> None:
    recipe = replace(TINY, channels=8, num_stages=2, cells_per_stage=1, epochs=6)
    result = Trainer(SPACE, tiny_task(), device="cpu").train(Job((2, 2, 2, 1, 2, 2, 2, 0), 0, recipe))
    assert result.status == "ok"
    assert result.curves["train_loss"][-1] < 0.8 * result.curves["train_loss"][0]
    assert result.params > 0
