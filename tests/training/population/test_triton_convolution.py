"""Triton's convolutions against torch's: numbers by Triton's interpreter, compiled for a GPU without one.

The interpreter is chosen when a kernel is made, for a whole process, so that this file is also a program:
it prints how far outputs and gradients are from torch's, relative to the largest value, case by case.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import Tensor

from surronas.training.population.convolutions import GPU_WAYS, WAYS, agrees, time_ways, ways
from surronas.training.population.layers import Convolution, grouped

needs_triton = pytest.mark.skipif(
    find_spec("triton") is None, reason="Triton is not installed: pip install triton"
)

CASES = {  # networks, channels in and out, kernel, stride, batch, height, width
    "few channels": (3, 4, 4, 3, 1, 2, 5, 7),
    "two blocks of pixels": (2, 8, 8, 3, 1, 3, 5, 7),
    "odd channels": (2, 5, 6, 3, 1, 2, 4, 3),
    "a stem": (2, 3, 16, 3, 1, 1, 6, 6),
    "a tile of channels": (1, 16, 16, 3, 1, 1, 4, 4),
    "more than a tile": (1, 33, 40, 3, 1, 1, 3, 5),
    "one tap": (3, 8, 8, 1, 1, 2, 5, 7),
    "several slices": (2, 2, 3, 1, 1, 5, 8, 8),
    "one tap, stride": (2, 8, 16, 1, 2, 2, 5, 4),
    "stride": (2, 8, 16, 3, 2, 2, 6, 6),
    "stride, odd image": (2, 4, 8, 3, 2, 2, 5, 7),
    "one of everything": (1, 1, 1, 3, 1, 1, 1, 1),
}
EXACT = 1e-5


def errors(way: Convolution, case: tuple[int, ...], dtype: torch.dtype, device: str) -> list[float]:
    """How far the output and the gradients of features and weights are from torch's in float64."""
    n, channels_in, channels_out, kernel, stride, batch, height, width = case
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, n * channels_in, height, width, generator=generator).to(dtype)
    weight = torch.randn(n, channels_out, channels_in, kernel, kernel, generator=generator).to(dtype)
    expected = passes(grouped, x.double(), weight.double(), stride)
    found = passes(way, x.to(device), weight.float().to(device), stride)
    assert [t.dtype for t in found] == [dtype, dtype, torch.float32]
    assert [t.shape for t in found] == [t.shape for t in expected]
    assert found[0].is_contiguous(memory_format=torch.channels_last)
    pairs = zip(found, expected, strict=True)
    return [float((a.cpu().double() - b).abs().max() / b.abs().max()) for a, b in pairs]


def passes(way: Convolution, x: Tensor, weight: Tensor, stride: int) -> list[Tensor]:
    x, weight = x.requires_grad_(), weight.requires_grad_()
    out = way(x, weight, stride)
    upstream = torch.randn(out.shape, generator=torch.Generator().manual_seed(1)).to(x.dtype)
    return [out.detach(), *torch.autograd.grad(out, (x, weight), upstream.to(out))]


def interpret() -> dict[str, object]:
    from surronas.training.population import triton_convolution

    def way(x: Tensor, weight: Tensor, stride: int) -> Tensor:
        small = triton_convolution.TILINGS["small"]
        return triton_convolution.convolution(x, weight, stride, small)

    found: dict[str, object] = {name: errors(way, case, torch.float32, "cpu") for name, case in CASES.items()}
    found["half"] = errors(way, CASES["few channels"], torch.float16, "cpu")
    x, weight = torch.randn(2, 9, 4, 4), torch.randn(3, 3, 3, 3, 3)
    x[:, 3:6] = float("nan")
    out, of_x, of_weight = passes(way, x, weight, 1)
    found["finite"] = [
        [bool(t.isfinite().all()) for t in parts]
        for parts in (out.split(3, 1), of_x.split(3, 1), of_weight.split(1))
    ]
    wide = torch.randn(1, 80, 2, 2), torch.randn(1, 80, 80, 3, 3)
    found["too wide"] = bool((way(*wide, 1) == grouped(*wide)).all())
    return found


@pytest.fixture(scope="module")
def interpreted() -> dict[str, list[float]]:
    environment = os.environ | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, list[float]] = json.loads(run.stdout)
    return found


@needs_triton
@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients_are_those_of_torch(case: str, interpreted: dict[str, list[float]]) -> None:
    assert max(interpreted[case]) < EXACT


@needs_triton
def test_half_precision_is_summed_in_float32(interpreted: dict[str, list[float]]) -> None:
    assert max(interpreted["half"]) < 2e-3  # the last digit of a half


