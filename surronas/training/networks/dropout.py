"""Dropout that draws from the training's seed alone: torch's own reads the global random state."""

from typing import cast

import torch
from torch import Tensor, nn


class Drop:
    """One forward pass's dropout: a share of the features set to 0, the others made larger in turn."""

    def __init__(self, share: float, generator: torch.Generator | None) -> None:
        self._share, self._generator = share, generator

    def __call__(self, x: Tensor) -> Tensor:
        """Return ``x`` with single features left out; as it is when nothing is to be drawn."""
        return self._masked(x, tuple(x.shape))

    def locked(self, x: Tensor) -> Tensor:
        """Return (n, length, C) with the same features left out at all positions of a text."""
        return self._masked(x, (x.shape[0], 1, x.shape[2]))

    def _masked(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        if self._generator is None:
            return x
        kept = torch.rand(shape, generator=self._generator, device=x.device) >= self._share
        return x * (kept / (1 - self._share)).to(x.dtype)


class Dropout(nn.Module):
    """Where a network's dropout comes from: a seed, and how many training batches it has seen.

    Both are a buffer, so that a training that goes on from a checkpoint draws what it would have drawn.
    """

    state: Tensor  # (2,) seed, batches

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.register_buffer("state", torch.empty(2, dtype=torch.int64))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the seed."""
        self.state[0] = torch.randint(2**31, (), generator=generator)
        self.state[1] = 0

    def drawn(self) -> Drop:
        """Return the dropout of the next batch; none when the network is not being trained."""
        if not self.training or self.share == 0:
            return Drop(0.0, None)
        seed, batches = cast("list[int]", self.state.tolist())
        self.state[1] += 1
        generator = torch.Generator(self.state.device).manual_seed(seed + batches)
        return Drop(self.share, generator)
