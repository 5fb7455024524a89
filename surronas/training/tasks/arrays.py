"""A user's own arrays as a task."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.parts import random_parts

Part = float | tuple[ArrayLike, ArrayLike]  # a share of the inputs, or inputs and labels of their own
_CHANNELS = (1, 3, 4)  # of an image with its channels last, most likely


def task_from_arrays(
    name: str,
    inputs: ArrayLike,
    labels: ArrayLike,
    *,
    valid: Part = 0.1,
    test: Part = 0.1,
    seed: int = 0,
    padding: int = -1,
) -> Task:
    """Return a task of a user's own images or texts.

    Images are (n, height, width) or (n, channels, height, width): bytes are kept and standardised when
    trained on, other numbers standardised here, by the train split's mean and deviation of each
    channel. Texts are (n, length) whole numbers from 0 on, not uint8; ``padding`` is the token that fills
    short ones up. Labels are whole numbers from 0 on, (n,), or (n, length) for texts with a class at every
    position. ``valid`` and ``test`` are shares of the inputs, drawn by ``seed``, or (inputs, labels) of
    their own.

    Raises:
        InputError: shapes or types that fit nothing above, labels that are no whole numbers from 0 on, shares
            that leave a split empty.
    """
    whole = _Arrays.of(name, inputs, labels)
    given = {"valid": valid, "test": test}
    shares = {
        split: _share(name, split, part) for split, part in given.items() if not isinstance(part, tuple)
    }
    sizes = [max(1, round(share * len(whole.labels))) for share in shares.values()]
    drawn = random_parts(len(whole.labels), sizes, seed) if sizes else [np.arange(len(whole.labels))]
    splits = {split: whole.part(indices) for split, indices in zip(shares, drawn, strict=False)}
    for split, part in given.items():
        if isinstance(part, tuple):
            splits[split] = _Arrays.of(name, *part)
    return _task(name, whole.part(drawn[-1]), splits["valid"], splits["test"], seed, padding)


@dataclass(frozen=True)
class _Arrays:
    """Checked inputs and labels: images (n, channels, height, width), texts (n, length)."""

    inputs: NDArray[Any]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, name: str, inputs: ArrayLike, labels: ArrayLike) -> "_Arrays":
        x, y = np.asarray(inputs), np.asarray(labels)
        if x.dtype.kind not in "uif" or y.dtype.kind not in "ui":
            raise InputError(
                f"task {name!r}: expected numbers as inputs and whole numbers as labels, "
                f"got {x.dtype} and {y.dtype}"
            )
        if x.ndim == 3:
            x = x[:, None]
        numbers_in_rows = x.ndim == 2 and (x.dtype.kind == "f" or x.dtype == np.uint8)  # flat images?
        if x.ndim not in (2, 4) or x.size == 0 or numbers_in_rows:
            raise InputError(
                f"task {name!r}: expected images (n, height, width) or (n, channels, height, width), or "
                f"texts (n, length) as int64, with n > 0, got {x.dtype} {np.shape(inputs)}"
            )
        if x.ndim == 4 and x.shape[1] not in _CHANNELS and x.shape[3] in _CHANNELS:
            raise InputError(
                f"task {name!r}: expected images with their channels first, got {x.shape}; "
                "give inputs.transpose(0, 3, 1, 2)"
            )
        if y.shape[:1] != x.shape[:1]:
            raise InputError(f"task {name!r}: expected a label for each of {len(x)} inputs, got {y.shape}")
        return cls(x, y.astype(np.int64))

    def part(self, indices: NDArray[np.int64]) -> "_Arrays":
        return _Arrays(self.inputs[indices], self.labels[indices])


def _share(name: str, split: str, part: float | tuple[ArrayLike, ArrayLike]) -> float:
    if isinstance(part, tuple) or not 0 < part < 1:
        raise InputError(
            f"task {name!r}: expected {split} as a share between 0 and 1 or as (inputs, labels), got {part}"
        )
    return float(part)


def _task(name: str, train: _Arrays, valid: _Arrays, test: _Arrays, seed: int, padding: int) -> Task:
    parts = (train, valid, test)
    num_classes = 1 + max(int(part.labels.max(initial=0)) for part in parts)
    sizes = ", ".join(f"{len(p.labels)} {n}" for p, n in zip(parts, ("train", "valid", "test"), strict=True))
    shape = "x".join(map(str, train.inputs.shape[1:]))
    description = f"{name}, {shape}: {sizes}, {num_classes} classes; shares drawn by seed {seed}"
    shares: list[tuple[float, ...]] = [(), ()]  # mean and deviation of bytes
    vocabulary = 0
    if train.inputs.ndim == 2:
        vocabulary = 1 + max(int(np.max(part.inputs)) for part in parts)
        x = [part.inputs.astype(np.int64) for part in parts]
    elif all(part.inputs.dtype == np.uint8 for part in parts):
        x = [part.inputs for part in parts]
        shares = [tuple(float(value) / 255 for value in values) for values in _moments(train.inputs)]
    else:
        mean, std = (values[:, None, None] for values in _moments(train.inputs))
        x = [((part.inputs - mean) / std).astype(np.float32) for part in parts]
    a, b, c = (Split(inputs, part.labels) for inputs, part in zip(x, parts, strict=True))
    return Task(name, description, num_classes, a, b, c, shares[0], shares[1], vocabulary, padding)


def _moments(images: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and deviation of each channel; a channel of one value has deviation 1."""
    channels = range(images.shape[1])
    mean = np.array(
        [images[:, i].mean(dtype=np.float64) for i in channels]
    )  # channel by channel: less memory
    std = np.array([images[:, i].std(dtype=np.float64) for i in channels])
    return mean, np.where(std > 0, std, 1.0)
