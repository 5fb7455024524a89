"""A store in one file: one segment, rewritten aside on each append."""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from surronas.errors import StoreError
from surronas.store.container import Container
from surronas.store.files import check_writable, joined, locked, remove_strays, write_aside
from surronas.store.segment import Segment
from surronas.store.storage import Parts, TableOf
from surronas.store.table import Table


class FileStorage:
    """One file that holds one segment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] = ()

    def segments(self, known: Sequence[Segment]) -> list[Segment]:
        """Return the file's one segment."""
        try:
            state = os.stat(self.path)
            seen = (state.st_ino, state.st_size, state.st_mtime_ns)
            if known and seen == self._seen:
                return list(known)
            opened = [Segment.open(self.path)]
        except FileNotFoundError as error:
            raise StoreError(f"there is no store at {self.path} any more; check the path") from error
        self._seen = seen
        return opened

    @contextlib.contextmanager
    def appending(self) -> Iterator[None]:
        """Hold the file's lock: one append at a time."""
        check_writable(self.path)
        with locked(self.path.with_name(self.path.name + ".lock")):
            remove_strays(self.path.parent, re.escape(self.path.name), older_than_seconds=0)
            yield

    def add(self, table: Table, parts: Parts, identity: str) -> None:
        """Write the file anew, with the new segment folded in, and rename it into place."""
        from surronas.store.fold import fold  # here, not above: readers need none of it

        content = joined(parts)
        old, new = table.segments[0], Segment(Container(content, str(self.path)))
        both = Table([old, new], table.space)
        alone = replace(old.header, segment=identity, replaces=(), seen=(), folded=())
        header = replace(alone, metrics=tuple(both.metrics.values()))
        write_aside(self.path, fold(both, both.segments, header) if old.blocks else [content])

    def merge(self, known: Sequence[Segment], table_of: TableOf, *, everything: bool) -> None:
        """Do nothing: there is one segment."""
