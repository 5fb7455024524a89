"""Fold segments into one: the same runs, constants and provenance, each once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.store.files import Part
from surronas.store.folded_values import FoldedColumns, FoldedCurves
from surronas.store.layout import Block, Header, segment_bytes
from surronas.store.segment import Segment
from surronas.store.table import Section, Table


class Selection(NamedTuple):
    """Which runs to keep; None: any. Constants of the architectures kept come with them."""

    rows: NDArray[np.int64] | None = None  # of the table
    task: str | None = None
    recipe: str | None = None
    seeds: Sequence[int] | None = None

    def positions(self, section: Section, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of a section's positions that are kept."""
        task, recipe, epochs = section.key
        if any(want and have and want != have for want, have in ((self.task, task), (self.recipe, recipe))):
            return at[:0]
        kept = np.ones(len(at), bool) if self.rows is None else np.isin(section.rows[at], self.rows)
        if self.seeds is not None and epochs is not None:
            kept &= np.isin(section.run_seeds[at], self.seeds)
        return at[kept]


def fold(
    table: Table, members: Sequence[Segment], header: Header, selection: Selection | None = None
) -> Iterator[Part]:
    """Give the bytes of one segment that holds what counts, and is selected, of a table's ``members``.

    Column by column, and curves by some chunks at a time: so much is in memory, not the whole segment.
    """
    chosen = selection or Selection()
    everything = selection is None and len(members) == len(table.segments)
    used = np.ones(len(table.codes), bool) if everything else _used(table, members, chosen)
    pooled = _Provenance()
    blocks = _blocks(table, members, chosen, np.cumsum(used) - 1, pooled)
    if used.all():
        return segment_bytes(header, table.codes, table.architectures, blocks, pooled.entries)
    return segment_bytes(header, table.codes[used], table.architectures[used], blocks, pooled.entries)


def _used(table: Table, members: Sequence[Segment], chosen: Selection) -> NDArray[np.bool_]:
    """Return (A,) which architectures of the table have anything that is kept."""
    used = np.zeros(len(table.codes), bool)
    for section in _sections(table):
        used[section.rows[chosen.positions(section, section.winners(members))]] = True
    return used


def _sections(table: Table) -> Iterator[Section]:
    """Give the sections one after the other, each afresh, so that what it keeps goes with it."""
    for section in (*table.sections.values(), *table.constants.values()):
        yield Section(table, section.parts)
        for part in section.parts:
            part.segment.container.release()


def _blocks(
    table: Table,
    members: Sequence[Segment],
    chosen: Selection,
    number: NDArray[np.int64],
    pooled: "_Provenance",
) -> Iterator[Block]:
    """Give what is kept of each section; ``number`` (A,) is the new row of each architecture."""
    for section in _sections(table):
        at = chosen.positions(section, section.winners(members))
        if not len(at):
            continue
        index, entries = section.provenance()
        task, recipe, epochs = section.key
        yield Block(
            task,
            recipe,
            epochs,
            number[section.rows[at]],
            section.run_seeds[at],
            section.status[at],
            pooled.numbers(index[at], entries),
            FoldedColumns(section, at),
            {name: FoldedCurves(section, name, at) for name in sorted(section.curve_metrics)},
            section.device,
        )


class _Provenance:
    """The distinct provenances of what was folded, numbered."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._numbers: dict[str, int] = {}

    def numbers(self, index: NDArray[np.int64], entries: list[dict[str, Any]]) -> NDArray[np.int64]:
        """Return the (n,) numbers here of the entries that ``index`` points to."""
        used = np.unique(index)
        translated = np.zeros(len(entries) + 1, np.int64)
        for old in used.tolist():
            key = repr(entries[old])
            if key not in self._numbers:
                self._numbers[key] = len(self.entries)
                self.entries.append(entries[old])
            translated[old] = self._numbers[key]
        return translated[index]
