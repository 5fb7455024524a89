"""A store in a folder of segment files: each append adds one, without a lock; merging folds them."""

import contextlib
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from surronas.errors import StoreError
from surronas.store.files import check_writable, locked, remove_strays, write_aside
from surronas.store.fold import fold
from surronas.store.segment import Segment
from surronas.store.storage import FILE_SUFFIX, Parts, TableOf, segment_name
from surronas.store.table import Table

MANY_SEGMENTS = 64  # more are folded by the next append: opening costs about 0.2 ms a segment
STRAY_SECONDS = 86_400.0  # a partial file older than this belongs to no living writer
TRIES = 100  # listings of a folder that other processes keep changing


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
        write_aside(self.path / segment_name(time.time_ns(), identity), parts)

    def merge(self, known: Sequence[Segment], table_of: TableOf, *, everything: bool) -> None:
        """Fold all segments into one; or, unless ``everything``, the small ones once there are many.

        A reader sees, at any moment, each run at least once and counts it once: the folded segment names
        those that it replaces, and they are deleted after it is in place.
        """
        if not everything and len(known) <= MANY_SEGMENTS:
            return
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
        write_aside(self.path / segment_name(age, identity), fold(table, members, header))
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
