"""``surronas train``: real trainings, printed and, if asked, kept in a store."""

import argparse
import sys
from pathlib import Path

import numpy as np

from surronas.commands.printing import print_json, print_table
from surronas.commands.training_parts import evaluator_for, space_of, store_for, task_and_recipe
from surronas.evaluators import RecordAxes
from surronas.spaces import Architectures
from surronas.store import TRAINING_METRICS, BenchmarkStore, Records, concatenate_records, new_records
from surronas.training import TrainingEvaluator

_SHOWN = ("train_accuracy", "valid_accuracy", "test_accuracy", "train_seconds", "params", "flops")


def run(arguments: argparse.Namespace) -> None:
    """Train every architecture with every seed and print what it gave."""
    space = space_of(arguments.space, arguments.hyper_parameter)
    architectures = space.from_strings(list(dict.fromkeys(arguments.architectures)))
    seeds = list(dict.fromkeys(arguments.seeds))
    task, recipe = task_and_recipe(arguments)
    with evaluator_for(arguments, space, task, recipe, len(architectures) * len(seeds)) as evaluator:
        store = None if arguments.append_to is None else store_for(Path(arguments.append_to), space)
        records = _train(evaluator, architectures, seeds, store)
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
    evaluator: TrainingEvaluator, architectures: Architectures, seeds: list[int], store: BenchmarkStore | None
) -> Records:
    """Return one row for each architecture and seed, in their order.

    Each is in the store as soon as it ends; what the store holds already is shown, not trained again.
    """
    pairs = [(architecture, seed) for architecture in architectures for seed in seeds]
    rows = [_stored(store, evaluator.axes, *pair) for pair in pairs]
    missing = [i for i, row in enumerate(rows) if not len(row)]
    if store is not None and len(missing) < len(pairs):
        print(f"{len(pairs) - len(missing)} of {len(pairs)} are in {store.path} already", file=sys.stderr)
    place = {(pairs[i][0].tobytes(), pairs[i][1]): i for i in missing}
    stream = evaluator.stream(np.array([pairs[i][0] for i in missing]), [pairs[i][1] for i in missing])
    for count, row in enumerate(stream if missing else (), 1):
        if store is not None:
            store.append(row, existing="skip", command="surronas train")
        rows[place[row["architecture"].tobytes(), int(row["seed"][0])]] = row
        print(f"{count} of {len(missing)} trained", file=sys.stderr)
    return concatenate_records(rows)


def _stored(
    store: BenchmarkStore | None, axes: RecordAxes, architecture: Architectures, seed: int
) -> Records:
    """Return the (1,) row that the store holds of a training, (0,) if it holds none."""
    if store is None:
        return new_records(0, len(architecture), TRAINING_METRICS)
    return store.records(
        architecture[None], task=axes.task, recipe=axes.recipe, epochs=axes.epochs, seed=seed
    )


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
