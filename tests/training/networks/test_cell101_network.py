import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from contracts.network_contract import IMAGES, SMALL, NetworkContract
from torch import nn
from training.tiny import TINY, tiny_task

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace
from surronas.spaces.cell101 import Cell101
from surronas.store.importers.restricted import load_pickle
from surronas.training.counting import count_flops, count_params
from surronas.training.job import Job
from surronas.training.networks import initialise
from surronas.training.networks.cell101 import Cell, build, vertex_channels
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature
from surronas.training.trainer import Trainer

SPACE = Cell101()
CIFAR10 = Signature((3, 32, 32), 10)
PUBLISHED = replace(SMALL, channels=128, num_stages=3, cells_per_stage=3)
INCEPTION_LIKE = (  # of google-research/nasbench, NASBench.ipynb
    "0111010000000100000010000100000000100000010000000 "
    "input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output"
)
DIRECT = "0100 input,output"


def network_of(row: Architectures, recipe: Recipe = PUBLISHED) -> nn.Module:
    with torch.device("meta"):
        return build(SPACE, tuple(row.tolist()), CIFAR10, recipe)


def num_params(text: str) -> int:
    return count_params(network_of(SPACE.from_strings(text)[0]))


def drawn_cell(text: str, channels_in: int, channels_out: int) -> Cell:
    cell = Cell(SPACE.graph(SPACE.from_strings(text)), channels_in, channels_out)
    initialise(cell, torch.Generator().manual_seed(0))
    return cell.eval()


