"""Fold segments into one: the same runs, constants and provenance, each once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.store.layout import Block, Header, segment_bytes
from surronas.store.segment import Segment
from surronas.store.table import Section, Table


def fold(table: Table, members: Sequence[Segment], header: Header) -> list[bytes | memoryview]:
    """Return the bytes of one segment that holds what counts of the ``members`` of a table."""
    pooled = _Provenance()
    sections = (*table.sections.values(), *table.constants.values())
    blocks = [_block(section, members, pooled) for section in sections]
    kept = [block for block in blocks if len(block.rows)]
    used = np.unique(np.concatenate([block.rows for block in kept] or [np.empty(0, np.int64)]))
    renumbered = [Block(**{**vars(b), "rows": np.searchsorted(used, b.rows)}) for b in kept]
    codes = table.codes[used]
    return segment_bytes(header, codes, table.space.from_codes(codes), renumbered, pooled.entries)


def _block(section: Section, members: Sequence[Segment], pooled: "_Provenance") -> Block:
    """Return the runs of a section that lie in the members, with rows of the table."""
    at = section.winners(members)
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
