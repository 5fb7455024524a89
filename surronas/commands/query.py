"""``surronas query``: the measured values of architectures."""

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.commands.names import seed_of, with_device
from surronas.commands.printing import number, print_json
from surronas.store import BenchmarkStore


def run(arguments: argparse.Namespace) -> None:
    """Print one value, or one a seed, for each architecture and metric."""
    store = BenchmarkStore.open(arguments.store)
    seed = seed_of(arguments.seed)
    names = arguments.metric or _metrics(store)
    task, recipe, epochs = arguments.task, arguments.recipe, arguments.epochs
    values = {
        name: store.query(
            arguments.architectures,
            name,
            task=task,
            recipe=recipe,
            epochs=epochs,
            seed=seed,
            device=with_device(store, name, arguments.device),
            equivalent=arguments.equivalent,
            missing=arguments.missing,
        )
        for name in names
    }
    of_runs = [metric.name for metric in store.metrics if metric.name in names and metric.per == "run"]
    counts = {
        name: store.seed_counts(arguments.architectures, name, task=task, recipe=recipe, epochs=epochs)
        for name in (of_runs if seed == "mean" else ())
    }
    rows = [
        {"architecture": text, **{name: values[name][i].tolist() for name in names}}
        for i, text in enumerate(arguments.architectures)
    ]
    seeds = store.seeds(task=task, recipe=recipe, epochs=epochs)
    if arguments.json:
        for i, row in enumerate(rows):
            row |= {"seed_counts": {name: int(count[i]) for name, count in counts.items()}} if counts else {}
        print_json({"seed": seed, "seeds": seeds, "rows": rows})
        return
    _print(store, rows, counts, names)
    if seed == "all":
        print(f"seeds, in this order: {', '.join(map(str, seeds))}")


def _print(
    store: BenchmarkStore,
    rows: list[dict[str, Any]],
    counts: dict[str, NDArray[np.int64]],
    names: list[str],
) -> None:
    """Print each architecture's values, means with the number of seeds behind them."""
    units = {metric.name: metric.unit for metric in store.metrics}
    for i, row in enumerate(rows):
        print(row["architecture"])
        for name in names:
            shown = ", ".join(number(value) for value in np.atleast_1d(row[name]).tolist())
            print(f"  {name:15} {shown} {units[name]}{_of_seeds(counts[name][i]) if name in counts else ''}")


def _metrics(store: BenchmarkStore) -> list[str]:
    """Return the metrics to show where none is named: all but those that hang on a device."""
    on_device = {column["metric"] for column in store.info()["columns"] if column["device"]}
    return [metric.name for metric in store.metrics if metric.name not in on_device]


def _of_seeds(count: int) -> str:
    """Return what is told beside a mean: over how many seeds it is."""
    if count < 0:
        return " (the source's own mean over seeds)"
    return f" (mean of {count} seed{'' if count == 1 else 's'})" if count else ""
