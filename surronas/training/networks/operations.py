"""The operations of NAS-Bench-201 cells as torch modules (Dong and Yang 2020, Section 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from surronas.errors import ArchitectureError


class PointwiseConv(nn.Conv2d):
    """A 1x1 convolution without bias as one matrix product, which costs a CPU less overhead."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, C out, height, width), channels last in memory."""
        return functional.linear(x.permute(0, 2, 3, 1), self.weight.flatten(1)).permute(0, 3, 1, 2)


class ConvBN(nn.Sequential):
    """A convolution without bias that keeps height and width (or divides by stride), then batch norm."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        if kernel == 1:
            convolution: nn.Conv2d = PointwiseConv(channels_in, channels_out)
        else:
            convolution = nn.Conv2d(
                channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=False
            )
        super().__init__(convolution, nn.BatchNorm2d(channels_out))


@dataclass(frozen=True)
class Operation:
    """What an edge does to its source node: C channels in, C out, same height and width."""

    build: Callable[[int], nn.Module]  # from the number of channels
    after_relu: bool = False  # takes the source node after a ReLU, which a node's edges share


# One line an operation. `none` has no module: the network is built from live edges only.
OPERATIONS: dict[str, Operation] = {
    "skip_connect": Operation(lambda channels: nn.Identity()),
    "nor_conv_1x1": Operation(lambda channels: ConvBN(channels, channels, 1), after_relu=True),
    "nor_conv_3x3": Operation(lambda channels: ConvBN(channels, channels, 3), after_relu=True),
    "avg_pool_3x3": Operation(lambda channels: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)),
}


def operation(name: str) -> Operation:
    """Return the operation of a name.

    Raises:
        ArchitectureError: no such operation is known.
    """
    if name not in OPERATIONS:
        raise ArchitectureError(
            f"expected an operation that can be built ({', '.join(OPERATIONS)}), got {name!r}"
        )
    return OPERATIONS[name]
