"""One HDF5 file of named arrays and a JSON text, sealed by a checksum: what comparisons lie in."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreDamagedError, StoreError, StoreVersionError
from surronas.store.files import write_aside

VERSION = 1  # of the layout: a later one still reads this
_SEAL = struct.Struct("<8sIQI")  # magic, version, bytes of HDF5 before it, CRC32 of all that
_MAGIC = b"surrocmp"
_PACKED_FROM = 1_000  # numbers: smaller arrays are not worth a chunk


def write_arrays(path: Path, kind: str, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file of a kind that appears whole or not at all: JSON, and arrays by name.

    It is HDF5, behind which lies a seal that HDF5 libraries ignore.

    Raises:
        StoreError: disk full, read-only or missing folder.
    """
    import h5py  # here, not above: it costs every import some 30 ms

    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.attrs["kind"] = kind
        file["about"] = json.dumps(about)
        for name, array in arrays.items():
            large = array.size >= _PACKED_FROM
            packing = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if large else {}
            file.create_dataset(name, data=array, track_times=False, **packing)
    body = image.getvalue()
    seal = _SEAL.pack(_MAGIC, VERSION, len(body), 0)[:-4]
    write_aside(path, [body, seal, struct.pack("<I", zlib.crc32(seal, zlib.crc32(body)))])


def read_arrays(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the JSON and the arrays that ``write_arrays`` wrote.

    Raises:
        StoreError: the file is not there or can't be read.
        InputError: it is another kind of file.
        StoreVersionError: it is of a later version.
        StoreDamagedError: its bytes are not those that were written.
    """
    import h5py

    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror}; check path and permissions") from error
    with h5py.File(io.BytesIO(_body(content, path)), "r") as file:
        if file.attrs["kind"] != kind:
            raise InputError(f"{path}: expected a file of kind {kind!r}, got one of {file.attrs['kind']!r}")
        about = json.loads(file["about"][()])
        return about, {name: np.asarray(file[name][()]) for name in file if name != "about"}


def _body(content: bytes, path: Path) -> bytes:
    """Return the HDF5 part of a file whose seal is sound."""
    if len(content) > _SEAL.size:
        magic, version, length, crc = _SEAL.unpack(content[-_SEAL.size :])
        if magic == _MAGIC and zlib.crc32(content[:-4]) == crc and length == len(content) - _SEAL.size:
            if version > VERSION:
                raise StoreVersionError(
                    f"{path} is of version {version}, this surronas reads comparisons up to version "
                    f"{VERSION}; upgrade surronas"
                )
            return content[: -_SEAL.size]
    if not content.startswith(b"\x89HDF\r\n\x1a\n"):
        raise InputError(f"{path} is no comparison; expected a file that Comparison.save wrote")
    raise StoreDamagedError(
        f"{path} is truncated or damaged, or no comparison: it does not end in the seal that "
        "Comparison.save writes; restore it from a copy or compare anew"
    )
