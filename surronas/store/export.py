"""Runs as records: what ``append`` takes and what evaluators return."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surronas.store.axes import Axes, Seed
from surronas.store.columns import column_values
from surronas.store.query import matching
from surronas.store.schema import CURVE_SUFFIX, STATUSES, Records, new_records
from surronas.store.table import Section, Table


def records(
    table: Table,
    rows: NDArray[np.int64] | None,
    axes: Axes,
    origin: str | None,
    *,
    curves: bool,
) -> Records:
    """Return (n,) records of all matching runs, by task, recipe, epochs, then seed, then architecture."""
    found = [
        (section, positions)
        for section in matching(table, axes)
        if len(positions := _positions(section, rows, axes.seed, origin))
    ]
    with_curves = {name for section, _ in found for name in section.curve_metrics} if curves else set()
    longest = max((section.key[2] or 0 for section, _ in found), default=0) if with_curves else 0
    made = new_records(
        sum(len(positions) for _, positions in found),
        table.space.num_decisions,
        _metrics(table),
        [name for name in table.metrics if name in with_curves],
        longest,
    )
    start = 0
    for section, positions in found:
        _fill(table, section, positions, made[start : start + len(positions)], sorted(with_curves))
        start += len(positions)
    return made


def _metrics(table: Table) -> list[str]:
    """Return the metrics that records can hold: not those that hang on a device."""
    on_device = {key[3] for key in table.constants if key[2]}
    return [name for name in table.metrics if name not in on_device]


def _positions(
    section: Section, rows: NDArray[np.int64] | None, seed: Seed, origin: str | None
) -> NDArray[np.int64]:
    """Return the positions of a section's runs that match; None means any."""
    kept = np.ones(section.num_runs, bool)
    if rows is not None:
        kept &= np.isin(section.rows, rows)
    if seed is not None:
        kept &= section.run_seeds == seed
    if origin is not None:
        index, entries = section.provenance()
        kept &= np.array([entry["origin"] == origin for entry in entries])[index]
    return np.flatnonzero(kept)


def _fill(
    table: Table, section: Section, positions: NDArray[np.int64], made: Records, curves: Sequence[str]
) -> None:
    """Write a section's runs into records."""
    task, recipe, epochs = section.key
    rows = section.rows[positions]
    made["architecture"] = table.architectures[rows]
    made["task"], made["recipe"], made["epochs"] = task, recipe, epochs
    made["seed"] = section.run_seeds[positions]
    made["status"] = np.array(STATUSES)[section.status[positions]]
    index, entries = section.provenance()
    made["origin"] = np.array([entry["origin"] for entry in entries])[index[positions]]
    made["device"] = np.array([entry["device"] for entry in entries])[index[positions]]
    for name in section.metrics:
        made[name] = section.column(name)[positions]
    for name in {key[3] for key in table.constants}:
        column = column_values(table, name, Axes(task, recipe, device=""))
        if column is not None:
            made[name] = column[rows]
    for name in curves:
        made[name + CURVE_SUFFIX][:, :epochs] = section.curves(name, positions)
