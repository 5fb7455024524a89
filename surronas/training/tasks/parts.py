"""Parts of a data set: index sets drawn by a seed, and the first inputs of a task."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.training.tasks.base import Split, Task

Indices = NDArray[np.int64]


def random_parts(num: int, sizes: Sequence[int], seed: int) -> list[Indices]:
    """Return disjoint random subsets of 0 ... num - 1 of these sizes, and the rest last.

    They are ``numpy.random.default_rng(seed).permutation(num)``, cut in this order and left in it, so that
    the first inputs of a part are of all classes even where the source goes class by class.

    Raises:
        InputError: nothing is left for the rest.
    """
    if sum(sizes) >= num or min(sizes) < 1:
        raise InputError(
            f"expected parts of at least 1 that leave something of {num} inputs for train, got {list(sizes)}"
        )
    order = np.random.default_rng(seed).permutation(num)
    return [part.astype(np.int64) for part in np.split(order, np.cumsum(sizes))]


def subset(
    task: Task, *, train: int | None = None, valid: int | None = None, test: int | None = None
) -> Task:
    """Return a task of the first inputs of each split, as it comes; its name says how many.

    Mean, deviation and vocabulary stay those of the whole task.

    Raises:
        InputError: fewer than 1 or more inputs than a split has.
    """
    splits = {"train": train, "valid": valid, "test": test}
    cut: list[Split] = []
    for name, num in splits.items():
        split: Split = getattr(task, name)
        num = len(split.labels) if num is None else num
        if not 1 <= num <= len(split.labels):
            raise InputError(
                f"task {task.name!r}: expected 1 to {len(split.labels)} of its {name} inputs, got {num}"
            )
        cut.append(Split(split.inputs[:num], split.labels[:num]))
    sizes = [len(split.labels) for split in cut]
    if sizes == [len(getattr(task, name).labels) for name in splits]:
        return task
    name = f"{task.name}-first-{'-'.join(map(str, sizes))}"
    text = f"{task.description}; of these the first {sizes[0]} train, {sizes[1]} valid, {sizes[2]} test"
    return replace(task, name=name, description=text, train=cut[0], valid=cut[1], test=cut[2])
