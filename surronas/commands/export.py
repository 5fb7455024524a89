"""``surronas export``: the runs of a store as CSV, JSON-lines or Parquet."""

import argparse
from pathlib import Path

from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.store import BenchmarkStore
from surronas.store.handover import write_runs


def run(arguments: argparse.Namespace) -> None:
    """Write the runs at the given axes to a file that is not there yet."""
    store, dest = BenchmarkStore.open(arguments.store), Path(arguments.dest)
    if dest.exists():
        raise InputError(f"can't export to {dest}: it exists; choose another path, or move it away")
    records = store.records(
        task=arguments.task,
        recipe=arguments.recipe,
        epochs=arguments.epochs,
        seed=arguments.seed,
        curves=dest.suffix != ".csv",
    )
    write_runs(
        records,
        store.space,
        dest,
        metrics=store.metrics,
        description=store.description,
        licence=store.licence,
    )
    if arguments.json:
        print_json({"path": str(dest), "runs": len(records)})
    else:
        print(f"{len(records)} runs in {dest}")
