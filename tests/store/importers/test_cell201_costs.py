import pytest

from surronas.spaces import Cell201
from surronas.store.importers.cell201_costs import TASKS, cell201_macs, cell201_params

CELL_11 = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
CELL_284 = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|"
OFFICIAL = [  # cell, task, millions of parameters and of "FLOPs" in NATS-Bench's records
    (CELL_11, "cifar10-valid", 0.802426, 113.95137),
    (CELL_11, "cifar10", 0.802426, 113.95137),
    (CELL_11, "cifar100", 0.808276, 113.95722),
    (CELL_11, "ImageNet16-120", 0.809576, 28.49548),
    (CELL_284, "cifar10", 0.101306, 11.71521),
    (CELL_284, "cifar100", 0.107156, 11.72106),
    (CELL_284, "ImageNet16-120", 0.108456, 2.93644),
]


@pytest.mark.parametrize(("cell", "task", "params", "macs"), OFFICIAL)
def test_costs_are_the_official_ones(cell: str, task: str, params: float, macs: float) -> None:
    cells = Cell201().from_strings(cell)
    assert cell201_params(cells, task).tolist() == [round(params * 1e6)]
    assert cell201_macs(cells, task).tolist() == [round(macs * 1e6)]


def test_all_cells_have_whole_numbers() -> None:
    cells = Cell201().enumerate()
    for task in TASKS:
        for costs in (cell201_params(cells, task), cell201_macs(cells, task)):
            assert costs.shape == (15_625,)
            assert (costs % 1 == 0).all()
            assert costs.min() > 0
