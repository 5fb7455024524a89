"""A batch of new runs as the bytes of a segment: blocks of runs, constants, provenance."""

import contextlib
import functools
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.store.batch import Batch
from surronas.store.layout import Block, segment_bytes
from surronas.store.lineage import heads
from surronas.store.schema import CURVE_SUFFIX, STATUSES, curve_names, metric_names
from surronas.store.storage import Parts
from surronas.store.stretches import numbered
from surronas.store.table import ColumnKey, Table


def new_segment(
    table: Table, batch: Batch, command: str, versions: dict[str, str] | None
) -> tuple[Parts, str]:
    """Return the bytes and the identity of a segment of runs that the table does not hold yet.

    Raises:
        InputError: a constant differs from what the store or the batch holds for the same architecture.
    """
    codes, first, at = np.unique(batch.codes, return_index=True, return_inverse=True)
    made, provenance = blocks(table, batch, codes, at, provenance_entry(command, versions))
    return sealed(table, codes, batch.architectures[first], made, provenance)


def sealed(
    table: Table,
    codes: NDArray[np.int64],
    architectures: Architectures,
    made: list[Block],
    provenance: list[dict[str, Any]],
) -> tuple[Parts, str]:
    """Return the bytes and the identity of a segment that adds blocks to a table."""
    identity = secrets.token_hex(16)
    header = replace(
        table.header,
        segment=identity,
        replaces=(),
        folded=(),
        seen=heads([segment.header for segment in table.segments]),
        metrics=tuple(table.metrics.values()),
    )
    return segment_bytes(header, codes, architectures, made, provenance), identity


def provenance_entry(command: str, versions: dict[str, str] | None) -> dict[str, Any]:
    """Return when, by which command and by which versions something was added."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="minutes"),
        "command": command,
        "versions": versions or _versions(),
    }


def blocks(
    table: Table, batch: Batch, codes: NDArray[np.int64], at: NDArray[np.int64], entry: dict[str, Any]
) -> tuple[list[Block], list[dict[str, Any]]]:
    """Return the blocks and the provenance of a segment that holds the batch.

    ``codes`` (A,) ascend, ``at`` (n,) says which of them each row of the batch has.

    Raises:
        InputError: a constant differs from what the store or the batch holds for the same architecture.
    """
    made = [_runs(table, batch, group, at) for group in range(len(batch.axes))]
    for name in metric_names(batch.records.dtype):
        if table.metrics[name].per == "architecture":
            made += _constants(table, batch, name, codes, at)
    pairs, index = numbered(batch.records["origin"], batch.records["device"])
    made = [_with_provenance(block, index) for block in made]
    return made, [{"origin": origin, "device": device, **entry} for origin, device in pairs]


def _runs(table: Table, batch: Batch, group: int, at: NDArray[np.int64]) -> Block:
    """Return one group's runs; ``provenance`` holds, for now, the rows of the batch."""
    task, recipe, epochs = batch.axes[group]
    rows, records = batch.rows_of(group), batch.records
    metrics = {
        name: values
        for name in metric_names(records.dtype)
        if table.metrics[name].per == "run" and not np.isnan(values := records[name][rows]).all()
    }
    curves = {
        name: curve
        for name in curve_names(records.dtype)
        if not np.isnan(curve := records[name + CURVE_SUFFIX][rows, :epochs]).all()
    }
    words, status = records["status"][rows], np.zeros(len(rows), np.uint8)
    for number, word in enumerate(STATUSES):
        status[words == word] = number
    return Block(task, recipe, epochs, at[rows], records["seed"][rows], status, rows, metrics, curves)


def _constants(
    table: Table, batch: Batch, name: str, codes: NDArray[np.int64], at: NDArray[np.int64]
) -> list[Block]:
    """Return one constant's blocks, one for each task and recipe, where the batch gives it."""
    made = []
    for task, recipe in sorted({axes[:2] for axes in batch.axes}):
        groups = [i for i, axes in enumerate(batch.axes) if axes[:2] == (task, recipe)]
        given = np.flatnonzero(np.isin(batch.group, groups) & ~np.isnan(batch.records[name]))
        rows, first, back = np.unique(at[given], return_index=True, return_inverse=True)
        if not len(rows):
            continue
        values = batch.records[name][given]
        kept = values[first]
        where = batch.architectures[given]
        check_column(table, name, where, values, kept[back], "the batch")
        stored = stored_column(table, (task, recipe, "", name), codes[rows])
        stored = np.where(np.isnan(stored), kept, stored)
        check_column(table, name, where[first], kept, stored, "the store")
        zeros = np.zeros(len(rows), np.int64)
        made.append(Block(task, recipe, None, rows, zeros, zeros.astype("u1"), given[first], {name: kept}))
    return made


def stored_column(table: Table, key: ColumnKey, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (n,) values that the store holds of a column of architectures, NaN where none."""
    values = np.full(len(codes), np.nan)
    section = table.constants.get(key)
    for part in reversed(section.parts) if section else ():
        found = part.find(part.segment.find(codes), np.zeros(len(codes), np.int64))
        values[found >= 0] = part.column(key[3])[found[found >= 0]]
    return values


def check_column(
    table: Table,
    name: str,
    architectures: Architectures,
    given: NDArray[np.float64],
    held: NDArray[np.float64],
    where: str,
) -> None:
    """Refuse a value of an architecture that is not what is already held."""
    if (given != held).any():
        row = int(np.argmax(given != held))
        text = table.space.to_strings(architectures[row : row + 1])[0]
        raise InputError(
            f"{name} is a constant of an architecture, task and recipe: {where} has {held[row]} for {text}, "
            f"got {given[row]}; a changed recipe needs its own recipe text"
        )


def _with_provenance(block: Block, index: NDArray[np.int64]) -> Block:
    """Return the block with the provenance of its rows in place of the rows."""
    return Block(**{**vars(block), "provenance": index[block.provenance]})


@functools.cache
def _versions() -> dict[str, str]:
    """Return the versions of what made the numbers, as far as they are installed."""
    import importlib.metadata  # here, not above: it costs readers 30 ms

    versions = {}
    for package in ("surronas", "numpy", "torch"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
