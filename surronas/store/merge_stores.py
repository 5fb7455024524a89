"""The rows of one store as a segment for another, each with its own provenance."""

import secrets
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from surronas.errors import DuplicateRowsError, InputError
from surronas.store.batch import check_codes, check_existing
from surronas.store.fold import fold
from surronas.store.lineage import heads
from surronas.store.new_segment import check_column, stored_column
from surronas.store.schema import Metric
from surronas.store.storage import Parts
from surronas.store.table import Section, Table


def segment_of_other(table: Table, other: Table, existing: str) -> tuple[tuple[Parts, str] | None, int]:
    """Return the bytes and the identity of a segment of what a table lacks of another (None: nothing).

    Also returns the number of runs in it. Only a column at a time is in memory.

    Raises:
        InputError: another space, a metric that is defined otherwise, or another value of a column.
        DuplicateRowsError: a run is in both, and ``existing`` is "raise".
    """
    check_existing(existing)
    metrics = _metrics_of_both(table, other)
    check_codes(table, other.architectures, other.codes)
    absent = _Absent(table, other)
    num_runs, num_values = _count_new(table, other, absent, existing)
    if not num_runs + num_values:
        return None, 0
    identity = secrets.token_hex(16)
    header = replace(
        table.header,
        segment=identity,
        replaces=(),
        folded=(),
        seen=heads([segment.header for segment in table.segments]),
        metrics=tuple(metrics.values()),
    )
    return (fold(other, other.segments, header, absent), identity), num_runs


@dataclass(frozen=True)
class _Absent:
    """Selects what one table lacks of another."""

    table: Table
    other: Table
    of_runs: bool = False

    def positions(self, section: Section, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of a section's positions that the table does not hold."""
        codes = self.other.codes[section.rows[at]]
        if section.key[2] is None:
            return at[np.isnan(stored_column(self.table, _column_key(section), codes))]
        twin = self.table.sections.get((*section.key[:2], section.key[2]))
        return at if twin is None else at[~twin.holds(codes, section.run_seeds[at])]


def _metrics_of_both(table: Table, other: Table) -> dict[str, Metric]:
    """Return all metrics by name.

    Raises:
        InputError: the tables are not of one space, or define a metric in two ways.
    """
    mine, theirs = table.header, other.header
    if (mine.space, mine.num_choices, mine.canonical) != (theirs.space, theirs.num_choices, theirs.canonical):
        raise InputError(
            f"expected a store of space {mine.space!r} (canonical: {mine.canonical}), "
            f"got {theirs.space!r} (canonical: {theirs.canonical}); append its records() instead"
        )
    for name, metric in other.metrics.items():
        if table.metrics.get(name, metric) != metric:
            raise InputError(
                f"the stores define metric {name!r} in two ways: {table.metrics[name]} and {metric}; "
                f"rename one of them"
            )
    return table.metrics | other.metrics


def _count_new(table: Table, other: Table, absent: _Absent, existing: str) -> tuple[int, int]:
    """Return how many runs, and values of columns, the table lacks.

    Raises:
        InputError: another value of a column; DuplicateRowsError: a run is in both, and that is refused.
    """
    num_runs = num_values = num_repeated = 0
    first: tuple[Section, int] | None = None
    for kept in (*other.sections.values(), *other.constants.values()):
        section = Section(other, kept.parts)  # afresh: what it reads goes with it
        everything = np.arange(section.num_runs)
        new = absent.positions(section, everything)
        if section.key[2] is None:
            _check_column(table, other, section)
            num_values += len(new)
            continue
        num_runs += len(new)
        if len(new) < len(everything):
            num_repeated += len(everything) - len(new)
            first = first or (section, int(np.setdiff1d(everything, new)[0]))
    if first is not None and existing == "raise":
        raise DuplicateRowsError(_repetition(other, *first, num_repeated, num_repeated + num_runs))
    return num_runs, num_values


def _check_column(table: Table, other: Table, section: Section) -> None:
    """Refuse a column of architectures that has other values than the table holds."""
    key = _column_key(section)
    values = section.column(key[3]).astype(np.float64)
    held = stored_column(table, key, other.codes[section.rows])
    where = other.architectures[section.rows]
    check_column(table, key[3], where, values, np.where(np.isnan(held), values, held), "the store")


def _column_key(section: Section) -> tuple[str, str, str, str]:
    (metric,) = section.metrics
    return section.key[0], section.key[1], section.device, metric


def _repetition(other: Table, section: Section, at: int, repeated: int, total: int) -> str:
    """Return the message that names the first run that is in both."""
    task, recipe, epochs = section.key
    row = int(section.rows[at])
    return (
        f"{repeated} of {total} runs are in both stores: the first is "
        f"{other.space.to_strings(other.architectures[row : row + 1])[0]}, task {task!r}, epochs {epochs}, "
        f'seed {section.run_seeds[at]}, recipe {recipe[:60]!r}; pass existing="skip" to leave them out'
    )
