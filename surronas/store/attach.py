"""Columns of architectures, such as latency on a device or zero-cost proxies, as the bytes of a segment."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.store.batch import check_codes
from surronas.store.layout import Block
from surronas.store.new_segment import check_column, provenance_entry, sealed, stored_column
from surronas.store.schema import FRACTION, ORIGINS, Metric
from surronas.store.storage import Parts
from surronas.store.table import ColumnKey, Table

Where = tuple[str, str, str]  # task, recipe, device; "" where a column does not depend on it


def new_columns(
    table: Table,
    architectures: Architectures,
    values: Mapping[str, ArrayLike],
    where: Where,
    metrics: Sequence[Metric],
    origin: str,
    command: str,
    versions: dict[str, str] | None,
) -> tuple[tuple[Parts, str] | None, int]:
    """Return the bytes and the identity of a segment of what the table lacks (None: nothing), and its count.

    Raises:
        InputError: an unknown metric, origin or shape, a value that can't be, or another value than is held.
    """
    if origin not in ORIGINS:
        raise InputError(f"expected origin to be one of {', '.join(ORIGINS)}, got {origin!r}")
    table = table.with_metrics(metric for metric in metrics if metric.name in values)
    stored = table.lookup.stored(architectures)
    given = table.space.codes(stored)
    check_codes(table, stored, given)
    codes, first, at = np.unique(given, return_index=True, return_inverse=True)
    made = []
    for name, column in values.items():
        numbers = _checked(table.metrics, name, column, len(architectures))
        block = _block(table, (*where, name), stored, codes, at, numbers)
        made += [block] if len(block.rows) else []
    if not made:
        return None, 0
    used = np.unique(np.concatenate([block.rows for block in made]))
    made = [Block(**{**vars(block), "rows": np.searchsorted(used, block.rows)}) for block in made]
    entry = {"origin": origin, "device": where[2], **provenance_entry(command, versions)}
    parts = sealed(table, codes[used], stored[first][used], made, [entry])
    return parts, sum(len(block.rows) for block in made)


def _checked(known: dict[str, Metric], name: str, column: ArrayLike, n: int) -> NDArray[np.float64]:
    """Return a column's (n,) values.

    Raises:
        InputError: the metric is unknown or one of runs, or the values can't be.
    """
    if name not in known:
        raise InputError(f"unknown metric {name!r}; the store has {', '.join(known)}; pass it in metrics=")
    if known[name].per != "architecture":
        raise InputError(f"metric {name!r} is measured by runs; append() records of runs instead")
    numbers = np.asarray(column, dtype=np.float64)
    if numbers.shape != (n,):
        raise InputError(f"expected {name} with shape ({n},), one value an architecture, got {numbers.shape}")
    limits = (0.0, 1.0) if known[name].unit == FRACTION else (-np.finfo(float).max, np.finfo(float).max)
    wrong = (numbers < limits[0]) | (numbers > limits[1])
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"row {row}: expected {name} from {limits[0]:g} to {limits[1]:g} (or NaN: not measured), "
            f"got {numbers[row]}"
        )
    return numbers


def _block(
    table: Table,
    key: ColumnKey,
    stored: Architectures,
    codes: NDArray[np.int64],
    at: NDArray[np.int64],
    numbers: NDArray[np.float64],
) -> Block:
    """Return one column's values that the table does not hold yet, each architecture once."""
    task, recipe, device, name = key
    given = np.flatnonzero(~np.isnan(numbers))
    rows, first, back = np.unique(at[given], return_index=True, return_inverse=True)
    kept = numbers[given][first]
    check_column(table, name, stored[given], numbers[given], kept[back], "the batch")
    held = stored_column(table, key, codes[rows])
    new = np.isnan(held)
    check_column(table, name, stored[given][first], kept, np.where(new, kept, held), "the store")
    zeros = np.zeros(int(new.sum()), np.int64)
    return Block(
        task, recipe, None, rows[new], zeros, zeros.astype("u1"), zeros, {name: kept[new]}, {}, device
    )
