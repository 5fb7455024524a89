"""Where segments live: one file, rewritten on each append; or a folder, to which each append adds one."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from surronas.errors import StoreError
from surronas.store.container import Container
from surronas.store.files import check_writable, locked, partial_name, remove_strays, sync_folder, write_aside
from surronas.store.fold import fold
from surronas.store.layout import Header, segment_bytes
from surronas.store.segment import Segment
from surronas.store.table import Table

FILE_SUFFIX = ".h5"  # of a path that is to become a single-file store
MANY_SEGMENTS = 64  # a folder with more is merged by the next append: opening costs about 0.2 ms a segment
STRAY_SECONDS = 86_400.0  # a partial file older than this belongs to no living writer
TRIES = 100  # listings of a folder that other processes keep changing

Parts = Sequence[bytes | memoryview]


class Storage(Protocol):
    """The place of a store's segments."""

    path: Path

    def segments(self, known: Sequence[Segment]) -> list[Segment]:
        """Return the live segments, oldest first; those of ``known`` that are unchanged are reused."""

    def appending(self) -> contextlib.AbstractContextManager[object]:
        """Hold what an append needs between looking for duplicates and adding its segment."""

    def add(self, table: Table, parts: Parts, identity: str) -> None:
        """Make a new segment part of the store, durably, or change nothing."""

    def merge(self, known: Sequence[Segment], table_of: "TableOf", *, everything: bool) -> None:
        """Fold segments into one."""


class TableOf(Protocol):
    """Makes a table of segments."""

    def __call__(self, segments: Sequence[Segment]) -> Table:
        """Return the table."""


def storage_at(path: Path) -> "Storage":
    """Return the storage at a path.

    Raises:
        StoreError: there is nothing at the path.
    """
    if path.is_dir():
        return FolderStorage(path)
    if not path.exists():
        raise StoreError(
            f"there is no store at {path}; check the path, or make one with BenchmarkStore.create"
        )
    return FileStorage(path)


def create(path: Path, header: Header) -> None:
    """Write an empty store: a file if the path ends in .h5, else a folder.

    Raises:
        StoreError: there is something at the path, or it can't be written.
    """
    if path.exists():
        raise StoreError(f"can't create a store at {path}: it exists; open it, or choose another path")
    width = len(header.num_choices)
    first = replace(header, segment=secrets.token_hex(16))
    parts = segment_bytes(first, np.empty(0, np.int64), np.empty((0, width), np.int8), [], [])
    if path.suffix == FILE_SUFFIX:
        write_aside(path, parts)
        return
    aside = partial_name(path)
    try:
        aside.mkdir()
        write_aside(aside / _segment_name(time.time_ns(), first.segment), parts)
        aside.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"can't create {path}: {error.strerror}; check that its folder can be written"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


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
            remove_strays(self.path.parent, f"{self.path.name}.*", older_than_seconds=0)
            yield

    def add(self, table: Table, parts: Parts, identity: str) -> None:
        """Write the file anew, with the new segment folded in, and rename it into place."""
        old, new = table.segments[0], Segment(Container(b"".join(parts), str(self.path)))
        both = Table([old, new], table.space)
        header = replace(old.header, segment=identity)
        write_aside(self.path, fold(both, both.segments, header))

    def merge(self, known: Sequence[Segment], table_of: TableOf, *, everything: bool) -> None:
        """Do nothing: there is one segment."""