class TestCell101Networks(NetworkContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE

    @pytest.fixture
    def signature(self) -> Signature:
        return IMAGES

    @pytest.fixture
    def even_recipe(self, recipe: Recipe) -> Recipe:
        return replace(recipe, channels=60)  # divides among 1 to 5 vertices


@pytest.mark.parametrize(
    ("text", "published"),
    [
        (INCEPTION_LIKE, 2_694_282),  # the notebook's trainable_parameters
        # two cells of NASLib's repository history, nb101_dummy.30cells.pkl and nb101_dummy.small.pkl
        (
            "0101000001110000010000000001000001000000010000000 "
            "input,conv3x3-bn-relu,conv1x1-bn-relu,conv1x1-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output",
            6_315_018,
        ),
        (
            "010010001010000101000011000001000000 "
            "input,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv1x1-bn-relu,output",
            3_824_576,
        ),
        # EC-NAS-Bench, energy_4V9E.tfrecord
        ("0110001100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output", 3_468_426),
    ],
)
def test_parameters_are_the_published_ones(text: str, published: int) -> None:
    assert num_params(text) == published


def test_a_direct_cell_has_the_parameters_counted_by_hand() -> None:
    stages = [(128, 128), *[(128, 128)] * 2, (128, 256), *[(256, 256)] * 2, (256, 512), *[(512, 512)] * 2]
    projections = sum(c * d + 2 * d for c, d in stages)
    assert num_params(DIRECT) == 27 * 128 + 2 * 128 + projections + 512 * 10 + 10


@pytest.mark.parametrize("step", [20, pytest.param(1, marks=pytest.mark.slow)])
def test_parameters_of_small_cells_are_those_of_ec_nas_bench(shared: Path, step: int) -> None:
    path = shared / "benchmarks" / "ec-nas-bench" / "derived_ecnas_records.csv.gz"
    if not path.is_file():
        pytest.skip(f"no EC-NAS-Bench records at {path}")
    with gzip.open(path, "rt") as table:
        published = {
            f"{row['adjacency_rowmajor']} {row['ops']}": int(row["params"]) for row in csv.DictReader(table)
        }
    cells = SPACE.from_strings(list(published))
    assert len(cells) == 2_532
    for row, expected in list(zip(cells, published.values(), strict=True))[::step]:
        assert count_params(network_of(row)) == expected


def test_parameters_of_large_cells_are_those_of_naslibs_copies(shared: Path) -> None:
    folder = shared / "benchmarks" / "nasbench101" / "naslib-history"
    for name in ("30cells", "small"):
        path = folder / f"nb101_dummy.{name}.pkl"
        if not path.is_file():
            pytest.skip(f"no cells of NAS-Bench-101 at {path}")
        with path.open("rb") as file:
            content = load_pickle(file)
        for fixed, _ in content.values():
            bits = "".join(str(int(bit)) for row in fixed["module_adjacency"] for bit in row)
            text = f"{bits} {','.join(fixed['module_operations'])}"
            assert num_params(text) == fixed["trainable_parameters"]


def test_channels_that_do_not_divide_go_to_the_first_vertices() -> None:
    graph = SPACE.graph(
        SPACE.from_strings(
            "0111000001000010000100000 input,conv3x3-bn-relu,conv1x1-bn-relu,maxpool3x3,output"
        )
    )
    assert list(vertex_channels(graph, 128).values()) == [43, 43, 42]


def test_a_narrower_vertex_takes_the_first_channels_of_a_wider_one() -> None:
    # 0 -> 1 -> 2, and 1 and 2 -> output: of 5 channels vertex 1 has 3, vertex 2 the first 2 of these
    cell = drawn_cell("0100001100010000 input,conv1x1-bn-relu,maxpool3x3,output", 4, 5)
    assert cell.widths == {1: 3, 2: 2}
    x = torch.rand(2, 4, 6, 6)
    wide = cell.operations[0](cell.projection(x))
    expected = torch.cat([wide, nn.functional.max_pool2d(wide[:, :2], 3, stride=1, padding=1)], dim=1)
    torch.testing.assert_close(cell(x), expected)


def test_projections_are_those_of_separate_convolutions() -> None:
    # input -> 1, input -> output, 1 -> output: the output is vertex 1 plus a projection
    cell = drawn_cell("011001000 input,conv3x3-bn-relu,output", 3, 4)
    x = torch.rand(2, 3, 5, 5)
    convolution, norm = cell.projection[0]
    parts = []
    for kept in (slice(0, 4), slice(4, 8)):
        y = nn.functional.conv2d(x, convolution.weight[kept])
        y = nn.functional.batch_norm(
            y, norm.running_mean[kept], norm.running_var[kept], norm.weight[kept], norm.bias[kept]
        )
        parts.append(y.relu())
    torch.testing.assert_close(cell(x), cell.operations[0](parts[0]) + parts[1], rtol=1e-5, atol=1e-5)


def test_stages_halve_the_image_down_to_one_pixel() -> None:
    recipe = replace(SMALL, num_stages=5)
    with torch.device("meta"):
        network = build(SPACE, tuple(SPACE.from_strings(DIRECT)[0].tolist()), IMAGES, recipe)
        assert network(torch.zeros(2, 3, 5, 7)).shape == (2, 5)


def test_flops_are_naslibs_less_its_element_wise_operations(shared: Path) -> None:
    # NASLib counts a multiply-add once, and element-wise operations besides
    path = shared / "benchmarks" / "nasbench101" / "naslib-history" / "zc_nasbench101.json"
    if not path.is_file():
        pytest.skip(f"no zero-cost proxies of NAS-Bench-101 at {path}")
    table = json.loads(path.read_bytes())["nasbench101"]["cifar10"]
    names = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")
    for key in list(table)[::100]:
        numbers = [int(number) for number in key.strip("()").split(",")]
        ops = [names[number] for number in numbers[49:]]
        last = ops.index("output") + 1
        bits = "".join(str(bit) for i in range(last) for bit in numbers[7 * i : 7 * i + last])
        row = SPACE.from_strings(f"{bits} {','.join(ops[:last])}")[0]
        macs = count_flops(network_of(row), CIFAR10) / 2
        assert 0.95 < macs / (table[key]["flops"] * 1e6) <= 1


def test_a_combination_without_a_path_is_refused() -> None:
    with pytest.raises(InputError, match="cell101"):
        network_of(np.zeros(26, np.int8))


def test_a_training_learns_its_digits() -> None:
    recipe = replace(TINY, channels=8, num_stages=2, cells_per_stage=1, epochs=6)
    result = Trainer(SPACE, tiny_task(), device="cpu").train(
        Job(tuple(SPACE.from_strings(INCEPTION_LIKE)[0].tolist()), 0, recipe)
    )
    assert result.status == "ok"
    assert result.curves["train_loss"][-1] < 0.8 * result.curves["train_loss"][0]
    assert result.params > 0
