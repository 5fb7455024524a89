"""The layers of a population: the same layer of many networks, weights stacked, as one operation."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from surronas.training.networks.operations import ConvBN

# Features (batch, n C in, height, width), weights (n, C out, C in, k, k), stride -> (batch, n C out, ...).
Convolution = Callable[[Tensor, Tensor, int], Tensor]


def grouped(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """Return the convolutions of n networks as one convolution of n groups."""
    padding = weight.shape[-1] // 2
    return functional.conv2d(x, weight.flatten(0, 1), stride=stride, padding=padding, groups=len(weight))


class StackedConvolution(nn.Module):
    """The convolutions of n networks; ``way`` says how they are computed."""

    def __init__(self, layers: Sequence[nn.Conv2d], way: Convolution) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.stride = layers[0].stride[0]
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, n C out, height / stride, width / stride)."""
        return self.way(x, self.weight, self.stride)

    def shared(self, x: Tensor) -> Tensor:
        """Return the same where all networks see one input (batch, C in, height, width): no groups."""
        padding = self.weight.shape[-1] // 2
        return functional.conv2d(x, self.weight.flatten(0, 1), stride=self.stride, padding=padding)


class StackedBatchNorm(nn.Module):
    """The batch norms of n networks; statistics are each network's own."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, layers: Sequence[nn.BatchNorm2d]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.cat([layer.bias.detach() for layer in layers]))
        running = [layer.running_mean for layer in layers], [layer.running_var for layer in layers]
        self.register_buffer("running_mean", torch.cat([t for t in running[0] if t is not None]))
        self.register_buffer("running_var", torch.cat([t for t in running[1] if t is not None]))
        self.momentum, self.eps = layers[0].momentum or 0.0, layers[0].eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised, (batch, n C, height, width)."""
        return functional.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            self.momentum,
            self.eps,
        )


class StackedConvBN(nn.Module):
    """Convolution and batch norm of n networks."""

    def __init__(self, layers: Sequence[ConvBN], way: Convolution) -> None:
        super().__init__()
        self.convolution = StackedConvolution([layer[0] for layer in layers], way)  # type: ignore[misc]
        self.norm = StackedBatchNorm([layer[1] for layer in layers])  # type: ignore[misc]

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, n C out, height / stride, width / stride)."""
        normalised: Tensor = self.norm(self.convolution(x))
        return normalised


class StackedLinear(nn.Module):
    """The heads of n networks."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))  # (n, K, C)
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))  # (n, K)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, batch, K) of features (batch, n C)."""
        n, _, channels = self.weight.shape
        features = x.reshape(len(x), n, channels).transpose(0, 1)  # (n, batch, C)
        return torch.baddbmm(self.bias[:, None, :].to(features.dtype), features, self.weight.transpose(1, 2))
