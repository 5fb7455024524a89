"""``surronas train``: real trainings, printed and, if asked, kept in a store."""

import argparse
import sys
from pathlib import Path

import numpy as np

from surronas.commands.names import SPACES, TASKS, num_workers
from surronas.commands.printing import print_json, print_table
from surronas.errors import SurronasError
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Records, concatenate_records
from surronas.training import TrainingEvaluator

_SHOWN = ("train_accuracy", "valid_accuracy", "test_accuracy", "train_seconds", "params", "flops")


def run(arguments: argparse.Namespace) -> None:
    """Train every architecture with every seed and print what it gave."""
    space = SPACES[arguments.space]()
    task, recipe = TASKS[arguments.task]()
    architectures = space.from_strings(arguments.architectures)
    cells, seeds = (
        np.repeat(architectures, len(arguments.seeds), axis=0),
        arguments.seeds * len(architectures),
    )
    workers = min(num_workers(arguments.workers, arguments.device), len(cells))
    store = _store(arguments.append_to, space.name) if arguments.append_to else None
    with TrainingEvaluator(space, task, recipe, device=arguments.device, num_workers=workers) as evaluator:
        records = _train(evaluator, cells, seeds, store)
    texts = space.to_strings(records["architecture"])
    if arguments.json:
        print_json({"task": task.name, "recipe": recipe.to_json(), "runs": _rows(records, texts)})
        return
    print(f"{task.description}; recipe {recipe.to_json()}")
    rows = [
        [texts[i], str(row["seed"]), str(row["status"]), *(f"{row[name]:.6g}" for name in _SHOWN)]
        for i, row in enumerate(records)
    ]
    print_table(["architecture", "seed", "status", *_SHOWN], rows)


def _train(
    evaluator: TrainingEvaluator, cells: Architectures, seeds: list[int], store: BenchmarkStore | None
) -> Records:
    """Return one row for each cell and its seed, in their order; each is in the store as soon as it ends."""
    trained: list[Records] = []
    for row in evaluator.stream(cells, seeds):
        if store is not None:
            store.append(row, existing="skip")
        trained.append(row)
        print(f"{len(trained)} of {len(cells)} trained", file=sys.stderr)
    place = {(cell.tobytes(), seed): i for i, (cell, seed) in enumerate(zip(cells, seeds, strict=True))}
    trained.sort(key=lambda row: place[row["architecture"].tobytes(), int(row["seed"][0])])
    return concatenate_records(trained)


def _store(path: str, space: str) -> BenchmarkStore:
    """Return the store to append to, made if it is not there; it must be of the space."""
    if not Path(path).exists():
        return BenchmarkStore.create(path, SPACES[space](), canonical=True)
    store = BenchmarkStore.open(path)
    if store.space.name != space:
        raise SurronasError(f"expected a store of space {space!r}, but {path} is of {store.space.name!r}")
    return store


def _rows(records: Records, texts: list[str]) -> list[dict[str, object]]:
    """Return the runs with their curves, JSON-able."""
    rows = []
    for i, record in enumerate(records):
        row: dict[str, object] = {"architecture": texts[i]}
        for name in records.dtype.names or ():
            if name not in ("architecture", "recipe"):
                row[name] = np.asarray(record[name]).tolist()
        rows.append(row)
    return rows
