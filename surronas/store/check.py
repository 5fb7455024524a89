"""Read every byte of a store anew and name what is damaged."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from surronas.errors import StoreError
from surronas.store.container import BLOCK
from surronas.store.curve_chunks import CHUNKS
from surronas.store.folder import vanished_message
from surronas.store.segment import Segment
from surronas.store.survey import survey

if TYPE_CHECKING:
    import h5py


def check_store(path: str | os.PathLike[str]) -> list[str]:
    """Return what is damaged at a path, a line each; empty: the store is sound. Never raises on damage.

    In a folder, a vanished segment and one that belongs to another store are damage too.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _check_folder(path)
        return check_segment(Segment.open(path), path)
    except FileNotFoundError:
        return [f"{path}: there is nothing here"]
    except StoreError as error:
        return [str(error)]


def _check_folder(folder: Path) -> list[str]:
    """Return what is damaged in a folder of segments, a line each."""
    found = survey(folder)
    lines = [*map(str, found.unreadable.values()), *found.foreign.values()]
    if found.vanished:
        lines.append(vanished_message(folder, found.vanished))
    return lines + [line for path, segment in found.segments.items() for line in check_segment(segment, path)]


def check_segment(segment: Segment, path: Path) -> list[str]:
    """Return what is damaged in one segment file that could be opened, a line each; empty: it is sound."""
    damaged = segment.container.damaged_blocks()
    if damaged:
        return [_what_lies_in(segment, block) for block in damaged]
    return _disagreements(segment, path)


def _what_lies_in(segment: Segment, block: int) -> str:
    """Return a line that names the datasets in a damaged block of the file."""
    start, stop = block * BLOCK, (block + 1) * BLOCK
    touched = []
    for path, (offset, dtype, shape) in segment.container.directory["columns"].items():
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if offset is not None and offset < stop and offset + size > start:
            touched.append(path.removesuffix(CHUNKS))
    what = (
        f"in or beside {', '.join(dict.fromkeys(touched))}"
        if touched
        else "in curves or HDF5's own structure"
    )
    return f"{segment.name}: damaged at bytes {start} to {stop}, {what}"


def _disagreements(segment: Segment, path: Path) -> list[str]:
    """Return a line for each dataset that HDF5 sees otherwise than our directory does."""
    import h5py  # here, not above: only sound files are handed to the HDF5 library

    try:
        with h5py.File(path, "r") as file:
            columns = segment.container.directory["columns"]
            plain = [name for name in columns if not name.endswith(CHUNKS)]
            wrong = [name for name in plain if not _same(file, name, segment.array(name))]
            for number, block in enumerate(segment.blocks):
                for metric in block.curve_metrics:
                    name = f"blocks/{number}/curves/{metric}"
                    if not _same(file, name, block.curves(metric, np.arange(block.num_runs))):
                        wrong.append(name)
    except FileNotFoundError:
        return []  # merged away by another process since it was opened
    except (OSError, KeyError) as error:
        return [f"{segment.name}: HDF5 can't read it: {error}"]
    return [f"{segment.name}: HDF5 reads {name} otherwise than surronas does" for name in wrong]


def _same(file: "h5py.File", name: str, ours: np.ndarray) -> bool:
    """Return whether HDF5 reads the same bytes."""
    theirs = np.asarray(file[name][()])
    return theirs.shape == ours.shape and theirs.tobytes() == ours.astype(theirs.dtype).tobytes()
