"""Triton kernels for the convolutions of n networks at once; ``triton_convolution`` says what they are for.

Names in capitals are known when a kernel is compiled. Features are addressed by 64 bits: those of hundreds of
networks have more than 2**31 elements. Tiles are as wide as tensor cores ask for; what is not there is
masked, read as zero and not written.
"""

from typing import Any

import triton
import triton.language as tl


def _taps(
    pixel: tl.tensor,  # (p,) output pixels, counted through all images
    depth: tl.tensor,  # (d,) elements of a patch: tap of the kernel times channel
    num_pixels: tl.tensor,
    HEIGHT: tl.constexpr,
    LENGTH: tl.constexpr,
    SUMMED: tl.constexpr,
    KERNEL: tl.constexpr,
    STRIDE: tl.constexpr,
    BACK: tl.constexpr,
) -> Any:
    """Return (p, d) input pixels that the taps read, counted through all images, and whether they do.

    What is convolved is HEIGHT x LENGTH; ``BACK`` reads what came out of that and gives its gradient.
    """
    high: tl.constexpr = (HEIGHT + STRIDE - 1) // STRIDE  # the image that comes out of the convolution
    long: tl.constexpr = (LENGTH + STRIDE - 1) // STRIDE
    in_height: tl.constexpr = high if BACK else HEIGHT
    in_length: tl.constexpr = long if BACK else LENGTH
    out_height: tl.constexpr = HEIGHT if BACK else high
    out_length: tl.constexpr = LENGTH if BACK else long
    row = (pixel // out_length % out_height)[:, None]
    column = (pixel % out_length)[:, None]
    dy = (depth // SUMMED // KERNEL)[None, :] - KERNEL // 2
    dx = (depth // SUMMED % KERNEL)[None, :] - KERNEL // 2
    if BACK:  # the pixel that took this one times this tap
        y = row - dy
        x = column - dx
        there = (y >= 0) & (x >= 0) & (y % STRIDE == 0) & (x % STRIDE == 0)
        y = y // STRIDE
        x = x // STRIDE
    else:
        y = row * STRIDE + dy
        x = column * STRIDE + dx
        there = (y >= 0) & (x >= 0)
    there = there & (y < in_height) & (x < in_length) & (pixel < num_pixels)[:, None]
    there = there & (depth < KERNEL * KERNEL * SUMMED)[None, :]
    image = (pixel // (out_height * out_length))[:, None]
    return (image * in_height + y) * in_length + x, there


_taps = triton.jit(_taps)


def _products(
    x_ptr: tl.tensor,  # (batch, in height, in length, n, SUMMED)
    weight_ptr: tl.tensor,  # (n, KERNEL, KERNEL, C in, C out); BACK sums over C out
    out_ptr: tl.tensor,  # (batch, out height, out length, n, GIVEN)
    num_networks: tl.tensor,
    num_pixels: tl.tensor,  # batch x out height x out length
    HEIGHT: tl.constexpr,
    LENGTH: tl.constexpr,
    SUMMED: tl.constexpr,
    GIVEN: tl.constexpr,
    KERNEL: tl.constexpr,
    STRIDE: tl.constexpr,
    BACK: tl.constexpr,
    PIXELS: tl.constexpr,
    DEPTH: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    """Write sums over taps and c of x[pixel of tap, network, c] weight[network, tap, c, o] for each o."""
    network = (tl.program_id(0) % num_networks).to(tl.int64)
    pixel = tl.program_id(0) // num_networks * PIXELS + tl.arange(0, PIXELS)
    given = tl.arange(0, WIDTH)[None, :]
    weight_ptr += network * (KERNEL * KERNEL * SUMMED * GIVEN)
    total = tl.zeros((PIXELS, WIDTH), dtype=tl.float32)
    for start in range(0, KERNEL * KERNEL * SUMMED, DEPTH):
        depth = start + tl.arange(0, DEPTH)
        read, there = _taps(pixel, depth, num_pixels, HEIGHT, LENGTH, SUMMED, KERNEL, STRIDE, BACK)
        source = read.to(tl.int64) * (num_networks * SUMMED) + network * SUMMED + (depth % SUMMED)[None, :]
        values = tl.load(x_ptr + source, mask=there, other=0.0)
        channel = (depth % SUMMED)[:, None]
        at = channel + given * SUMMED if BACK else channel * GIVEN + given
        at += (depth // SUMMED)[:, None] * (SUMMED * GIVEN)
        known = (depth < KERNEL * KERNEL * SUMMED)[:, None] & (given < GIVEN)
        weights = tl.load(weight_ptr + at, mask=known, other=0.0)
        total = tl.dot(values, weights, total, input_precision="ieee")
    target = pixel.to(tl.int64)[:, None] * (num_networks * GIVEN) + network * GIVEN + given
    inside = (pixel < num_pixels)[:, None] & (given < GIVEN)
    tl.store(out_ptr + target, total.to(out_ptr.dtype.element_ty), mask=inside)


def _weight_gradient(
    x_ptr: tl.tensor,  # (batch, in height, in length, n, SUMMED)
    gradient_ptr: tl.tensor,  # (batch, out height, out length, n, GIVEN)
    partial_ptr: tl.tensor,  # (slices, n, KERNEL, KERNEL, SUMMED, GIVEN) float32
    num_networks: tl.tensor,
    num_pixels: tl.tensor,  # batch x out height x out length
    HEIGHT: tl.constexpr,
    LENGTH: tl.constexpr,
    SUMMED: tl.constexpr,
    GIVEN: tl.constexpr,
    KERNEL: tl.constexpr,
    STRIDE: tl.constexpr,
    SLICE: tl.constexpr,
    CHUNKS: tl.constexpr,
    PIXELS: tl.constexpr,
    DEPTH: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    """Write sums over a slice's pixels of x[pixel of tap, network, c] gradient[pixel, network, o]."""
    network = (tl.program_id(0) % num_networks).to(tl.int64)
    part = tl.program_id(0) // num_networks // CHUNKS
    depth = tl.program_id(0) // num_networks % CHUNKS * DEPTH + tl.arange(0, DEPTH)
    given = tl.arange(0, WIDTH)[None, :]
    total = tl.zeros((DEPTH, WIDTH), dtype=tl.float32)
    for start in range(0, SLICE, PIXELS):
        pixel = part * SLICE + start + tl.arange(0, PIXELS)
        read, there = _taps(pixel, depth, num_pixels, HEIGHT, LENGTH, SUMMED, KERNEL, STRIDE, False)
        source = read.to(tl.int64) * (num_networks * SUMMED) + network * SUMMED + (depth % SUMMED)[None, :]
        values = tl.load(x_ptr + source, mask=there, other=0.0)
        at = pixel.to(tl.int64)[:, None] * (num_networks * GIVEN) + network * GIVEN + given
        inside = (pixel < num_pixels)[:, None] & (given < GIVEN)
        upstream = tl.load(gradient_ptr + at, mask=inside, other=0.0)
        total = tl.dot(tl.trans(values), upstream, total, input_precision="ieee")
    first = (part.to(tl.int64) * num_networks + network) * (KERNEL * KERNEL * SUMMED * GIVEN)
    known = (depth < KERNEL * KERNEL * SUMMED)[:, None] & (given < GIVEN)
    tl.store(partial_ptr + first + depth[:, None] * GIVEN + given, total, mask=known)


PRODUCTS: Any = triton.jit(_products)
WEIGHT_GRADIENT: Any = triton.jit(_weight_gradient)
