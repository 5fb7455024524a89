"""What lies in a store's folder: segments that open, files that do not, strangers, and what has vanished."""

import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from surronas.errors import StoreError
from surronas.store.folder import TRIES, TRIES_FOR_VANISHED, list_segments, live_segments
from surronas.store.lineage import vanished
from surronas.store.schema import Metric
from surronas.store.segment import Segment


class Survey(NamedTuple):
    """The files of a folder, sorted out; nothing but their headers has been verified."""

    segments: dict[Path, Segment]  # of this store, oldest first
    unreadable: dict[Path, StoreError]
    foreign: dict[Path, str]  # why it can't belong to this store
    vanished: list[str]  # identities


def survey(folder: Path) -> Survey:
    """Return what lies in a folder.

    Raises:
        StoreError: the folder can't be listed or has no segments, or it never rests.
    """
    for left in reversed(range(TRIES_FOR_VANISHED)):
        opened, unreadable = _opened(folder)
        foreign = _foreign(opened)
        ours = {path: segment for path, segment in opened.items() if path not in foreign}
        named = {identity_in_name(path) for path in (*unreadable, *foreign)}
        live = [segment.header for segment in live_segments(ours.values())]
        lacking = [name for name in vanished(live) if name not in named]
        if not lacking or not left:
            return Survey(ours, unreadable, foreign, lacking)
        time.sleep(0.01)  # two merges between two listings can look like this: look again
    raise AssertionError("unreachable")


def identity_in_name(path: Path) -> str:
    """Return the identity that a segment's file name tells."""
    return path.stem.rpartition("-")[2]


def _opened(folder: Path) -> tuple[dict[Path, Segment], dict[Path, StoreError]]:
    """Return the segments by path, and why the other files can't be opened; lists anew if one is gone."""
    for _ in range(TRIES):
        opened: dict[Path, Segment] = {}
        unreadable: dict[Path, StoreError] = {}
        for path in (folder / name for name in list_segments(folder)):
            try:
                opened[path] = Segment.open(path)
            except FileNotFoundError:
                break
            except StoreError as error:
                unreadable[path] = error
        else:
            return opened, unreadable
    return opened, unreadable | {path: StoreError(f"{path} is a dangling link or keeps vanishing")}


def _foreign(opened: dict[Path, Segment]) -> dict[Path, str]:
    """Return the segments that can't belong to the same store as the bulk of the bytes, and why."""
    kinds: Counter[tuple[str, tuple[int, ...], bool]] = Counter()
    for segment in opened.values():
        kinds[_kind(segment)] += segment.container.num_bytes
    foreign: dict[Path, str] = {}
    metrics: dict[str, Metric] = {}
    for path, segment in opened.items():
        (space, _, canonical), expected = _kind(segment), max(kinds, key=lambda kind: kinds[kind])
        if _kind(segment) != expected:
            foreign[path] = (
                f"{path} is of space {space!r} (canonical: {canonical}), "
                f"the rest of the folder of {expected[0]!r} (canonical: {expected[2]})"
            )
            continue
        own = {metric.name: metric for metric in segment.header.metrics}
        if twice := [name for name in own if metrics.get(name, own[name]) != own[name]]:
            foreign[path] = f"{path} defines metric {twice[0]!r} otherwise than the segments before it"
        else:
            metrics |= own
    return foreign


def _kind(segment: Segment) -> tuple[str, tuple[int, ...], bool]:
    header = segment.header
    return header.space, tuple(header.num_choices), header.canonical
