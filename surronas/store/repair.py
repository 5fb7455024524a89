"""Set what is damaged aside, never deleting it, and save what its checksums vouch for."""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from surronas.errors import StoreDamagedError, StoreError, StoreVersionError
from surronas.store.files import check_writable, locked, sync_folder, write_aside
from surronas.store.folder import LOCK, live_segments
from surronas.store.layout import Header, segment_bytes
from surronas.store.lineage import folded_by, heads, replaced_by, vanished
from surronas.store.salvage import salvage
from surronas.store.segment import Segment
from surronas.store.storage import FILE_SUFFIX, Parts, segment_age, segment_name
from surronas.store.survey import Survey, survey

SET_ASIDE = "set-aside"  # the folder in a store that readers never look into
DAMAGED = ".damaged"  # follows the name of a single-file store whose sound rows lie in a new file
_MISPLACED = (errno.EISDIR, errno.ELOOP, errno.ENXIO)  # no file at all: may be moved; others may pass by


def repair_store(path: str | os.PathLike[str]) -> list[str]:
    """Return what was done to make a damaged store sound again, and what is lost, a line each.

    Damaged and foreign segments of a folder are moved into ``set-aside/``; a damaged file is kept as
    ``<name>.damaged``. Of both, all rows that the checksums vouch for stay in the store.

    Raises:
        StoreError: nothing there, nothing that could be saved, a newer version, or it can't be written;
            nothing was changed.
    """
    path = Path(path)
    if not path.exists():
        raise StoreError(f"there is no store at {path}; check the path")
    check_writable(path if path.is_dir() else path.parent)
    lock = path / LOCK if path.is_dir() else path.with_name(f"{path.name}.lock")
    with locked(lock):
        return _repair_folder(path) if path.is_dir() else _repair_file(path)


def _repair_file(path: Path) -> list[str]:
    """Put a file of the sound rows in the place of a damaged one, which is kept beside it."""
    try:
        segment = Segment.open(path)
    except StoreDamagedError as error:
        raise StoreDamagedError(
            f"{error}; it can't be repaired: its directory is lost, so nothing says what its bytes are"
        ) from error
    if not segment.container.damaged_blocks():
        return [f"{path}: sound, nothing to do"]
    saved = salvage(segment, replace(segment.header, segment=secrets.token_hex(16)))
    if saved.parts is None:
        raise StoreDamagedError(f"{path} can't be repaired: no row of it is sound; restore it from a copy")
    kept = _unused(path.with_name(path.name + DAMAGED))
    try:
        os.link(path, kept)  # from here on both names are there, until the new file takes the first
    except OSError:  # a file system without links
        shutil.copy2(path, kept)
    write_aside(path, saved.parts)
    return [
        f"{path}: damaged; {saved.num_saved} runs were saved, the damaged file is now {kept}",
        *saved.losses,
    ]


def _repair_folder(folder: Path) -> list[str]:
    """Set damaged and foreign segments aside; write what was saved of them; own up to what is gone."""
    found = survey(folder)
    _refuse_what_may_pass(found)
    damaged = {path: s for path, s in found.segments.items() if s.container.damaged_blocks()}
    aside = [*found.unreadable, *found.foreign, *damaged]
    if not aside and not found.vanished:
        return [f"{folder}: sound, nothing to do"]
    sound = [segment for path, segment in found.segments.items() if path not in damaged]
    done_with = replaced_by(segment.header for segment in sound)
    kept = live_segments(sound)
    saved, lines = _save([s for s in damaged.values() if s.header.segment not in done_with], found, folder)
    if not kept and not saved:
        raise StoreDamagedError(f"{folder} can't be repaired: no row of it is sound; restore it from a copy")
    for path, parts in saved.items():
        write_aside(path, parts)
    now = kept + [Segment.open(path) for path in saved]
    lines += _own_up(folder, now, found)
    for path in aside:
        _move(path, _unused(folder / SET_ASIDE / path.name))
    told = {path: f"{path} can't be read, so none of its rows could be saved" for path in found.unreadable}
    told |= found.foreign | {path: f"{path} is damaged" for path in damaged}
    return [f"{told[path]}: moved into {SET_ASIDE}" for path in aside] + lines


def _refuse_what_may_pass(found: Survey) -> None:
    """Refuse to go on without a segment that another surronas, or a moment later, could read.

    Raises:
        StoreError: a newer version, no permission, too many open files, a failing disk.
    """
    for error in found.unreadable.values():
        number = getattr(error.__cause__, "errno", None)
        if isinstance(error, StoreVersionError) or (number is not None and number not in _MISPLACED):
            raise error


def _save(damaged: Sequence[Segment], found: Survey, folder: Path) -> tuple[dict[Path, Parts], list[str]]:
    """Return the segments, by path, of the rows that can be saved of damaged ones; and what is lost."""
    saved, lines = {}, []
    for segment in damaged:
        identity = secrets.token_hex(16)
        rescued = salvage(segment, _in_its_place(segment.header, found, identity))
        total = sum(block.num_runs for block in segment.blocks if block.epochs is not None)
        lines += [f"{segment.name}: {rescued.num_saved} of {total} runs were saved", *rescued.losses]
        if rescued.parts is not None:
            saved[folder / segment_name(segment_age(segment.name), identity)] = rescued.parts
    return saved, lines


def _in_its_place(old: Header, found: Survey, identity: str) -> Header:
    """Return the header of a segment that replaces a damaged one.

    What that one had replaced counts again where it is still there (a merge was killed before it deleted).
    """
    others = [segment.header for segment in found.segments.values() if segment.header is not old]
    there = {header.segment for header in others}
    folded = tuple(
        (when, " ".join(name for name in names.split() if name not in there))
        for when, names in folded_by([old], others, time.time())
    )
    return replace(old, segment=identity, replaces=(old.segment,), folded=folded)


def _own_up(folder: Path, now: Sequence[Segment], found: Survey) -> list[str]:
    """Write a segment that stands for all that is missed, so that the folder opens; say what that is."""
    headers = [segment.header for segment in now]
    lacking = vanished(headers)
    if not lacking:
        return []
    template = headers[0]
    header = replace(
        template, segment=secrets.token_hex(16), replaces=tuple(lacking), folded=(), seen=heads(headers)
    )
    empty = np.empty((0, len(template.num_choices)), np.int8)
    parts = segment_bytes(header, np.empty(0, np.int64), empty, [], [])
    write_aside(folder / segment_name(time.time_ns(), header.segment), parts)
    return [
        f"segment-*-{identity}{FILE_SUFFIX} has vanished: the store goes on without its rows"
        for identity in found.vanished
    ]


def _move(path: Path, to: Path) -> None:
    """Move a file into the folder set aside, which is made if need be."""
    try:
        to.parent.mkdir(exist_ok=True)
        path.rename(to)
        sync_folder(to.parent)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"can't move {path} to {to}: {error.strerror}; move it out of the store") from error


def _unused(path: Path) -> Path:
    """Return the path, with a number behind it if there is something at it already."""
    number = 1
    taken = path
    while os.path.lexists(taken):
        number += 1
        taken = path.with_name(f"{path.name}-{number}")
    return taken
