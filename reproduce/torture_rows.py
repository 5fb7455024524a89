"""Runs whose every number follows from architecture and seed, so that whoever holds one can check it."""

import numpy as np

from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore, Records, new_records

SPACE, EPOCHS = Cell201(), 4
METRICS = ("train_loss", "valid_accuracy", "test_accuracy", "train_seconds", "params")
SALTS = {name: 1_000 * (i + 1) for i, name in enumerate((*METRICS, "valid_accuracy_curve"))}


def rows_of(codes: np.ndarray, seeds: np.ndarray | int) -> Records:
    """Return (n,) runs of the architectures of these codes."""
    made = new_records(len(codes), 6, TRAINING_METRICS, ["valid_accuracy"], num_epochs=EPOCHS)
    made["architecture"], made["seed"] = SPACE.from_codes(codes), seeds
    made["task"], made["recipe"], made["epochs"], made["device"] = "digits", '{"made":"up"}', EPOCHS, "cpu"
    for name, salt in SALTS.items():
        made[name] = numbers(codes, made["seed"], salt)
    return made


def numbers(codes: np.ndarray, seeds: np.ndarray, salt: int) -> np.ndarray:
    """Return the (n,) fractions, or (n, EPOCHS) for a curve, that the runs must have."""
    if salt == SALTS["params"]:
        seeds = np.zeros_like(seeds)  # a constant of the architecture
    mixed = codes * 7_919 + seeds * 104_729 + salt
    if salt == SALTS["valid_accuracy_curve"]:
        mixed = mixed[:, None] + np.arange(EPOCHS)
        return ((mixed * 31 % 9_973) / 9_973).astype(np.float32)
    return (mixed % 1_000_003) / 1_000_003


def count_wrong(records: Records) -> int:
    """Return how many of the runs have a number that is not theirs; missing counts as such."""
    codes, wrong = SPACE.codes(records["architecture"]), np.zeros(len(records), bool)
    for name, salt in SALTS.items():
        if name in (records.dtype.names or ()):
            held, right = records[name], numbers(codes, records["seed"], salt)
            wrong |= (held != right).reshape(len(records), -1).any(axis=1) if len(records) else wrong
    return int(wrong.sum())


def count_doubled(records: Records) -> int:
    """Return how many runs are there more than once."""
    keys = SPACE.codes(records["architecture"]) * 1_000_000 + records["seed"]
    return len(keys) - len(np.unique(keys))


def faults(store: BenchmarkStore) -> dict[str, int]:
    """Return what is wrong with the runs of a store, by count."""
    records = store.records()
    return {"wrong numbers": count_wrong(records), "rows doubled": count_doubled(records)}
