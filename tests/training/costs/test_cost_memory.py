from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from training.tiny import TINY

from surronas.training.costs.memory import LiveTensors, forward_peak, train_peak
from surronas.training.networks.base import initialise
from surronas.training.tasks import Signature

FLOAT = 4  # bytes
WIDE, BATCH = 200, 8
IMAGE = Signature((1, 10, 10), 10)


def two_layers() -> nn.Module:
    """100 features to 200 to 10, without biases."""
    layers = [nn.Flatten(), nn.Linear(100, WIDE, bias=False), nn.Linear(WIDE, 10, bias=False)]
    network = nn.Sequential(*layers)
    initialise(network, torch.Generator().manual_seed(0))
    return network


WEIGHTS = 100 * WIDE + WIDE * 10


def test_a_forward_pass_takes_weights_inputs_and_activations() -> None:
    inputs = torch.zeros(BATCH, 1, 10, 10)
    expected = FLOAT * (WEIGHTS + BATCH * (100 + WIDE + 10))  # at the end all of them are alive
    assert forward_peak(two_layers(), inputs) == expected
    assert forward_peak(two_layers(), inputs) == expected  # in every run


def test_an_activation_counts_until_its_last_use() -> None:
    class Chain(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            for _ in range(10):
                x = x + 1
            return x

    inputs = torch.zeros(1000)
    assert forward_peak(Chain(), inputs) == 3 * FLOAT * 1000  # the inputs, one value and the next


def test_storages_count_once_and_views_nothing() -> None:
    with LiveTensors() as watched:
        x = torch.zeros(100)
        views = [x[:50], x.view(10, 10), x.t()]
        assert watched.live == watched.peak == FLOAT * 100
        x.add_(1)
        del x
        assert watched.live == FLOAT * 100  # its views are alive
        del views
        assert watched.live == 0
        torch.zeros(10)
    assert watched.peak == FLOAT * 100


def test_a_training_step_takes_gradients_and_optimizer_state_too() -> None:
    def peak(batch: int, optimizer: str = "sgd") -> int:
        recipe = replace(TINY, batch_size=batch, optimizer=optimizer)
        return train_peak(two_layers(), IMAGE, recipe)

    assert peak(BATCH) == peak(BATCH)
    smallest = FLOAT * (3 * WEIGHTS + BATCH * (100 + WIDE + 10))  # weights, gradients, velocity, activations
    assert smallest < peak(BATCH) < smallest + FLOAT * (WEIGHTS + 10 * BATCH * WIDE)
    assert peak(64) - peak(32) == pytest.approx(32 * FLOAT * (100 + WIDE), rel=0.2)
    assert peak(BATCH, "adamw") >= peak(BATCH) + FLOAT * WEIGHTS  # two moments


def test_texts_with_a_class_a_position_are_trained_on() -> None:
    class Next(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.head = nn.Embedding(30, 8), nn.Linear(8, 30)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.tokens(x))

    text = Signature((12,), 30, vocabulary=30, each_position=True)
    assert train_peak(Next(), text, replace(TINY, batch_size=4)) > FLOAT * 4 * 12 * 30


@pytest.mark.gpu
def test_a_gpu_gives_about_the_same() -> None:
    network, inputs = two_layers().cuda(), torch.zeros(BATCH, 1, 10, 10, device="cuda")
    by_allocator = forward_peak(network, inputs)
    assert by_allocator == pytest.approx(forward_peak(two_layers(), inputs.cpu()), rel=0.1, abs=5000)
