"""Records to be appended, as the architectures and blocks of a new segment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import DuplicateRowsError, InputError
from surronas.spaces import Architectures
from surronas.store.schema import Records
from surronas.store.segment import locate
from surronas.store.stretches import numbered
from surronas.store.table import Table


@dataclass(frozen=True)
class Batch:
    """Valid records, the form and code their architectures are stored under, and their axes' groups."""

    records: Records  # (n,)
    architectures: Architectures  # (n, d)
    codes: NDArray[np.int64]  # (n,)
    axes: list[tuple[Any, ...]]  # task, recipe and epochs of each group
    group: NDArray[np.int64]  # (n,) index into axes

    @classmethod
    def of(cls, records: Records, architectures: Architectures, codes: NDArray[np.int64]) -> "Batch":
        """Return the batch of valid records."""
        axes, group = numbered(records["task"], records["recipe"], records["epochs"])
        return cls(records, architectures, codes, axes, group)

    def select(self, kept: NDArray[np.bool_]) -> "Batch":
        """Return the batch of the rows that are kept."""
        return Batch.of(self.records[kept], self.architectures[kept], self.codes[kept])

    def rows_of(self, group: int) -> NDArray[np.int64]:
        """Return the rows of one group, sorted by seed, then architecture."""
        rows = np.flatnonzero(self.group == group)
        return rows[np.lexsort((self.codes[rows], self.records["seed"][rows]))]


def without_duplicates(table: Table, batch: Batch, existing: str) -> Batch:
    """Return the batch without rows that repeat a run of the store or of the batch itself.

    Raises:
        InputError: ``existing`` is neither "raise" nor "skip".
        InputError: an architecture has the hash of another (see ``check_codes``).
        DuplicateRowsError: there are such rows, and ``existing`` is "raise".
    """
    check_existing(existing)
    check_codes(table, batch.architectures, batch.codes)
    repeated, seeds = np.zeros(len(batch.codes), bool), batch.records["seed"]
    for group, key in enumerate(batch.axes):
        rows = batch.rows_of(group)
        twins = (np.diff(batch.codes[rows]) == 0) & (np.diff(seeds[rows]) == 0)
        repeated[rows[1:][twins]] = True  # the sort is stable: the first of the twins stays
        if key in table.sections:
            repeated[rows] |= table.sections[key].holds(batch.codes[rows], seeds[rows])
    if existing == "raise" and repeated.any():
        raise DuplicateRowsError(_repetition(table, batch, np.flatnonzero(repeated)))
    return batch.select(~repeated) if repeated.any() else batch


def check_existing(existing: str) -> None:
    """Refuse what is no answer to runs that are there already.

    Raises:
        InputError: neither "raise" nor "skip".
    """
    if existing not in ("raise", "skip"):
        raise InputError(f'expected existing="raise" or existing="skip", got {existing!r}')


def check_codes(table: Table, architectures: Architectures, codes: NDArray[np.int64]) -> None:
    """Refuse two architectures with one code, which only hashes of a large space can give.

    Raises:
        InputError: two of the batch, or one of the batch and one of the store, share a code.
    """
    if table.space.numbered:
        return
    _, first, at = np.unique(codes, return_index=True, return_inverse=True)
    same = (architectures == architectures[first][at]).all(axis=1)
    rows = locate(table.codes, codes)
    known = rows >= 0
    same[known] &= (table.architectures[rows[known]] == architectures[known]).all(axis=1)
    if not same.all():
        row = int(np.argmin(same))
        raise InputError(
            f"row {row}: {architectures[row].tolist()} has the 63-bit hash of another architecture; "
            f"keep it in a store of its own"
        )


def _repetition(table: Table, batch: Batch, rows: NDArray[np.int64]) -> str:
    """Return the message that names the first repeated run."""
    first = int(rows[0])
    task, recipe, epochs = batch.axes[batch.group[first]]
    name = table.space.to_strings(batch.architectures[first : first + 1])[0]
    return (
        f"{len(rows)} of {len(batch.codes)} rows repeat a run that the store, or the batch, already holds: "
        f"row {first} is {name}, task {task!r}, epochs {epochs}, seed {batch.records['seed'][first]}, "
        f'recipe {recipe[:60]!r}; pass existing="skip" to leave them out'
    )
