"""Hand runs and tables over: pandas, CSV, JSON-lines, Parquet; the schema of runs is in ``run_files``."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, MissingPackageError
from surronas.spaces import SearchSpace
from surronas.store.files import write_aside
from surronas.store.run_files import COMMENT, WORD, FileHeader, metrics_named
from surronas.store.schema import (
    CURVE_SUFFIX,
    KEY_FIELDS,
    TRAINING_METRICS,
    Metric,
    Records,
    curve_names,
    metric_names,
)

if TYPE_CHECKING:
    import pandas

ROWS_AT_ONCE = 10_000  # that are text in memory while a file is written

Curves = list[NDArray[np.float32] | None]  # one for each row; None: not measured
Cells = list[str] | NDArray[np.int64] | NDArray[np.float64] | Curves  # (n,) of one column; NaN: missing
Table = Mapping[str, Cells]


def records_to_pandas(records: Records, space: SearchSpace) -> "pandas.DataFrame":
    """Return a DataFrame with a row for each of the (n,) records, architectures as strings.

    A missing number is NaN; a curve is a float32 array with a value for each epoch, or None.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    return to_dataframe(record_columns(records, space))


def write_runs(
    records: Records,
    space: SearchSpace,
    path: str | os.PathLike[str],
    *,
    metrics: Iterable[Metric] = TRAINING_METRICS,
    description: str = "",
    licence: str = "",
) -> None:
    """Write (n,) records to a .csv, .jsonl or .parquet file; the file appears whole or not at all.

    The first line (of Parquet: the metadata "surronas") names the space, and says what the runs and metrics
    are; give ``store.metrics`` where their names don't say it. A CSV file has no curves.
    ``importers.own_results`` reads CSV and JSON-lines back.

    Raises:
        InputError: another suffix, a metric that is not declared, or text that CSV can't hold.
        StoreError: the file can't be written; MissingPackageError: Parquet without pyarrow.
    """
    target = Path(path)
    found = metrics_named(metric_names(records.dtype), {metric.name: metric for metric in metrics})
    header = FileHeader(space.name, tuple(found.values()), description, licence)
    if target.suffix == ".csv":
        write_aside(target, _csv_runs(records, space, header))
    elif target.suffix == ".jsonl":
        write_aside(target, _json_runs(records, space, header))
    elif target.suffix == ".parquet":
        write_aside(target, parquet_parts(record_columns(records, space), header.to_json()))
    else:
        raise InputError(f"expected a path that ends in .csv, .jsonl or .parquet, got {target}")


def record_columns(records: Records, space: SearchSpace, *, curves: bool = True) -> dict[str, Cells]:
    """Return the columns of (n,) records: the fields of the schema, then metrics, then curves."""
    columns: dict[str, Cells] = {"architecture": space.to_strings(records["architecture"])}
    for name in KEY_FIELDS[1:]:
        whole = records.dtype[name].kind == "i"
        columns[name] = records[name].astype(np.int64) if whole else records[name].tolist()
    for name in metric_names(records.dtype):
        columns[name] = records[name].astype(np.float64)
    for name in curve_names(records.dtype) if curves else ():
        columns[name + CURVE_SUFFIX] = _curves(records[name + CURVE_SUFFIX], records["epochs"])
    return columns


def to_dataframe(columns: Table) -> "pandas.DataFrame":
    """Return a DataFrame of the columns.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise _needs("a DataFrame", "pandas") from error
    return pandas.DataFrame(dict(columns))


def parquet_parts(columns: Table, header: str = "") -> list[memoryview]:
    """Return the bytes of a Parquet file: missing numbers null, curves as lists, the header as metadata.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise _needs("a Parquet file", "pyarrow") from error
    arrays = {}
    for name, cells in columns.items():
        numbers = isinstance(cells, np.ndarray)
        kind = pyarrow.list_(pyarrow.float32()) if name.endswith(CURVE_SUFFIX) else pyarrow.string()
        arrays[name] = pyarrow.array(cells, from_pandas=True) if numbers else pyarrow.array(cells, kind)
    table = pyarrow.table(arrays).replace_schema_metadata({WORD: header} if header else None)
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    return [memoryview(sink.getvalue())]


def csv_parts(columns: Table, *, names: bool = True) -> Iterator[bytes]:
    """Yield CSV text in UTF-8: a row of names, unless left out, and a line for each row.

    Raises:
        InputError: text with a carriage return or half a surrogate pair, which CSV can't hold.
    """
    cells = [_plain(column) for column in columns.values()]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")  # writes floats by repr: they read back exactly
    if names:
        writer.writerow(columns)
    writer.writerows(zip(*cells, strict=True))
    text = buffer.getvalue()
    if "\r" in text:  # which the csv module leaves unquoted, so that it would end the line
        raise InputError("CSV can't hold text with a carriage return; write a .jsonl file")
    try:
        yield text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"CSV can't hold text that is no Unicode ({error}); write a .jsonl file") from error


def _csv_runs(records: Records, space: SearchSpace, header: FileHeader) -> Iterator[bytes]:
    yield f"{COMMENT} {WORD}: {header.to_json()}\n".encode()
    for start in range(0, max(len(records), 1), ROWS_AT_ONCE):
        batch = records[start : start + ROWS_AT_ONCE]
        yield from csv_parts(record_columns(batch, space, curves=False), names=start == 0)


def _json_runs(records: Records, space: SearchSpace, header: FileHeader) -> Iterator[bytes]:
    yield f'{{"{WORD}": {header.to_json()}}}\n'.encode()
    for start in range(0, len(records), ROWS_AT_ONCE):
        columns = record_columns(records[start : start + ROWS_AT_ONCE], space)
        rows = zip(*map(_plain, columns.values()), strict=True)
        yield b"".join(f"{json.dumps(dict(zip(columns, row, strict=True)))}\n".encode() for row in rows)


def _plain(cells: Cells) -> list[object]:
    """Return the cells as Python values that csv and json write: None where missing, infinities as text."""
    if isinstance(cells, np.ndarray):
        return [value if math.isfinite(value) else _word(value) for value in cells.tolist()]
    return [_plain(cell.astype(np.float64)) if isinstance(cell, np.ndarray) else cell for cell in cells]


def _word(value: float) -> str | None:
    """Return the text for a number that JSON has no word for, None for NaN."""
    return None if math.isnan(value) else str(value)


def _curves(values: NDArray[np.float32], epochs: NDArray[np.int32]) -> Curves:
    """Return the curves of n runs, each as long as its run (or as there is room), None where all is NaN."""
    measured = np.asarray(~np.isnan(values).all(axis=1))
    return [
        curve[:length] if there else None
        for curve, length, there in zip(values, epochs.tolist(), measured.tolist(), strict=True)
    ]


def _needs(what: str, package: str) -> MissingPackageError:
    return MissingPackageError(f"{what} needs {package}: pip install 'surronas[tables]'")
