"""The place of a store's segments: what a single file and a folder have in common."""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from surronas.store.files import Part
from surronas.store.segment import Segment
from surronas.store.table import Table

FILE_SUFFIX = ".h5"  # of a path that is to become a single-file store, and of segments

Parts = Iterable[Part]
TableOf = Callable[[Sequence[Segment]], Table]


class Storage(Protocol):
    """The place of a store's segments."""

    path: Path

    def segments(self, known: Sequence[Segment]) -> list[Segment]:
        """Return the live segments, oldest first; those of ``known`` that are unchanged are reused."""

    def appending(self) -> contextlib.AbstractContextManager[None]:
        """Hold what an append needs between looking for duplicates and adding its segment."""

    def add(self, table: Table, parts: Parts, identity: str) -> None:
        """Make a new segment part of the store, durably, or change nothing."""

    def merge(self, known: Sequence[Segment], table_of: TableOf, *, everything: bool) -> None:
        """Fold all segments into one; or, unless ``everything``, small ones if there are very many."""


def segment_name(time_ns: int, identity: str) -> str:
    """Return a segment's file name: names sort by age."""
    return f"segment-{time_ns:020d}-{identity}{FILE_SUFFIX}"


def segment_age(path: str | Path) -> int:
    """Return the time in a segment's file name; 0 where a hand has given it another name."""
    age = Path(path).name.split("-")[1]
    return int(age) if age.isdigit() else 0
