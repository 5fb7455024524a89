"""One HDF5 file of arrays and JSON, sealed by a checksum: what saved surrogates lie in."""

import io
import json
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreDamagedError, StoreError, StoreVersionError
from surronas.store.files import write_aside

VERSION = 1  # of the layout: a later one still reads this
_SEAL = struct.Struct("<8sIQI")  # magic, version, bytes of HDF5 before it, CRC32 of all that
_MAGIC = b"surrogat"
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def write_sealed(path: Path, texts: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> None:
    """Write a file that appears whole or not at all: JSON texts by name, and numbered arrays.

    It is HDF5, behind which lies a seal that HDF5 libraries ignore.

    Raises:
        StoreError: disk full, read-only or missing folder.
    """
    import h5py  # here, not above: it costs every import of surrogates some 30 ms

    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        for name, value in texts.items():
            file[name] = json.dumps(value, allow_nan=False)
        group = file.create_group("arrays")
        for number, array in enumerate(arrays):
            # trees as bytes shrink to a tenth; arrays of doubles hardly do, and would cost seconds
            packing = {"compression": "gzip"} if array.dtype == np.uint8 and array.size > 1_000 else {}
            group.create_dataset(str(number), data=array, track_times=False, **packing)
    body = image.getvalue()
    seal = _SEAL.pack(_MAGIC, VERSION, len(body), 0)[:-4]
    write_aside(path, [body, seal, struct.pack("<I", zlib.crc32(seal, zlib.crc32(body)))])


def read_sealed(path: Path) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Return the JSON texts by name and the arrays that ``write_sealed`` wrote.

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
        texts = {name: json.loads(file[name][()]) for name in file if name != "arrays"}
        group = file["arrays"]
        return texts, [np.asarray(group[str(number)][()]) for number in range(len(group))]


def _body(content: bytes, path: Path) -> bytes:
    """Return the HDF5 part of a file whose seal is sound."""
    if len(content) > _SEAL.size:
        magic, version, length, crc = _SEAL.unpack(content[-_SEAL.size :])
        if magic == _MAGIC and zlib.crc32(content[:-4]) == crc and length == len(content) - _SEAL.size:
            if version > VERSION:
                raise StoreVersionError(
                    f"{path} is of version {version}, this surronas reads surrogates up to version "
                    f"{VERSION}; upgrade surronas"
                )
            return content[: -_SEAL.size]
    if not content.startswith(_HDF5_SIGNATURE):
        raise InputError(f"{path} is no saved surrogate; expected a file of save_surrogate or publish")
    raise StoreDamagedError(
        f"{path} is truncated or damaged, or no saved surrogate: it does not end in the seal that "
        "save_surrogate writes; restore it from a copy or save the surrogate anew"
    )
