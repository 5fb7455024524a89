import csv
import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from training.tiny import EMPTY, TINY

from surronas.spaces import Cell201
from surronas.training import Job, Split, Task, Trainer
from surronas.training.networks import initialise
from surronas.training.networks.cell201 import Cell, GlobalAveragePool, Reduction
from surronas.training.networks.operations import PointwiseConv

SPACE = Cell201()
CELLS = SPACE.enumerate()
ALL_LIVE = CELLS[SPACE.live(CELLS).all(axis=1)]
NAS_BENCH_201 = replace(TINY, channels=16, num_stages=3, cells_per_stage=5)


def published_setting(num_classes: int) -> Trainer:
    """The network around the cell as in NAS-Bench-201: C = 16, N = 5, 3 stages, 32 x 32 colour images."""
    split = Split(np.zeros((16, 3, 32, 32), dtype=np.float32), np.zeros(16, dtype=np.int64))
    task = Task("blank", "all zeros", num_classes, split, split, split)
    return Trainer(SPACE, task, device="cpu")


def published_job(cell: object, seed: int = 0) -> Job:
    return Job(tuple(np.ravel(cell).tolist()), seed, NAS_BENCH_201)


def num_params(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def num_flops(trainer: Trainer, cell: np.ndarray) -> int:
    """The FLOPs that a training would report, without the training."""
    return trainer.counts(published_job(cell))[1]


def conv(channels_in: int, channels_out: int, kernel: int, size: int) -> int:
    """Multiply-adds of a convolution that gives size x size pixels."""
    return channels_in * channels_out * kernel**2 * size**2


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(("num_classes", "rest"), [(10, 73_306), (100, 79_156)])
def test_parameters_are_those_of_nas_bench_201(num_classes: int, rest: int) -> None:
    # 0.24304 n3x3 + 0.028 n1x1 + rest, in millions, fits the counts that the benchmark published
    trainer = published_setting(num_classes)
    for cell in ALL_LIVE[:: len(ALL_LIVE) // 12]:
        expected = 243_040 * (cell == 3).sum() + 28_000 * (cell == 2).sum() + rest
        assert num_params(trainer.network(published_job(cell))) == expected


def test_dead_edges_are_not_built() -> None:
    trainer = published_setting(10)
    assert num_params(trainer.network(published_job([3, 3, 3, 0, 0, 0]))) == 73_306
    assert num_params(trainer.network(published_job([3, 3, 3, 1, 2, 0]))) == 73_306 + 243_040 + 28_000


def test_flops_are_twice_the_multiply_adds_counted_by_hand() -> None:
    trainer = published_setting(10)
    around = conv(3, 16, 3, 32) + 64 * 10  # the stem and the linear layer
    for c, size in ((16, 16), (32, 8)):  # the two reductions
        around += conv(c, 2 * c, 3, size) + conv(2 * c, 2 * c, 3, size) + conv(c, 2 * c, 1, size)
    stages = ((16, 32), (32, 16), (64, 8))
    per_edge = {k: 5 * sum(conv(c, c, k, size) for c, size in stages) for k in (1, 3)}
    for cell in ALL_LIVE[:: len(ALL_LIVE) // 5]:
        cells = per_edge[3] * (cell == 3).sum() + per_edge[1] * (cell == 2).sum()
        assert num_flops(trainer, cell) == 2 * (around + cells)


@pytest.mark.parametrize(("task", "num_classes"), [("cifar10", 10), ("cifar100", 100)])
def test_flops_agree_with_the_published_table(shared: Path, task: str, num_classes: int) -> None:
    # the benchmark counts a multiply-add as one FLOP and adds the additions of the linear layer's bias
    path = shared / "benchmarks" / "nasbench201" / "derived" / "nb201_table.csv.gz"
    if not path.is_file():
        pytest.skip(f"no NAS-Bench-201 table at {path}")
    with gzip.open(path, "rt") as table:
        rows = list(csv.DictReader(table))
    trainer, live = published_setting(num_classes), 0
    for row in rows[::600]:
        cell = SPACE.from_strings(row["arch_str"])
        if SPACE.live(cell).all():
            published = round(float(row[f"{task}_flops_M_official"]) * 1e6)
            assert num_flops(trainer, cell) == 2 * (published - num_classes), row["arch_str"]
            live += 1
    assert live >= 5


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**31))
def test_a_pointwise_convolution_is_a_convolution(
    channels_in: int, channels_out: int, size: int, seed: int
) -> None:
    x = torch.randn(3, channels_in, size, size + 1, generator=torch.Generator().manual_seed(seed))
    ours, theirs = (
        PointwiseConv(channels_in, channels_out),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
    )
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


def one_edge(operation: int, channels: int) -> Cell:
    """The cell that does one operation to its input."""
    return Cell(SPACE.graph([0, 0, 0, operation, 0, 0]), channels)


def test_pooling_averages_over_pixels_that_are_there() -> None:
    pooled = one_edge(4, 1)(torch.ones(1, 1, 4, 4))
    torch.testing.assert_close(pooled, torch.ones(1, 1, 4, 4))  # with padded zeros a corner would give 4/9


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_convolution_comes_after_a_relu_and_before_a_batch_norm(kernel: int) -> None:
    cell, x = one_edge({1: 2, 3: 3}[kernel], 5), torch.randn(4, 5, 6, 6)
    weight = next(cell.parameters())
    convolved = nn.functional.conv2d(x.relu(), weight, padding=kernel // 2)
    expected = nn.functional.batch_norm(convolved, None, None, training=True)
    torch.testing.assert_close(cell(x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("operation", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_operations_keep_the_shape(operation: int, size: int) -> None:
    assert one_edge(operation, 6)(torch.rand(2, 6, size, size)).shape == (2, 6, size, size)


def test_a_reduction_halves_the_image_and_doubles_the_channels() -> None:
    for size, half in ((8, 4), (7, 4), (2, 1)):
        assert Reduction(3)(torch.rand(2, 3, size, size)).shape == (2, 6, half, half)


def test_a_cell_sums_what_its_edges_give() -> None:
    x = torch.rand(2, 3, 4, 4)
    # 1<-0 skip, 2<-0 skip, 2<-1 skip, 3<-0 skip, 3<-1 none, 3<-2 skip: x + (x + x)
    torch.testing.assert_close(Cell(SPACE.graph([1, 1, 1, 1, 0, 1]), 3)(x), 3 * x)
    assert not Cell(SPACE.graph(EMPTY), 3)(x).any()


def test_the_order_of_edges_does_not_change_a_network(generator: torch.Generator) -> None:
    graph = SPACE.graph([3, 2, 3, 4, 2, 3])
    shuffled = replace(graph, edges=graph.edges[::-1])
    x = torch.rand(4, 3, 5, 5)
    outputs = []
    for one in (graph, shuffled):
        cell = Cell(one, 3)
        initialise(cell, generator.manual_seed(1))
        outputs.append(cell(x))
    assert torch.equal(*outputs)


def test_the_head_averages_over_pixels() -> None:
    x = torch.rand(2, 3, 4, 5)
    torch.testing.assert_close(GlobalAveragePool()(x), nn.AdaptiveAvgPool2d(1)(x).flatten(1))


def test_weights_follow_from_the_generator_alone(generator: torch.Generator) -> None:
    trainer, job = published_setting(10), published_job([3, 2, 3, 4, 2, 3])
    weights = []
    for seed in (1, 1, 2):
        network = trainer.initial_network(job, generator.manual_seed(seed))
        weights.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    one, same, other = weights
    assert torch.isfinite(one).all()
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_convolutions_start_with_he_normal_weights(generator: torch.Generator) -> None:
    layer = nn.Conv2d(64, 64, 3)
    initialise(layer, generator)
    assert float(layer.weight.detach().std()) == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
