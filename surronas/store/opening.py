"""Find a store, or make one; know its search space; see its segments as one table."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from surronas.errors import InputError, StoreError
from surronas.spaces import SPACE_CLASSES, SearchSpace, space_named
from surronas.store.files import partial_name, sync_folder, write_aside
from surronas.store.folder import FolderStorage
from surronas.store.header import Header
from surronas.store.segment import Segment
from surronas.store.single_file import FileStorage
from surronas.store.storage import FILE_SUFFIX, Parts, Storage, segment_name
from surronas.store.table import Table


def storage_at(path: Path) -> Storage:
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


def create_storage(path: Path, header: Header) -> None:
    """Write an empty store: a file if the path ends in .h5, else a folder.

    Raises:
        StoreError: there is something at the path, or it can't be written.
    """
    from surronas.store.layout import segment_bytes  # here, not above: readers need none of it

    width = len(header.num_choices)
    first = replace(header, segment=os.urandom(16).hex())
    parts = segment_bytes(first, np.empty(0, np.int64), np.empty((0, width), np.int8), [], [])
    put_in_place(path, parts, first.segment)


def put_in_place(path: Path, parts: Parts, identity: str) -> None:
    """Write a store of one segment: it is there whole or not at all.

    Raises:
        StoreError: there is something at the path, or it can't be written.
    """
    if path.exists():
        raise StoreError(f"can't create a store at {path}: it exists; open it, or choose another path")
    if path.suffix == FILE_SUFFIX:
        write_aside(path, parts)
        return
    import shutil  # here, not above: it costs readers 3 ms

    aside = partial_name(path)
    try:
        aside.mkdir()
        write_aside(aside / segment_name(time.time_ns(), identity), parts)
        aside.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"can't create {path}: {error.strerror}; check that its folder can be written"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def space_of(segment: Segment, given: SearchSpace | None) -> SearchSpace:
    """Return the search space of a segment: the one given, or the known one of its name."""
    header = segment.header
    try:
        space = given if given is not None else space_named(header.space)
    except InputError as error:
        raise StoreError(
            f"{segment.name} is of space {header.space!r}, known are {', '.join(SPACE_CLASSES)}; "
            f"upgrade surronas, or pass your own: open(path, space=...)"
        ) from error
    if (space.name, space.num_choices.tolist()) != (header.space, header.num_choices):
        raise StoreError(
            f"{segment.name} is of space {header.space!r} with choices {header.num_choices}, expected "
            f"{space.name!r} with {space.num_choices.tolist()}; open it with its own space"
        )
    return space


def table_of(segments: Sequence[Segment], space: SearchSpace) -> Table:
    """Return the table of the segments of one store.

    Raises:
        StoreError: they belong to two stores.
    """
    first = segments[0].header
    for segment in segments[1:]:
        header = segment.header
        if (header.space, header.canonical) != (first.space, first.canonical):
            raise StoreError(
                f"expected one store, with space {first.space!r} (canonical: {first.canonical}) like "
                f"{segments[0].name}, got {header.space!r} (canonical: {header.canonical}) in "
                f"{segment.name}; move one of them out of the folder"
            )
    return Table(segments, space)
