"""Parameters and multiply-adds of NAS-Bench-201's networks, exact: the counts of operations decide.

A 1x1 or 3x3 convolution stands in each of 15 cells, 5 of 16 channels at 32x32, 5 of 32 at 16x16 and 5 of 64
at 8x8 (at 16x16, 8x8 and 4x4 on ImageNet16-120). All else is one constant for each number of classes.
"""

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures
from surronas.spaces.cell201 import OPERATIONS

_BASE_PARAMS = {"cifar10-valid": 73_306, "cifar10": 73_306, "cifar100": 79_156, "ImageNet16-120": 80_456}
_BASE_MACS = {
    "cifar10-valid": 7_783_050,
    "cifar10": 7_783_050,
    "cifar100": 7_788_900,
    "ImageNet16-120": 1_953_400,
}
_PARAMS = {"nor_conv_1x1": 28_000, "nor_conv_3x3": 243_040}
_MACS = {"nor_conv_1x1": 3_932_160, "nor_conv_3x3": 35_389_440}  # at 32x32; a quarter of it at 16x16
TASKS = tuple(_BASE_PARAMS)


def cell201_params(cells: Architectures, task: str) -> NDArray[np.float64]:
    """Return the (n,) trainable parameters of the networks for a task."""
    return _BASE_PARAMS[task] + _weighted(cells, _PARAMS)


def cell201_macs(cells: Architectures, task: str) -> NDArray[np.float64]:
    """Return the (n,) multiply-adds of the networks for one image of a task."""
    quarter = 4 if task == "ImageNet16-120" else 1
    return _BASE_MACS[task] + _weighted(cells, _MACS) / quarter


def _weighted(cells: Architectures, weights: dict[str, int]) -> NDArray[np.float64]:
    """Return (n,) sums over the 6 edges of the operations' weights; dead edges count, as in the benchmark."""
    by_operation = np.array([weights.get(name, 0) for name in OPERATIONS], dtype=np.float64)
    total: NDArray[np.float64] = by_operation[cells].sum(axis=1)
    return total
