"""A store in a folder of segment files: each append adds one, without a lock; merging folds them."""

import contextlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from surronas.errors import StoreError
from surronas.store.files import check_writable, locked, remove_strays, write_aside
from surronas.store.lineage import folded_by, heads, vanished
from surronas.store.segment import Segment
from surronas.store.storage import FILE_SUFFIX, Parts, TableOf, segment_age, segment_name
from surronas.store.table import Table

MANY_SEGMENTS = 64  # more are folded by the next append: opening costs about 0.2 ms a segment
STRAY_SECONDS = 86_400.0  # a partial file older than this belongs to no living writer
TRIES = 100  # listings of a folder that other processes keep changing
TRIES_FOR_VANISHED = 5  # listings that must agree that a segment has vanished
LOCK = ".lock"


class FolderStorage:
    """A folder of segment files, which many processes may add to at once without a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._present: dict[str, Segment] = {}  # file name -> segment, as of the last reading, oldest first
        self._live: list[Segment] = []

    def segments(self, known: Sequence[Segment]) -> list[Segment]:
        """Return the segments that no other one replaces, oldest first.

        Raises:
            StoreError: a segment that another one has seen is gone; or one that can't be read.
        """
        for _ in range(TRIES_FOR_VANISHED):
            if self._present and self._list() == list(self._present):
                return self._live
            present = self._read()
            live = live_segments(present.values())
            if not (lacking := vanished([segment.header for segment in live])):
                self._present, self._live = present, live
                return live
            time.sleep(0.01)  # two merges between two listings can look like this: look again
        raise StoreError(vanished_message(self.path, lacking))

    def _read(self) -> dict[str, Segment]:
        """Return all segments by file name; lists anew when one vanishes between listing and opening."""
        opened = dict(self._present)
        for _ in range(TRIES):
            names = self._names()
            with contextlib.suppress(FileNotFoundError):
                for name in names:
                    if name not in opened:
                        opened[name] = Segment.open(self.path / name)
                return {name: opened[name] for name in names}
        raise StoreError(
            f"segments of {self.path} kept vanishing in {TRIES} tries, such as {names[-1]}; is the folder "
            f"being deleted, or is that a dangling link?"
        )

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
        with locked(self.path / LOCK, blocking=everything) as taken:
            if not taken:
                return
            live = self.segments(known)
            self._delete([segment for segment in self._present.values() if segment not in live])
            members = list(live) if everything else _small(live)
            if len(members) > 1:
                self._fold(table_of(live), members)
            remove_strays(self.path, "segment-.*", older_than_seconds=STRAY_SECONDS)

    def _fold(self, table: Table, members: list[Segment]) -> None:
        """Put one segment, as old as the oldest member, in the place of the members."""
        from surronas.store.fold import fold  # here, not above: readers need none of it

        identity = os.urandom(16).hex()
        headers = [segment.header for segment in members]
        others = [segment.header for segment in table.segments if segment not in members]
        header = replace(
            table.header,
            segment=identity,
            replaces=tuple(old.segment for old in headers),
            seen=heads(others),
            folded=folded_by(headers, others, time.time()),
            metrics=tuple(table.metrics.values()),
        )
        age = segment_age(members[0].name)
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
        return list_segments(self.path)


def list_segments(folder: Path) -> list[str]:
    """Return the names of the segment files in a folder, oldest first.

    Raises:
        StoreError: it can't be listed, or has none.
    """
    try:
        names = [n for n in os.listdir(folder) if n.startswith("segment-") and n.endswith(FILE_SUFFIX)]
    except OSError as error:
        raise StoreError(
            f"can't list {folder}: {error.strerror}; check the path and its permissions"
        ) from error
    if not names:
        raise StoreError(f"{folder} is a folder without segments (segment-*.h5); expected a surronas store")
    return sorted(names)


def live_segments(present: Iterable[Segment]) -> list[Segment]:
    """Return the segments that no other one replaces."""
    segments = list(present)
    replaced = {identity for segment in segments for identity in segment.header.replaces}
    return [segment for segment in segments if segment.header.segment not in replaced]


def vanished_message(folder: Path, identities: Sequence[str]) -> str:
    """Return what is to be said of segments that are gone."""
    files = ", ".join(f"segment-*-{identity}{FILE_SUFFIX}" for identity in identities[:3])
    more = f" and {len(identities) - 3} more" if len(identities) > 3 else ""
    return (
        f"{folder} lacks {files}{more}, which was part of it; put the file back from a copy, or run "
        f"surronas check {folder} --repair to go on without its rows"
    )


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
