"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009): 60,000 photographs of 32 x 32 pixels, as three tasks.

No validation split is published. NAS-Bench-201 made one for CIFAR-10; else a tenth of the train images is
held out, and the task's name says so. Pixels are standardised by the constants of NAS-Bench-201's code.
"""

import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.cifar_files import CIFAR10, CIFAR100, Layout, read_cifar
from surronas.training.tasks.downloads import data_folder
from surronas.training.tasks.parts import random_parts

NASBENCH201_SEED = 1021
HOLDOUT_SEED = 0
# D-X-Y/AutoDL-Projects, xautodl/datasets/get_dataset_with_transform.py: mean and deviation of 0 to 255
_PIXELS = {
    "cifar10": ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
    "cifar100": ((129.3, 124.1, 112.4), (68.2, 65.4, 70.4)),
}


def cifar10_valid(folder: Path | str | None = None) -> Task:
    """Return NAS-Bench-201's task ``cifar10-valid``: 25,000 train, 25,000 validation, 10,000 test images.

    The 50,000 official train images are halved as published (configs/nas-benchmark/cifar-split.txt of
    D-X-Y/AutoDL-Projects; exps/NATS-Bench/main-tss.py says how it was drawn, so it is drawn anew here).
    Images are uint8 (3, 32, 32). ``folder`` holds CIFAR-10 in any of the forms of ``read_cifar``; without it
    the official archive (170 MB) is downloaded once.

    Raises:
        InputError: files are missing, damaged or not the official ones.
        FetchError: the archive can't be downloaded.
    """
    images, test, remark = read_cifar(data_folder("cifar10", folder), CIFAR10)
    train, valid = nasbench201_halves(len(images.labels))
    split = f"the official train images, halved as in NAS-Bench-201 (seed {NASBENCH201_SEED})"
    return _task("cifar10-valid", CIFAR10, 10, (images, train, valid, test), split, remark)


def cifar10_holdout(folder: Path | str | None = None) -> Task:
    """Return the task ``cifar10-holdout``: 45,000 train, 5,000 validation, 10,000 test images.

    The validation images are those of the 50,000 that ``numpy.random.default_rng(0).permutation`` begins
    with; else as ``cifar10_valid``.
    """
    return _holdout(CIFAR10, 10, folder)


def cifar100_holdout(folder: Path | str | None = None) -> Task:
    """Return the task ``cifar100-holdout``: as ``cifar10-holdout``, with CIFAR-100's 100 fine classes."""
    return _holdout(CIFAR100, 100, folder)


def nasbench201_halves(num: int = 50_000) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the (num / 2,) train and validation indices of NAS-Bench-201, ascending."""
    order = list(range(num))
    random.Random(NASBENCH201_SEED).shuffle(order)  # as they did, with a generator of its own
    train, valid = sorted(order[: num // 2]), sorted(order[num // 2 :])
    return np.array(train, np.int64), np.array(valid, np.int64)


def _holdout(layout: Layout, num_classes: int, folder: Path | str | None) -> Task:
    images, test, remark = read_cifar(data_folder(layout.name, folder), layout)
    valid, train = random_parts(len(images.labels), [len(images.labels) // 10], HOLDOUT_SEED)
    split = f"the official train images (valid: a tenth, held out by seed {HOLDOUT_SEED})"
    return _task(f"{layout.name}-holdout", layout, num_classes, (images, train, valid, test), split, remark)


def _task(
    name: str,
    layout: Layout,
    num_classes: int,
    parts: tuple[Split, NDArray[np.int64], NDArray[np.int64], Split],
    split: str,
    remark: str,
) -> Task:
    images, train, valid, test = parts
    mean, std = _PIXELS[layout.name]
    return Task(
        name=name,
        description=(
            f"{layout.title}, 32x32: {len(train)} train and {len(valid)} valid of {split}, "
            f"{len(test.labels)} official test images, {num_classes} classes{remark}"
        ),
        num_classes=num_classes,
        train=Split(images.inputs[train], images.labels[train]),
        valid=Split(images.inputs[valid], images.labels[valid]),
        test=test,
        mean=(mean[0] / 255, mean[1] / 255, mean[2] / 255),
        std=(std[0] / 255, std[1] / 255, std[2] / 255),
    )
