"""``surronas query``: the measured values of architectures."""

import argparse

import numpy as np

from surronas.commands.names import whole_number
from surronas.commands.printing import number, print_json
from surronas.store import BenchmarkStore


def run(arguments: argparse.Namespace) -> None:
    """Print one value, or one a seed, for each architecture and metric."""
    store = BenchmarkStore.open(arguments.store)
    given = arguments.seed
    seed = given if given in ("mean", "all") else whole_number(given, "--seed as a number, 'mean' or 'all'")
    names = arguments.metric or [metric.name for metric in store.metrics]
    seeds = store.seeds(task=arguments.task, epochs=arguments.epochs)
    values = {
        name: store.query(
            arguments.architectures,
            name,
            task=arguments.task,
            epochs=arguments.epochs,
            seed=seed,
            missing=arguments.missing,
        )
        for name in names
    }
    rows = [
        {"architecture": text, **{name: values[name][i].tolist() for name in names}}
        for i, text in enumerate(arguments.architectures)
    ]
    if arguments.json:
        print_json({"seed": seed, "seeds": seeds, "rows": rows})
        return
    units = {metric.name: metric.unit for metric in store.metrics}
    for row in rows:
        print(row["architecture"])
        for name in names:
            shown = ", ".join(number(value) for value in np.atleast_1d(row[name]).tolist())
            print(f"  {name:15} {shown} {units[name]}")
    listed = ", ".join(map(str, seeds))
    if seed == "all":
        print(f"seeds, in this order: {listed}")
    elif seed == "mean":
        print(f"means over seeds {listed}; where a run is missing, over those that are there")
