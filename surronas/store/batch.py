"""Records to be appended, as the architectures and blocks of a new segment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import DuplicateRowsError, InputError
from surronas.store.schema import Records
from surronas.store.table import Table


@dataclass(frozen=True)
class Batch:
    """Valid records, the codes of their architectures, and their axes' groups."""

    records: Records  # (n,)
    codes: NDArray[np.int64]  # (n,)
    axes: list[tuple[str, str, int]]  # task, recipe and epochs of each group
    group: NDArray[np.int64]  # (n,) index into axes

    @classmethod
    def of(cls, records: Records, codes: NDArray[np.int64]) -> "Batch":
        """Return the batch of valid records."""
        columns = (records["task"].tolist(), records["recipe"].tolist(), records["epochs"].tolist())
        keys = list(zip(*columns, strict=True))
        known = {key: i for i, key in enumerate(sorted(set(keys)))}
        return cls(records, codes, list(known), np.array([known[key] for key in keys], dtype=np.int64))

    def select(self, kept: NDArray[np.bool_]) -> "Batch":
        """Return the batch of the rows that are kept."""
        return Batch.of(self.records[kept], self.codes[kept])

    def rows_of(self, group: int) -> NDArray[np.int64]:
        """Return the rows of one group, sorted by seed, then architecture."""
        rows = np.flatnonzero(self.group == group)
        return rows[np.lexsort((self.codes[rows], self.records["seed"][rows]))]


def without_duplicates(table: Table, batch: Batch, existing: str) -> Batch:
    """Return the batch without rows that repeat a run of the store or of the batch itself.

    Raises:
        InputError: ``existing`` is neither "raise" nor "skip".
        DuplicateRowsError: there are such rows, and ``existing`` is "raise".
    """
    if existing not in ("raise", "skip"):
        raise InputError(f'expected existing="raise" or existing="skip", got {existing!r}')
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


def _repetition(table: Table, batch: Batch, rows: NDArray[np.int64]) -> str:
    """Return the message that names the first repeated run."""
    first = int(rows[0])
    task, recipe, epochs = batch.axes[batch.group[first]]
    name = table.space.to_strings(table.space.from_codes(batch.codes[first : first + 1]))[0]
    return (
        f"{len(rows)} of {len(batch.codes)} rows repeat a run that the store, or the batch, already holds: "
        f"row {first} is {name}, task {task!r}, epochs {epochs}, seed {batch.records['seed'][first]}, "
        f'recipe {recipe[:60]!r}; pass existing="skip" to leave them out'
    )
