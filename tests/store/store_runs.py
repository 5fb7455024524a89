"""Training runs to fill stores with."""

import numpy as np

from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, Records, new_records

RECIPE = '{"learning_rate":0.1}'
AXES = {"task": "digits", "recipe": RECIPE, "epochs": 4}


def make_runs(
    architectures: np.ndarray, seeds: tuple[int, ...] = (0, 1), *, task: str = "digits", epochs: int = 4
) -> Records:
    """Runs of each architecture and seed, by seed; every number follows from the architecture and seed."""
    n = len(architectures)
    runs = new_records(
        n * len(seeds), 6, TRAINING_METRICS, ["train_loss", "valid_accuracy"], num_epochs=epochs
    )
    runs["architecture"] = np.tile(architectures, (len(seeds), 1))
    runs["seed"] = np.repeat(seeds, n)
    runs["task"], runs["recipe"], runs["epochs"], runs["device"] = task, RECIPE, epochs, "cpu"
    codes = Cell201().codes(runs["architecture"])
    rng = np.random.default_rng(codes.tolist() + list(seeds))
    runs["valid_accuracy"] = rng.random(len(runs))
    runs["test_accuracy"] = rng.random(len(runs)).astype(np.float32)  # stored as float32: exact
    runs["train_loss"] = rng.random(len(runs)) * 1e-5
    runs["params"] = codes * 1000.0 + 7
    runs["valid_accuracy_curve"] = rng.random((len(runs), epochs))
    runs["train_loss_curve"] = rng.random((len(runs), epochs))
    return runs


def assert_same_runs(a: Records, b: Records) -> None:
    """Two batches hold the same rows in every field, in whatever order."""
    assert len(a) == len(b)
    a, b = by_key(a), by_key(b)
    for name in b.dtype.names:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def by_key(runs: Records) -> Records:
    codes = Cell201().codes(runs["architecture"])
    return runs[np.lexsort((codes, runs["seed"], runs["epochs"], runs["task"]))]
