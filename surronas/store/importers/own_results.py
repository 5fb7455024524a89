"""Runs of one's own, from a CSV or JSON-lines file; ``surronas.store.run_files`` has the schema."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.known import space_named
from surronas.store.importers.base import Benchmark, Importer, reading
from surronas.store.run_files import FileHeader, check_same_meaning, metrics_named
from surronas.store.run_records import Rows, records_of
from surronas.store.run_rows import Row, file_columns, file_header, file_rows
from surronas.store.schema import CURVE_SUFFIX, KEY_FIELDS, Metric, Records, concatenate_records, new_records
from surronas.store.store import BenchmarkStore

BATCH_ROWS = 20_000  # runs in one batch of records
BATCH_VALUES = 4_000_000  # runs x epochs of one curve in a batch: 16 MB

EXPECTS = "a .csv or .jsonl file with the columns architecture, task, epochs, seed and metrics"


def read_runs(path: Path, space: SearchSpace | None = None, metrics: Iterable[Metric] = ()) -> Records:
    """Return (n,) records of a file of runs, to be appended to a store: ``store.append(read_runs(...))``.

    ``space`` is needed where the file does not name it; ``metrics`` (a store's) say what the columns are
    ahead of what the file says.

    Raises:
        InputError: a line that can't be a run (the message names it), an undeclared metric, no space.
    """
    batches = list(run_batches(path, space, metrics))
    known = _space(Path(path), file_header(Path(path)), space)
    return concatenate_records(batches) if batches else new_records(0, known.num_decisions, [])


def run_batches(
    path: Path,
    space: SearchSpace | None = None,
    metrics: Iterable[Metric] = (),
    *,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[Records]:
    """Yield the records of a file of runs in batches, so that memory stays bounded; see ``read_runs``."""
    path = Path(path)
    with reading(path, EXPECTS):
        header = file_header(path)
        known = _space(path, header, space)
        declared = _declared(path, header, metrics)
        strings: dict[str, NDArray[np.int8]] = {}
        for batch in _batches(path, batch_rows):
            yield records_of(Rows(path, batch), known, declared, strings)


def read(source: Path) -> Benchmark:
    """Return the runs of a file that names its search space, with the metrics of all its columns.

    Raises:
        InputError: the file names no space, or has a column that is no metric.
    """
    return _benchmark(source, None, ())


def read_for(source: Path, store: BenchmarkStore) -> Benchmark:
    """Return the runs of a file for a store, which tells the space and what it knows of metrics.

    Raises:
        InputError: the file is of another space, or has a column that is no metric.
    """
    return _benchmark(source, store.space, store.metrics)


def _benchmark(source: Path, given: SearchSpace | None, metrics: Iterable[Metric]) -> Benchmark:
    """Return the runs of a file; what it does not say itself is given."""
    header = file_header(source)
    space, metrics = _space(source, header, given), tuple(metrics)
    columns = [name for name in file_columns(source) if name not in KEY_FIELDS]
    names = dict.fromkeys(name.removesuffix(CURVE_SUFFIX) for name in columns)
    return Benchmark(
        space=space,
        metrics=tuple(metrics_named(names, _declared(source, header, metrics)).values()),
        description=header.description or f"Runs of one's own, from {source.name}",
        licence=header.licence,
        runs=run_batches(source, space, metrics),
        origin="imported",
    )


IMPORTER = Importer(
    name="runs",
    title="Runs of one's own",
    expects=EXPECTS,
    by_hand="write them yourself, or with surronas.store.handover.write_runs",
    read=read,
    read_for=read_for,
)


def _space(path: Path, header: FileHeader, given: SearchSpace | None) -> SearchSpace:
    """Return the search space of a file: the one given, or that which it names."""
    if given is None and not header.space:
        raise InputError(
            f"{path} does not say its search space; pass it, or begin the file with the line "
            f'# surronas: {{"space": "cell201"}} (CSV) or {{"surronas": {{"space": "cell201"}}}} (JSON-lines)'
        )
    if given is not None and header.space not in ("", given.name):
        raise InputError(f"expected runs of space {given.name!r} in {path}, which says {header.space!r}")
    return given if given is not None else space_named(header.space)


def _declared(path: Path, header: FileHeader, metrics: Iterable[Metric]) -> dict[str, Metric]:
    """Return the metrics by name: the given ones, and those of the file, which must agree."""
    declared = {metric.name: metric for metric in metrics}
    for metric in header.metrics:
        check_same_meaning(declared.setdefault(metric.name, metric), metric)
    return declared


def _batches(path: Path, most: int) -> Iterator[list[tuple[int, Row]]]:
    """Yield the rows of a file in batches: fewer at once where their curves are long."""
    batch: list[tuple[int, Row]] = []
    longest = 1
    for line, row in file_rows(path):
        longest = max(chain([longest], (len(cell) for cell in row.values() if isinstance(cell, list))))
        if batch and (len(batch) == most or (len(batch) + 1) * longest > BATCH_VALUES):
            yield batch
            batch = []
        batch.append((line, row))
    if batch:
        yield batch
