"""MNIST-1D (Greydanus and Kobak 2020, arXiv:2011.14439): 5,000 generated signals of 40 numbers."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from surronas.errors import MissingPackageError
from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.parts import random_parts

NUM_VALID = 1_000
SPLIT_SEED = 0


def mnist1d() -> Task:
    """Return the task: 3,000 train, 1,000 validation, 1,000 test signals as images of 1 x 1 x 40, 10 classes.

    The package mnist1d makes them with its own defaults (seed 42): 4,000 train and 1,000 test signals. The
    1,000 of the 4,000 that ``numpy.random.default_rng(0).permutation(4000)`` begins with are for validation.
    They are standardised with the mean and standard deviation of the train split alone.

    Raises:
        MissingPackageError: the package mnist1d is not installed.
    """
    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError as error:
        raise MissingPackageError("MNIST-1D needs its package: pip install 'surronas[data]'") from error
    with _global_generators_kept():  # the package seeds and draws from the global ones
        data = make_dataset(get_dataset_args())
    signals, labels = data["x"].astype(np.float32)[:, None, None], data["y"].astype(np.int64)
    tests, test_labels = data["x_test"].astype(np.float32)[:, None, None], data["y_test"].astype(np.int64)
    valid, train = random_parts(len(labels), [NUM_VALID], SPLIT_SEED)
    mean, std = signals[train].mean(), signals[train].std()
    signals, tests = (signals - mean) / std, (tests - mean) / std
    return Task(
        name="mnist1d",
        description=(
            f"MNIST-1D, signals of 40 numbers: {len(train)} train and {len(valid)} valid of the package's "
            f"train split (split by seed {SPLIT_SEED}), {len(tests)} test, 10 classes"
        ),
        num_classes=10,
        train=Split(signals[train], labels[train]),
        valid=Split(signals[valid], labels[valid]),
        test=Split(tests, test_labels),
    )


@contextmanager
def _global_generators_kept() -> Iterator[None]:
    """Run the block, then put the global generators of random and numpy back as they were."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002
