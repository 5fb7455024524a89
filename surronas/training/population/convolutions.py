"""Ways to compute the convolutions of n networks at once, and the choice among them by measurement."""

import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor
from torch.nn import functional

from surronas.training.population.layers import Convolution, grouped

_REPEATS = 5
_CLOSE = 0.02  # relative to the largest value, in bfloat16; float32 is held to a hundredth of it


def products(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """Return the convolutions as one batch of matrix products over unfolded patches (im2col)."""
    n, channels_out, channels_in, kernel, _ = weight.shape
    batch, _, height, width = x.shape
    high, wide = (-(-size // stride) for size in (height, width))
    if kernel == 1 and stride == 1:
        patches = x.reshape(batch, n, channels_in, high * wide)
    else:
        columns = functional.unfold(x, kernel, padding=kernel // 2, stride=stride)
        patches = columns.view(batch, n, channels_in * kernel * kernel, high * wide)
    out = weight.to(x.dtype).reshape(n, channels_out, -1) @ patches  # (batch, n, C out, pixels)
    return out.reshape(batch, n * channels_out, high, wide)


def shifted(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """Return the convolutions as a sum over the kernel's taps, each a batch of matrix products."""
    n, channels_out, channels_in, kernel, _ = weight.shape
    batch, _, height, width = x.shape
    high, wide = (-(-size // stride) for size in (height, width))
    padded = functional.pad(x, [kernel // 2] * 4).view(batch, n, channels_in, *_padded(height, width, kernel))
    total: Tensor | None = None
    for row in range(kernel):
        for column in range(kernel):
            taken = padded[..., row : row + height : stride, column : column + width : stride]
            part = torch.einsum("bncyx,noc->bnoyx", taken, weight[..., row, column].to(x.dtype))
            total = part if total is None else total + part
    assert total is not None
    return total.reshape(batch, n * channels_out, high, wide)


def _padded(height: int, width: int, kernel: int) -> tuple[int, int]:
    return height + 2 * (kernel // 2), width + 2 * (kernel // 2)


def _triton(tiling: str) -> Convolution:
    """Return a way by Triton's kernels, which are imported when it is first used."""

    def way(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
        from surronas.training.population import triton_convolution

        return triton_convolution.convolution(x, weight, stride, triton_convolution.TILINGS[tiling])

    return way


WAYS: dict[str, Convolution] = {"grouped": grouped, "products": products, "shifted": shifted}
GPU_WAYS: dict[str, Convolution] = {  # where Triton is installed, as it is with torch's builds for CUDA
    "triton": _triton("middle"),
    "triton_small": _triton("small"),
    "triton_large": _triton("large"),
}


def ways(device: torch.device) -> dict[str, Convolution]:
    """Return the ways that a device has."""
    return WAYS | GPU_WAYS if device.type == "cuda" and find_spec("triton") else WAYS


def fastest_way(
    device: torch.device,
    *,
    num_networks: int,
    batch_size: int,
    channels: int,
    image: tuple[int, int],
    mixed_precision: bool,
) -> Convolution:
    """Return the way that takes least time, forward and backward, for a cell's 3x3 convolutions.

    A way that fails, or that gives other numbers than torch's grouped convolution, is left out.
    """
    timings = time_ways(
        device,
        num_networks=num_networks,
        batch_size=batch_size,
        channels=channels,
        image=image,
        mixed_precision=mixed_precision,
    )
    return ways(device)[min(timings, key=lambda name: timings[name])]


def time_ways(
    device: torch.device,
    *,
    num_networks: int,
    batch_size: int,
    channels: int,
    image: tuple[int, int],
    mixed_precision: bool,
    repeats: int = _REPEATS,
) -> dict[str, float]:
    """Return the median seconds of one 3x3 convolution of n networks, forward and backward, by way."""
    generator = torch.Generator().manual_seed(0)
    dtype = torch.bfloat16 if mixed_precision else torch.float32
    order = torch.channels_last if device.type == "cuda" else torch.contiguous_format
    x = torch.randn(batch_size, num_networks * channels, *image, generator=generator)
    x = x.to(device, dtype).contiguous(memory_format=order).requires_grad_()
    weight = torch.randn(num_networks, channels, channels, 3, 3, generator=generator) / (3 * channels**0.5)
    weight = weight.to(device, dtype).requires_grad_()
    expected: Tensor | None = None
    found = {}
    for name, way in ways(device).items():
        try:
            values = way(x, weight, 1).detach()
            if expected is None:
                expected = values
            elif not (_equal(values, expected, mixed_precision) and agrees(way, channels, device, dtype)):
                continue
            found[name] = _median_seconds(lambda way=way: _both_passes(way, x, weight), device, repeats)  # type: ignore[misc]
        except Exception:  # of any kind: a kernel is compiled here
            if expected is None:
                raise
    return found


def agrees(way: Convolution, channels: int, device: torch.device, dtype: torch.dtype) -> bool:
    """Return whether a way gives torch's outputs and gradients, for all layers of a network, in small."""
    generator = torch.Generator().manual_seed(1)
    layers = [
        (width, width, kernel, 1) for width in (channels, 2 * channels, 4 * channels) for kernel in (1, 3)
    ]
    layers += [
        (width, 2 * width, kernel, stride)
        for width in (channels, 2 * channels)
        for kernel, stride in ((1, 1), (3, 2))
    ]
    for channels_in, channels_out, kernel, stride in layers:
        x = torch.randn(30, 5 * channels_in, 7, 6, generator=generator).to(device, dtype).requires_grad_()
        weight = torch.randn(5, channels_out, channels_in, kernel, kernel, generator=generator)
        weight = weight.to(device, dtype).requires_grad_()
        expected = grouped(x, weight, stride)
        upstream = torch.randn(expected.shape, generator=generator).to(device, dtype)
        theirs = (expected, *torch.autograd.grad(expected, (x, weight), upstream))
        values = way(x, weight, stride)
        ours = (values, *torch.autograd.grad(values, (x, weight), upstream))
        pairs = zip(ours, theirs, strict=True)
        if not all(_equal(a.detach(), b.detach(), dtype == torch.bfloat16) for a, b in pairs):
            return False
    return True


def _equal(values: Tensor, expected: Tensor, mixed_precision: bool) -> bool:
    """Return whether two ways agree."""
    largest = float((values.float() - expected.float()).abs().max() / expected.float().abs().max())
    return largest < (_CLOSE if mixed_precision else _CLOSE / 100)


def _both_passes(way: Convolution, x: Tensor, weight: Tensor) -> None:
    out = way(x, weight, 1)
    torch.autograd.grad(out, (x, weight), torch.ones_like(out))


def _median_seconds(run: Callable[[], None], device: torch.device, repeats: int) -> float:
    """Return the median time of a run, after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])
