"""Read every byte of a store anew and name what is damaged."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from surronas.errors import StoreError
from surronas.store.container import BLOCK
from surronas.store.layout import CHUNKS
from surronas.store.segment import Segment

if TYPE_CHECKING:
    import h5py


def check_store(path: str | os.PathLike[str]) -> list[str]:
    """Return what is damaged at a path, a line each; empty: the store is sound. Never raises on damage."""
    path = Path(path)
    if not path.exists():
        return [f"{path}: there is nothing here"]
    files = sorted(path.glob("segment-*.h5")) if path.is_dir() else [path]
    if not files:
        return [f"{path}: a folder without segments"]
    return [line for file in files for line in check_segment(file)]


def check_segment(path: Path) -> list[str]:
    """Return what is damaged in one segment file, a line each; empty: it is sound."""
    try:
        segment = Segment.open(path)
    except FileNotFoundError:
        return []  # merged away by another process since it was listed
    except StoreError as error:
        return [str(error)]
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
    except (OSError, KeyError) as error:
        return [f"{segment.name}: HDF5 can't read it: {error}"]
    return [f"{segment.name}: HDF5 reads {name} otherwise than surronas does" for name in wrong]


def _same(file: "h5py.File", name: str, ours: np.ndarray) -> bool:
    """Return whether HDF5 reads the same bytes."""
    theirs = np.asarray(file[name][()])
    return theirs.shape == ours.shape and theirs.tobytes() == ours.astype(theirs.dtype).tobytes()