class FolderStorage:
    """A folder of segment files, which many processes may add to at once without a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def segments(self, known: Sequence[Segment]) -> list[Segment]:
        """Return the segments that no other one replaces, oldest first."""
        return _live(self._present(known))

    def _present(self, known: Sequence[Segment]) -> list[Segment]:
        """Return all segments, oldest first; lists anew when one vanishes between listing and opening."""
        opened = {Path(segment.name).name: segment for segment in known}
        for _ in range(TRIES):
            names = self._names()
            with contextlib.suppress(FileNotFoundError):
                for name in names:
                    if name not in opened:
                        opened[name] = Segment.open(self.path / name)
                return [opened[name] for name in names]
        raise StoreError(f"the segments of {self.path} kept vanishing in {TRIES} tries; is it being deleted?")

    def appending(self) -> contextlib.AbstractContextManager[None]:
        """Hold nothing: appends need no lock."""
        check_writable(self.path)
        return contextlib.nullcontext()

    def add(self, table: Table, parts: Parts, identity: str) -> None:
        """Write the new segment beside the others."""
        write_aside(self.path / _segment_name(time.time_ns(), identity), parts)

    def merge(self, known: Sequence[Segment], table_of: TableOf, *, everything: bool) -> None:
        """Fold all segments into one; or, unless ``everything``, the small ones, if no other process does.

        A reader sees, at any moment, each run at least once and counts it once: the folded segment names
        those that it replaces, and they are deleted after it is in place.
        """
        check_writable(self.path)
        with locked(self.path / ".lock", blocking=everything) as taken:
            if not taken:
                return
            present = self._present(known)
            live = _live(present)
            self._delete([segment for segment in present if segment not in live])  # a killed merge left them
            members = live if everything else _small(live)
            if len(members) > 1:
                self._fold(table_of(live), members)
            remove_strays(self.path, "segment-*", older_than_seconds=STRAY_SECONDS)

    def _fold(self, table: Table, members: list[Segment]) -> None:
        """Put one segment, as old as the oldest member, in the place of the members."""
        identity = secrets.token_hex(16)
        header = replace(
            table.header,
            segment=identity,
            replaces=tuple(segment.header.segment for segment in members),
            metrics=tuple(table.metrics.values()),
        )
        age = int(Path(members[0].name).name.split("-")[1])
        write_aside(self.path / _segment_name(age, identity), fold(table, members, header))
        self._delete(members)

    def _delete(self, segments: Sequence[Segment]) -> None:
        """Delete segments that another one replaces; what can't be deleted is only a waste of space."""
        for segment in segments:
            with contextlib.suppress(OSError):
                Path(segment.name).unlink()

    def _names(self) -> list[str]:
        """Return the names of all segment files, oldest first, as two listings in a row agree on them.

        One listing of a large folder is not atomic: it could miss a merged segment, made behind its back, and
        the ones deleted before it came to them. The merged one is in place before the first deletion, so a
        second listing has it.
        """
        names = self._list()
        while (again := self._list()) != names:
            names = again
        return names

    def _list(self) -> list[str]:
        try:
            names = [n for n in os.listdir(self.path) if n.startswith("segment-") and n.endswith(FILE_SUFFIX)]
        except OSError as error:
            raise StoreError(
                f"can't list {self.path}: {error.strerror}; check the path and its permissions"
            ) from error
        if not names:
            raise StoreError(
                f"{self.path} is a folder without segments (segment-*.h5); expected a surronas store"
            )
        return sorted(names)


def _segment_name(time_ns: int, identity: str) -> str:
    """Return a segment's file name: names sort by age."""
    return f"segment-{time_ns:020d}-{identity}{FILE_SUFFIX}"


def _live(present: Sequence[Segment]) -> list[Segment]:
    """Return the segments that no other one replaces."""
    replaced = {old for segment in present for old in segment.header.replaces}
    return [segment for segment in present if segment.header.segment not in replaced]


def _small(live: Sequence[Segment]) -> list[Segment]:
    """Return the segments to fold: each no larger than all smaller ones together, and the smaller half.

    So a large base is rewritten only once as much has been added to it: n appends write O(n log n) bytes.
    """
    by_size = sorted(live, key=lambda segment: segment.container.num_bytes)
    total, chosen = 0, []
    for place, segment in enumerate(by_size):
        if place >= len(live) // 2 and segment.container.num_bytes > total:
            break
        total += segment.container.num_bytes
        chosen.append(segment)
    return [segment for segment in live if segment in chosen]
