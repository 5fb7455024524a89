"""``surronas export``: the runs of a store as CSV, JSON-lines or Parquet."""

import argparse
from pathlib import Path

import numpy as np

from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.store import BenchmarkStore, Records
from surronas.store.handover import write_runs
from surronas.store.schema import metric_names


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
        _measured(records),
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


def _measured(records: Records) -> Records:
    """Return the records without the metrics that none of them has."""
    unmeasured = {name for name in metric_names(records.dtype) if np.isnan(records[name]).all()}
    kept: Records = records[[name for name in records.dtype.names or () if name not in unmeasured]]
    return kept if len(records) else records
