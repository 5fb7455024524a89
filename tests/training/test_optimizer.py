import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from training.tiny import TINY

from surronas.training.optimizer import FlatSGD, FlatWeights, clip, optimizer_of


@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 5e-4), (0.0, 0.01), (0.5, 0.0)])
def test_steps_are_those_of_torch(momentum: float, weight_decay: float) -> None:
    ours = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.Flatten())
    ours = ours.to(memory_format=torch.channels_last)
    theirs = copy.deepcopy(ours)
    flat = FlatSGD(FlatWeights(list(ours.parameters())), momentum=momentum, weight_decay=weight_decay)
    reference = torch.optim.SGD(
        theirs.parameters(), lr=1.0, momentum=momentum, weight_decay=weight_decay, nesterov=momentum > 0
    )
    for learning_rate in (0.1, 0.07, 0.03, 0.01):
        x = torch.randn(8, 2, 3, 3)
        ours(x).square().mean().backward()
        flat.step(learning_rate)
        reference.param_groups[0]["lr"] = learning_rate
        reference.zero_grad()
        theirs(x).square().mean().backward()
        reference.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_adamw_steps_are_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    theirs = copy.deepcopy(ours)
    flat = optimizer_of(replace(TINY, optimizer="adamw"), FlatWeights(list(ours.parameters())))
    reference = torch.optim.AdamW(
        theirs.parameters(), lr=1.0, betas=(TINY.momentum, 0.999), weight_decay=TINY.weight_decay
    )
    for learning_rate in (0.01, 0.007, 0.003, 0.1):
        x = torch.randn(8, 5, generator=generator)
        ours(x).square().mean().backward()
        flat.step(learning_rate)
        reference.param_groups[0]["lr"] = learning_rate
        reference.zero_grad()
        theirs(x).square().mean().backward()
        reference.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_a_learning_rate_may_be_a_tensor() -> None:
    for recipe in (TINY, replace(TINY, optimizer="adamw")):
        values = []
        for rate in (0.05, torch.tensor(0.05)):
            layer = nn.Linear(3, 2)
            with torch.no_grad():
                for p in layer.parameters():
                    p.fill_(0.3)
            optimizer = optimizer_of(recipe, weights := FlatWeights(list(layer.parameters())))
            for _ in range(3):
                layer(torch.ones(1, 3)).sum().backward()
                optimizer.step(rate)
            values.append(weights.values)
        torch.testing.assert_close(*values)


def test_a_long_gradient_is_shortened_and_a_short_one_left() -> None:
    for clip_norm, expected in ((1.0, 1.0), (100.0, 5.0), (0.0, 5.0)):
        weights = FlatWeights([nn.Parameter(torch.zeros(2))])
        weights.gradient.copy_(torch.tensor([3.0, 4.0]))
        clip(weights, replace(TINY, clip_norm=clip_norm))
        assert float(weights.gradient.norm()) == pytest.approx(expected, rel=1e-5)
