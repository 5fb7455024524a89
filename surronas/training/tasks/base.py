"""A task: inputs, labels and a fixed split into train, validation and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Signature:
    """What goes into a network and what comes out: all of a task that decides a network's shape."""

    input_shape: tuple[int, ...]  # (channels, height, width) of an image, (length,) of a text
    num_classes: int
    vocabulary: int = 0  # distinct tokens of a text; 0: images
    each_position: bool = False  # a class for every position (the next token), not one for the whole
    padding: int = -1  # the token that fills short texts up; -1: there is none


@dataclass(frozen=True)
class Split:
    """Inputs and labels of one part of a data set.

    Images are (n, channels, height, width): float32, standardised, or uint8 as they came (the task then says
    ``mean`` and ``std``). Texts are (n, length) int64 tokens. Labels are int64: (n,) a class each, or
    (n, length), a class for every position.
    """

    inputs: NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.int64]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """A data set for classification. Another split or preprocessing is another task name.

    Raises:
        InputError: shapes or types that disagree, labels or tokens outside their range, uint8 images without
            ``mean`` and ``std``.
    """

    name: str
    description: str
    num_classes: int
    train: Split
    valid: Split
    test: Split
    mean: tuple[float, ...] = ()  # of each channel of uint8 images, in units of 255
    std: tuple[float, ...] = ()
    vocabulary: int = 0  # distinct tokens; 0: images
    padding: int = -1  # the token that fills short texts up; -1: none

    def __post_init__(self) -> None:
        for name in SPLITS:
            self._check_shapes(name)
            self._check_types(name)
            self._check_values(name)

    @property
    def signature(self) -> Signature:
        """What a network for this task takes and gives."""
        return Signature(
            tuple(self.train.inputs.shape[1:]),
            self.num_classes,
            self.vocabulary,
            self.train.labels.ndim == 2,
            self.padding,
        )

    def _check_shapes(self, name: str) -> None:
        split: Split = getattr(self, name)
        inputs, labels = split.inputs.shape, split.labels.shape
        whole = len(inputs) == (2 if self.vocabulary else 4) and len(inputs) and inputs[0] > 0
        each = self.vocabulary > 0 and labels == inputs
        if not whole or not (labels == inputs[:1] or each):
            expected = (
                "tokens (n, length) and labels (n,) or (n, length)"
                if self.vocabulary
                else "images (n, channels, height, width) and labels (n,)"
            )
            raise InputError(
                f"task {self.name!r}, {name}: expected {expected} with n > 0, got {inputs} and {labels}"
            )
        if inputs[1:] != self.train.inputs.shape[1:] or len(labels) != self.train.labels.ndim:
            raise InputError(
                f"task {self.name!r}, {name}: expected inputs {self.train.inputs.shape[1:]} and labels as in "
                f"train, got {inputs[1:]}"
            )

    def _check_types(self, name: str) -> None:
        split: Split = getattr(self, name)
        expected = ("int64",) if self.vocabulary else ("float32", "uint8")
        if split.inputs.dtype.name not in expected or split.labels.dtype != np.int64:
            raise InputError(
                f"task {self.name!r}, {name}: expected {' or '.join(expected)} inputs and int64 labels, "
                f"got {split.inputs.dtype} and {split.labels.dtype}"
            )
        channels = split.inputs.shape[1] if split.inputs.dtype == np.uint8 else 0
        if len(self.mean) != channels or len(self.std) != channels or min(self.std, default=1.0) <= 0:
            raise InputError(
                f"task {self.name!r}, {name}: expected the mean and a positive std of each of {channels} "
                f"channels of uint8 images, got {self.mean} and {self.std}"
            )

    def _check_values(self, name: str) -> None:
        split: Split = getattr(self, name)
        if split.labels.min() < 0 or split.labels.max() >= self.num_classes:
            raise InputError(
                f"task {self.name!r}, {name}: expected labels 0 to {self.num_classes - 1}, "
                f"got {split.labels.min()} to {split.labels.max()}"
            )
        if self.vocabulary and (split.inputs.min() < 0 or split.inputs.max() >= self.vocabulary):
            raise InputError(
                f"task {self.name!r}, {name}: expected tokens 0 to {self.vocabulary - 1}, "
                f"got {split.inputs.min()} to {split.inputs.max()}"
            )
        if split.inputs.dtype == np.float32 and not np.isfinite(split.inputs).all():
            raise InputError(f"task {self.name!r}, {name}: expected finite images, got NaN or infinity")
