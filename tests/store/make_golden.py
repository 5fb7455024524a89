"""Write the golden stores that later versions must read: a folder of four segments and a single file.

    python tests/store/make_golden.py

This was run once for each version of the layout and is kept to say how; the stores are never written anew. A
later layout gets golden stores of its own, beside these.
"""

from pathlib import Path

import numpy as np
from golden_runs import CELLS, COLUMNS, COMMAND, DESCRIPTION, FIRST_BATCH, LICENCE, RECIPE, RUNS, VERSIONS

from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric, Records, new_records

DATA = Path(__file__).parents[1] / "data"
METRICS = (
    Metric("valid_accuracy", "valid", "fraction", "maximize", "of 5,000 images", "a source", "MIT"),
    Metric("train_loss", "train", "nats", "minimize"),
    Metric("params", unit="parameters", direction="minimize", per="architecture"),
)
MORE = (
    Metric("latency_ms", unit="ms", direction="minimize", per="architecture"),
    Metric("naswot", direction="maximize", per="architecture"),
)


def main() -> None:
    """Write both stores."""
    for name in ("golden_v2", "golden_v2.h5"):
        write(DATA / name)


def write(path: Path) -> None:
    """Write one store."""
    store = BenchmarkStore.create(path, Cell201(), metrics=METRICS, description=DESCRIPTION, licence=LICENCE)
    runs = records()
    for batch in (runs[:FIRST_BATCH], runs[FIRST_BATCH:]):
        store.append(batch, command=COMMAND, versions=VERSIONS)
    cells = np.array([decisions for _, decisions in CELLS], np.int8)
    for (metric, task, device), values in COLUMNS.items():
        store.attach(
            cells,
            {metric: values},
            task=task,
            device=device,
            metrics=MORE,
            command=COMMAND,
            versions=VERSIONS,
        )


def records() -> Records:
    """Return the runs."""
    made = new_records(len(RUNS), 6, METRICS, ["valid_accuracy"], 3)
    for row, run in zip(made, RUNS, strict=True):
        row["architecture"], row["recipe"] = CELLS[run[0]][1], RECIPE
        names = ("task", "epochs", "seed", "device", "status", "origin")
        names += ("valid_accuracy", "train_loss", "params", "valid_accuracy_curve")
        for name, value in zip(names, run[1:], strict=True):
            row[name] = value
    return made


if __name__ == "__main__":
    main()
