"""The convolutions of n networks at once as Triton kernels: an implicit matrix product for each network.

cuDNN's grouped convolutions are made for few groups of many channels or for one channel a group; a
population has hundreds of groups of 8 to 64 channels. Here a program takes one network and a block of
pixels. The depth of its product is (tap of the kernel, channel in), so that few channels fill a tile
together with their neighbours' taps. Programs that run side by side have the same pixels and neighbouring
networks, which lie side by side in memory (channels last), so that whole cache lines are used.

Sums are kept in float32 and have a fixed order (no atomics): the same run gives the same digits. Networks
never meet in a product, so that one that is not a number leaves the others alone.
"""

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from surronas.training.population.layers import grouped
from surronas.training.population.triton_kernels import PRODUCTS, WEIGHT_GRADIENT

MOST_CHANNELS = 64
DTYPES = (torch.bfloat16, torch.float16, torch.float32)
_INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # Triton's interpreter takes tensors of the CPU
_LEAST = 16  # the smallest side of a matrix product on tensor cores
_PIXELS = 64  # that the weights' gradient takes at once
_STAGES = 3  # tiles under way between memory and product


@dataclass(frozen=True)
class Tiling:
    """How many pixels and warps a program has."""

    pixels: int
    warps: int


TILINGS = {"middle": Tiling(128, 4), "small": Tiling(64, 2), "large": Tiling(256, 8)}


def convolution(x: Tensor, weight: Tensor, stride: int = 1, tiling: Tiling = TILINGS["middle"]) -> Tensor:
    """Return the convolutions of n networks, (batch, n C out, ...), channels last in memory.

    What the kernels do not take (other devices, types, kernels, strides, more channels) torch computes.
    """
    if torch.is_autocast_enabled(x.device.type):
        x = x.to(torch.get_autocast_dtype(x.device.type))
    if not _taken(x, weight, stride):
        return grouped(x, weight.to(x.dtype), stride)
    out: Tensor = _Convolution.apply(x, weight, stride, tiling)  # type: ignore[no-untyped-call]
    return out


def _taken(x: Tensor, weight: Tensor, stride: int) -> bool:
    """Return whether the kernels compute this."""
    _, channels_out, channels_in, high, wide = weight.shape
    return (
        (x.is_cuda or _INTERPRETED)
        and x.dtype in DTYPES
        and x.numel() > 0
        and high == wide
        and high in (1, 3)
        and stride in (1, 2)
        and max(channels_in, channels_out) <= MOST_CHANNELS
    )


class _Convolution(torch.autograd.Function):
    """Forward, and the gradients of features and weights."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, tiling: Tiling) -> Tensor:
        n, channels_out, channels_in, kernel, _ = weight.shape
        x = x.contiguous(memory_format=torch.channels_last)
        packed = torch.empty((n, kernel, kernel, channels_in, channels_out), dtype=x.dtype, device=x.device)
        packed.copy_(weight.permute(0, 3, 4, 2, 1))  # cast and reordered in one pass
        ctx.save_for_backward(x, packed)
        ctx.stride, ctx.tiling, ctx.dtype = stride, tiling, weight.dtype
        high, wide = (-(-size // stride) for size in x.shape[2:])
        out = _blank(x, n * channels_out, high, wide)
        _products(x, packed, out, stride, tiling, back=False)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, packed = ctx.saved_tensors
        gradient = gradient.to(x.dtype).contiguous(memory_format=torch.channels_last)
        of_x = of_weight = None
        if ctx.needs_input_grad[0]:
            of_x = _blank(x, *x.shape[1:])
            _products(gradient, packed, of_x, ctx.stride, ctx.tiling, back=True)
        if ctx.needs_input_grad[1]:
            of_packed = _weight_gradient(x, gradient, packed, ctx.stride)
            of_weight = of_packed.permute(0, 4, 3, 1, 2).to(ctx.dtype)
        return of_x, of_weight, None, None


def _blank(like: Tensor, width: int, high: int, wide: int) -> Tensor:
    """Return features without values, channels last."""
    shape = (like.shape[0], width, high, wide)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _products(x: Tensor, packed: Tensor, out: Tensor, stride: int, tiling: Tiling, *, back: bool) -> None:
    """Fill ``out`` with the convolutions of x, or, ``back``, with the gradient of what was convolved."""
    n, kernel, _, channels_in, channels_out = packed.shape
    summed, given = (channels_out, channels_in) if back else (channels_in, channels_out)
    convolved = out if back else x
    num_pixels = out.shape[0] * out.shape[2] * out.shape[3]
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        PRODUCTS[(n * _parts(num_pixels, tiling.pixels),)](
            x,
            packed,
            out,
            n,
            num_pixels,
            HEIGHT=convolved.shape[2],
            LENGTH=convolved.shape[3],
            SUMMED=summed,
            GIVEN=given,
            KERNEL=kernel,
            STRIDE=stride,
            BACK=back,
            PIXELS=tiling.pixels,
            DEPTH=min(32, _side(summed)),
            WIDTH=_side(given),
            num_warps=tiling.warps,
            num_stages=_STAGES,
        )


def _weight_gradient(x: Tensor, gradient: Tensor, packed: Tensor, stride: int) -> Tensor:
    """Return float32 (n, k, k, C in, C out): sums over slices of the pixels, added up."""
    n, kernel, _, channels_in, channels_out = packed.shape
    num_pixels = gradient.shape[0] * gradient.shape[2] * gradient.shape[3]
    depth = min(64, _side(kernel * kernel * channels_in))
    chunks = _parts(kernel * kernel * channels_in, depth)
    size = min(_slice(kernel, max(channels_in, channels_out)), max(_PIXELS, _power(num_pixels)))
    partial = torch.empty(
        (_parts(num_pixels, size), *packed.shape), dtype=torch.float32, device=packed.device
    )
    with torch.cuda.device_of(x):  # type: ignore[no-untyped-call]
        WEIGHT_GRADIENT[(n * chunks * len(partial),)](
            x,
            gradient,
            partial,
            n,
            num_pixels,
            HEIGHT=x.shape[2],
            LENGTH=x.shape[3],
            SUMMED=channels_in,
            GIVEN=channels_out,
            KERNEL=kernel,
            STRIDE=stride,
            SLICE=size,
            CHUNKS=chunks,
            PIXELS=_PIXELS,
            DEPTH=depth,
            WIDTH=_side(channels_out),
            num_warps=4,
            num_stages=_STAGES,
        )
    return partial[0] if len(partial) == 1 else partial.sum(0)


def _side(channels: int) -> int:
    """Return the side of a tile that holds so many channels."""
    return max(_LEAST, _power(channels))


def _slice(kernel: int, channels: int) -> int:
    """Return the pixels of a slice: so many that its sums are about a fourteenth of the features read.

    The number of networks does not count, so that a network's digits do not depend on its company.
    """
    return max(_PIXELS, _power(28 * kernel * kernel * channels))


def _parts(number: int, size: int) -> int:
    """Return how many parts of a size there are, the last one perhaps not full."""
    return -(-number // size)


def _power(number: int) -> int:
    """Return the least power of two that is not below a number."""
    return 1 << (number - 1).bit_length()
