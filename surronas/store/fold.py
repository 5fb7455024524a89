"""Fold segments into one: the same runs, constants and provenance, each once."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.store.files import Part
from surronas.store.folded_values import FoldedColumns, FoldedCurves
from surronas.store.layout import Block, Header, segment_bytes
from surronas.store.segment import Segment
from surronas.store.table import Section, Table


class Choice(Protocol):
    """What is to be kept of a table."""

    @property
    def of_runs(self) -> bool:
        """Whether columns are kept only of architectures that have a run that is kept."""

    def positions(self, section: Section, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of a section's positions that are kept."""


def fold(
    table: Table, members: Sequence[Segment], header: Header, choice: Choice | None = None
) -> Iterator[Part]:
    """Give the bytes of one segment that holds what counts, and is chosen, of a table's ``members``.

    Column by column, and curves by some chunks at a time: so much is in memory, not the whole segment.
    """
    kept = _Kept(table, members, choice)
    used = kept.used()
    pooled = _Provenance()
    blocks = _blocks(table, kept, np.cumsum(used) - 1, pooled)
    if used.all():
        return segment_bytes(header, table.codes, table.architectures, blocks, pooled.entries)
    return segment_bytes(header, table.codes[used], table.architectures[used], blocks, pooled.entries)


class _Kept:
    """What is kept of each section: what counts, lies in a member, and is chosen."""

    def __init__(self, table: Table, members: Sequence[Segment], choice: Choice | None) -> None:
        self._table, self._members, self._choice = table, members, choice
        self._with_runs: NDArray[np.bool_] | None = None  # (A,) architectures whose columns are kept

    def used(self) -> NDArray[np.bool_]:
        """Return (A,) which architectures of the table have anything that is kept."""
        if self._choice is None and len(self._members) == len(self._table.segments):
            return np.ones(len(self._table.codes), bool)
        used = np.zeros(len(self._table.codes), bool)
        for section in _sections(self._table):  # runs come before columns
            if self._choice is not None and self._choice.of_runs and section.key[2] is None:
                self._with_runs = used
                break
            used[section.rows[self.positions(section)]] = True
        return used

    def positions(self, section: Section) -> NDArray[np.int64]:
        """Return the positions of a section that are kept."""
        at = section.winners(self._members)
        if self._choice is not None:
            at = self._choice.positions(section, at)
        if self._with_runs is not None and section.key[2] is None:
            at = at[self._with_runs[section.rows[at]]]
        return at


def _sections(table: Table) -> Iterator[Section]:
    """Give the sections one after the other, each afresh, so that what it keeps goes with it."""
    for section in (*table.sections.values(), *table.constants.values()):
        yield Section(table, section.parts)
        for part in section.parts:
            part.segment.container.release()


def _blocks(table: Table, kept: _Kept, number: NDArray[np.int64], pooled: "_Provenance") -> Iterator[Block]:
    """Give what is kept of each section; ``number`` (A,) is the new row of each architecture."""
    for section in _sections(table):
        at = kept.positions(section)
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