@needs_triton
def test_a_network_that_is_not_a_number_leaves_the_others_alone(interpreted: dict[str, list[object]]) -> None:
    # The gradient of features needs weights and what comes from behind, which are finite here.
    assert interpreted["finite"] == [[True, False, True], [True, True, True], [True, False, True]]


@needs_triton
def test_more_channels_than_the_kernels_take_are_left_to_torch(interpreted: dict[str, object]) -> None:
    assert interpreted["too wide"] is True


@needs_triton
@pytest.mark.parametrize("dtype", ["bf16", "fp32"])
def test_the_kernels_compile_for_a_gpu(dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from triton import compiler
    from triton.backends.compiler import GPUTarget

    from surronas.training.population import triton_kernels

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    shape = {"HEIGHT": 16, "LENGTH": 15, "SUMMED": 16, "GIVEN": 32}
    shape |= {"KERNEL": 3, "STRIDE": 2, "PIXELS": 64, "WIDTH": 32}
    for kernel, more in (
        (triton_kernels.PRODUCTS, {"BACK": False, "DEPTH": 16}),
        (triton_kernels.PRODUCTS, {"BACK": True, "DEPTH": 16}),
        (triton_kernels.WEIGHT_GRADIENT, {"SLICE": 4096, "CHUNKS": 3, "DEPTH": 64}),
    ):
        constants = shape | more
        types = {name: "constexpr" if name in constants else "i32" for name in kernel.arg_names}
        types |= {name: f"*{dtype}" for name in types if name.endswith("_ptr")}
        source = compiler.ASTSource(fn=kernel, signature=types, constexprs=constants)
        compiled = compiler.compile(source, target=GPUTarget("cuda", 90, 32))
        assert compiled.asm["cubin"]


def test_a_cpu_has_no_ways_by_triton() -> None:
    assert ways(torch.device("cpu")) == WAYS
    assert not set(WAYS) & set(GPU_WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_of_a_cpu_agree_in_all_layers(way: str) -> None:
    assert agrees(WAYS[way], 4, torch.device("cpu"), torch.float32)


def test_a_way_with_a_wrong_gradient_does_not_agree() -> None:
    def wrong(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
        return grouped(x, weight.detach() * 2 - weight, stride)

    assert not agrees(wrong, 4, torch.device("cpu"), torch.float32)


def test_a_way_that_fails_in_whatever_manner_or_gives_other_numbers_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
        raise TypeError("as compilers do")

    def doubled(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
        return 2 * grouped(x, weight, stride)

    monkeypatch.setitem(WAYS, "failing", failing)
    monkeypatch.setitem(WAYS, "doubled", doubled)
    size = {"num_networks": 3, "batch_size": 4, "channels": 4, "image": (6, 6), "mixed_precision": False}
    measured = time_ways(torch.device("cpu"), **size, repeats=1)
    assert set(measured) == {"grouped", "products", "shifted"}


@pytest.mark.gpu
@pytest.mark.parametrize("way", GPU_WAYS)
@pytest.mark.parametrize("case", CASES)
def test_a_gpu_gives_what_torch_gives(case: str, way: str) -> None:
    assert max(errors(GPU_WAYS[way], CASES[case], torch.bfloat16, "cuda")) < 0.01
    assert max(errors(GPU_WAYS[way], CASES[case], torch.float32, "cuda")) < EXACT


@pytest.mark.gpu
def test_a_recorded_graph_gives_the_same_digits() -> None:
    x = torch.randn(64, 40 * 8, 8, 8, device="cuda").requires_grad_()
    weight = torch.randn(40, 8, 8, 3, 3, device="cuda").requires_grad_()
    upstream = torch.randn(64, 40 * 8, 8, 8, device="cuda").bfloat16()

    def step() -> list[Tensor]:
        with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
            out = GPU_WAYS["triton"](x, weight, 1)
        return [out.detach(), *torch.autograd.grad(out, (x, weight), upstream)]

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        expected = step()
    torch.cuda.current_stream().wait_stream(stream)
    assert [t.dtype for t in expected] == [torch.bfloat16, torch.float32, torch.float32]
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = step()
    graph.replay()
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.gpu
def test_a_gpu_measures_all_its_ways() -> None:
    device = torch.device("cuda")
    measured = time_ways(
        device, num_networks=40, batch_size=64, channels=8, image=(8, 8), mixed_precision=True
    )
    assert set(GPU_WAYS) <= set(measured)


if __name__ == "__main__":
    print(json.dumps(interpret()))
