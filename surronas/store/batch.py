"""Records to be appended, as the architectures and blocks of a new segment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import DuplicateRowsError, InputError
from surronas.store.layout import Block
from surronas.store.schema import CURVE_SUFFIX, STATUSES, Records, curve_names, metric_names
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


def blocks(
    table: Table, batch: Batch, entry: dict[str, Any]
) -> tuple[NDArray[np.int64], list[Block], list[dict[str, Any]]]:
    """Return the (A,) ascending codes, the blocks and the provenance of a segment that holds the batch.

    Raises:
        InputError: a constant differs from what the store or the batch holds for the same architecture.
    """
    codes, at = np.unique(batch.codes, return_inverse=True)
    made = [_runs(table, batch, group, at) for group in range(len(batch.axes))]
    for name in metric_names(batch.records.dtype):
        if table.metrics[name].per == "architecture":
            made += _constants(table, batch, name, codes, at)
    pairs = list(zip(batch.records["origin"].tolist(), batch.records["device"].tolist(), strict=True))
    known = {pair: i for i, pair in enumerate(sorted(set(pairs)))}
    index = np.array([known[pair] for pair in pairs], dtype=np.int64)
    made = [_with_provenance(block, index) for block in made]
    return codes, made, [{"origin": origin, "device": device, **entry} for origin, device in known]


def _runs(table: Table, batch: Batch, group: int, at: NDArray[np.int64]) -> Block:
    """Return one group's runs; ``provenance`` holds, for now, the rows of the batch."""
    task, recipe, epochs = batch.axes[group]
    rows = batch.rows_of(group)
    records = batch.records[rows]
    dtype = records.dtype
    metrics = {
        name: records[name]
        for name in metric_names(dtype)
        if table.metrics[name].per == "run" and not np.isnan(records[name]).all()
    }
    curves = {
        name: curve[:, :epochs]
        for name in curve_names(dtype)
        if not np.isnan(curve := records[name + CURVE_SUFFIX]).all()
    }
    status = np.array([STATUSES.index(word) for word in records["status"].tolist()], np.uint8)
    return Block(task, recipe, epochs, at[rows], records["seed"], status, rows, metrics, curves)


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
        _check_constant(table, name, codes[at[given]], values, kept[back], "the batch")
        stored = _stored_constants(table, task, recipe, name, codes[rows])
        _check_constant(table, name, codes[rows], kept, np.where(np.isnan(stored), kept, stored), "the store")
        zeros = np.zeros(len(rows), np.int64)
        made.append(Block(task, recipe, None, rows, zeros, zeros.astype("u1"), given[first], {name: kept}))
    return made


def _stored_constants(
    table: Table, task: str, recipe: str, name: str, codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the (n,) values that the store holds, NaN where none."""
    values = np.full(len(codes), np.nan)
    section = table.constants.get((task, recipe, name))
    for part in reversed(section.parts) if section else ():
        found = part.find(part.segment.find(codes), np.zeros(len(codes), np.int64))
        values[found >= 0] = part.column(name)[found[found >= 0]]
    return values


def _check_constant(
    table: Table,
    name: str,
    codes: NDArray[np.int64],
    given: NDArray[np.float64],
    held: NDArray[np.float64],
    where: str,
) -> None:
    """Refuse a constant that is not what is already held."""
    if (given != held).any():
        row = int(np.argmax(given != held))
        text = table.space.to_strings(table.space.from_codes(codes[row : row + 1]))[0]
        raise InputError(
            f"{name} is a constant of an architecture, task and recipe: {where} has {held[row]} for {text}, "
            f"got {given[row]}; a changed recipe needs its own recipe text"
        )


def _with_provenance(block: Block, index: NDArray[np.int64]) -> Block:
    """Return the block with the provenance of its rows in place of the rows."""
    return Block(**{**vars(block), "provenance": index[block.provenance]})
