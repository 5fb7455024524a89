"""What reproduce/torture_store.py kills: processes that append, merge and import, and say what is done.

python reproduce/torture_steps.py STEP PATH [NUMBERS ...]
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torture_rows import SPACE, rows_of

from surronas.errors import DuplicateRowsError
from surronas.store import TRAINING_METRICS, BenchmarkStore, Records
from surronas.store.importers import Benchmark, Importer, import_benchmark

BATCHES = (1, 1, 5, 40, 1, 200)  # rows of one append after the other
IMPORTED = (12, 1_500)  # batches of an import, and the rows of each


def append(path: str, seed: int) -> None:
    """Append batches of rows of one seed until killed; tell how many rows are there."""
    store, done = BenchmarkStore.open(path), 0
    say(0)
    while True:
        n = BATCHES[(done + seed) % len(BATCHES)]
        store.append(rows_of(np.arange(done, done + n), seed))
        done += n
        say(done)


def merge(path: str, seed: int) -> None:
    """Append a few rows and fold everything, until killed; tell how many rows are there."""
    store, done = BenchmarkStore.open(path), 0
    say(0)
    while True:
        for _ in range(3):
            store.append(rows_of(np.arange(done, done + 1), seed))
            done += 1
            say(done)
        store.merge()


def write(path: str, number: int, count: int) -> None:
    """Append rows one by one, beside other writers; offer every tenth one again, and one of a neighbour."""
    store, added = BenchmarkStore.open(path), 0
    for code in range(count):
        row = rows_of(np.arange(code, code + 1), number)
        added += store.append(row)
        if code % 10 == 9:
            try:
                store.append(row)
            except DuplicateRowsError:
                added += store.append(row, existing="skip")
            else:
                sys.exit("a row was taken twice")
            store.append(rows_of(np.arange(code // 2, code // 2 + 1), number + 1_000), existing="skip")
    say(added)


def run_import(path: str) -> None:
    """Import made-up runs; tell when it starts and when it is done."""
    say("start")
    import_benchmark(IMPORTER, Path(__file__), Path(path))
    say("done")


def read(source: Path) -> Benchmark:
    """Return made-up runs, whatever the source."""
    return Benchmark(SPACE, TRAINING_METRICS, "made up", "CC0", runs=_batches())


def _batches() -> Iterator[Records]:
    for number in range(IMPORTED[0]):
        yield rows_of(np.arange(IMPORTED[1]), number)


IMPORTER = Importer("made-up", "runs made up to be killed", "anything", "nowhere", read)


def say(word: object) -> None:
    """Print a word at once."""
    print(word, flush=True)


if __name__ == "__main__":
    steps = {"append": append, "merge": merge, "write": write, "import": run_import}
    steps[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
