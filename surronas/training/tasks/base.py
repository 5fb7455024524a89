"""A task: images, labels and a fixed split into train, validation and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """Images (n, channels, height, width) float32, standardised, and labels (n,) int64."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """A data set for image classification. Another split or preprocessing is another task name.

    Raises:
        InputError: shapes that disagree, images that are not float32, labels that are not int64 or lie
            outside 0 to ``num_classes - 1``.
    """

    name: str
    description: str
    num_classes: int
    train: Split
    valid: Split
    test: Split

    def __post_init__(self) -> None:
        for name in SPLITS:
            split: Split = getattr(self, name)
            if split.images.ndim != 4 or len(split.images) != len(split.labels) or not len(split.labels):
                raise InputError(
                    f"task {self.name!r}, {name}: expected images (n, channels, height, width) and labels "
                    f"(n,) with n > 0, got {split.images.shape} and {split.labels.shape}"
                )
            if split.images.dtype != np.float32 or split.labels.dtype != np.int64:
                raise InputError(
                    f"task {self.name!r}, {name}: expected float32 images and int64 labels, "
                    f"got {split.images.dtype} and {split.labels.dtype}"
                )
            if split.images.shape[1:] != self.train.images.shape[1:]:
                raise InputError(
                    f"task {self.name!r}, {name}: expected images {self.train.images.shape[1:]} as in train, "
                    f"got {split.images.shape[1:]}"
                )
            if split.labels.min() < 0 or split.labels.max() >= self.num_classes:
                raise InputError(
                    f"task {self.name!r}, {name}: expected labels 0 to {self.num_classes - 1}, "
                    f"got {split.labels.min()} to {split.labels.max()}"
                )
