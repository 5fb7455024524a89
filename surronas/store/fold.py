"""Fold segments into one: the same runs, constants and provenance, each once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
) -> list[bytes | memoryview]:
    """Return the bytes of one segment that holds what counts, and is selected, of a table's ``members``."""
    pooled = _Provenance()
    sections = (*table.sections.values(), *table.constants.values())
    chosen = selection or Selection()
    blocks = [
        _block(section, chosen.positions(section, section.winners(members)), pooled) for section in sections
    ]
    kept = [block for block in blocks if len(block.rows)]
    used = np.unique(np.concatenate([block.rows for block in kept] or [np.empty(0, np.int64)]))
    renumbered = [Block(**{**vars(b), "rows": np.searchsorted(used, b.rows)}) for b in kept]
    return segment_bytes(header, table.codes[used], table.architectures[used], renumbered, pooled.entries)


def _block(section: Section, at: NDArray[np.int64], pooled: "_Provenance") -> Block:
    """Return the runs at some positions of a section, with rows of the table."""
    index, entries = section.provenance()
    task, recipe, epochs = section.key
    metrics = {name: section.column(name)[at].astype(np.float64) for name in sorted(section.metrics)}
    curves = {name: section.curves(name, at) for name in sorted(section.curve_metrics)}
    return Block(
        task,
        recipe,
        epochs,
        section.rows[at],
        section.run_seeds[at],
        section.status[at],
        pooled.numbers(index[at], entries),
        {name: values for name, values in metrics.items() if not np.isnan(values).all()},
        {name: values for name, values in curves.items() if not np.isnan(values).all()},
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
