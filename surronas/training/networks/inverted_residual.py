"""The inverted residual layer of MobileNetV2 (Sandler et al. 2018), with squeeze and excitation if asked."""

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn

Activation = Callable[[], nn.Module]


class ConvBN(nn.Sequential):
    """A convolution without bias, batch norm, an activation if there is one; stride 2 halves, rounding up."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        activation: Activation | None = None,
    ) -> None:
        convolution = nn.Conv2d(
            channels_in, channels_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False
        )
        after = [activation()] if activation else []
        super().__init__(convolution, nn.BatchNorm2d(channels_out), *after)


class SqueezeExcitation(nn.Module):
    """Channels weighted by what the means of all channels say (Hu et al. 2018)."""

    def __init__(self, channels: int, squeezed: int, activation: Activation) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Linear(channels, squeezed), activation(), nn.Linear(squeezed, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, C, height, width)."""
        weights: Tensor = self.weigh(x.mean((2, 3)))
        return x * weights[:, :, None, None]


class InvertedResidual(nn.Module):
    """Widen (1x1), convolve each channel, weigh channels if asked, narrow (1x1); add the input if it fits.

    The squeeze of squeeze-and-excitation is to a quarter of the layer's input channels, as in EfficientNet.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        expansion: int,
        kernel: int,
        stride: int,
        activation: Activation,
        excited: bool = False,
    ) -> None:
        super().__init__()
        hidden = channels_in * expansion
        widen = [ConvBN(channels_in, hidden, 1, activation=activation)] if expansion > 1 else []
        each = ConvBN(hidden, hidden, kernel, stride=stride, groups=hidden, activation=activation)
        weigh = [SqueezeExcitation(hidden, max(1, channels_in // 4), activation)] if excited else []
        self.layers = nn.Sequential(*widen, each, *weigh, ConvBN(hidden, channels_out, 1))
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, C out, ceil(height / stride), ceil(width / stride))."""
        y = cast(Tensor, self.layers(x))
        return x + y if self.residual else y
