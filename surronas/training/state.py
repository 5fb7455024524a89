"""A training under way."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from surronas.training.job import Job
from surronas.training.optimizer import FlatWeights, Optimizer


@dataclass
class Training:
    """A training under way: all that changes from step to step."""

    job: Job
    network: nn.Module
    weights: FlatWeights
    optimizer: Optimizer
    generator: torch.Generator
    curves: dict[str, NDArray[np.float32]]
    epoch: int = 0  # finished
    train_seconds: float = 0.0
    buffers: dict[str, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.buffers = dict(self.network.named_buffers())
