import copy

import pytest
import torch
from torch import nn

from surronas.training.sgd import FlatSGD


@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 5e-4), (0.0, 0.01), (0.5, 0.0)])
def test_steps_are_those_of_torch(momentum: float, weight_decay: float) -> None:
    ours = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.Flatten())
    ours = ours.to(memory_format=torch.channels_last)
    theirs = copy.deepcopy(ours)
    flat = FlatSGD(ours, momentum=momentum, weight_decay=weight_decay)
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
