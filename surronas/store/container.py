"""A checksummed file: a body (valid HDF5), then a footer that HDF5 ignores and that guards every bit of it.

    body | CRC32 of each 64 KiB of the body | directory (JSON) | tail (fixed size)

The tail tells at once whether the file is whole; the directory says where each array lies, so that opening
parses no HDF5; the blocks under an array are checked at its first touch, so a flipped bit is never read.
"""

import json
import mmap
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import StoreDamagedError, StoreError, StoreVersionError

FORMAT, VERSION = "surronas-store", 2  # 2: columns of architectures by device
BLOCK = (
    65_536  # bytes under one checksum: small enough that one lookup reads little, large enough to stay fast
)
SMALL = 1_048_576  # files up to this many bytes are read whole: no mapping or file handle is held for them
MAGIC = b"surronas"
TAIL = struct.Struct(
    "<8sIIQQII"
)  # magic, version, block size, body and directory lengths, CRC32 of both tables
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

Column = tuple[int | None, str, list[int]]  # byte offset in the body (None: empty), dtype, shape


class Container:
    """A checksummed file opened for reading: its directory, and its arrays, each verified at first touch."""

    def __init__(self, content: bytes | mmap.mmap, name: str) -> None:
        """Check the footer of a whole file.

        Raises:
            StoreError: not a store, or one of a newer version.
            StoreDamagedError: truncated, or the footer is damaged.
        """
        self.name = name
        self._content = memoryview(content)
        body_length, directory_length, crc = _read_tail(self._content, name)
        end = len(content) - TAIL.size
        tables = self._content[body_length:end]
        if zlib.crc32(tables) != crc:
            raise StoreDamagedError(f"{name} is damaged: its directory is not what was written; {_ADVICE}")
        self.body = self._content[:body_length]
        self._crcs = np.frombuffer(tables[:-directory_length], "<u4")
        self._verified = bytearray(len(self._crcs))
        self.directory: dict[str, Any] = json.loads(bytes(tables[-directory_length:]))
        self.num_bytes = len(content)

    @classmethod
    def open(cls, path: Path) -> "Container":
        """Open a file.

        Raises:
            FileNotFoundError: it is not there (any more).
            StoreError: it can't be read, is no store, or is of a newer version.
            StoreDamagedError: it is truncated, or its footer is damaged.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe of that name must not block us
            try:
                size = os.fstat(descriptor).st_size
                if size <= SMALL:
                    return cls(_read_whole(descriptor, size), str(path))
                return cls(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ), str(path))
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(
                f"can't read {path}: {error.strerror}; check the path and its permissions"
            ) from error

    def array(self, column: Column) -> NDArray[Any]:
        """Return an array of the body, without copying, read-only.

        Raises:
            StoreDamagedError: the bytes are not those that were written.
        """
        offset, dtype, shape = column
        if offset is None:
            return np.empty(shape, dtype)
        count = int(np.prod(shape, dtype=np.int64))
        self.verify(offset, offset + count * np.dtype(dtype).itemsize)
        return np.frombuffer(self.body, dtype, count, offset).reshape(shape)

    def verify(self, start: int, stop: int) -> None:
        """Check the blocks under bytes ``start`` to ``stop`` of the body, those not yet checked."""
        for block in range(start // BLOCK, _num_blocks(stop)):
            if not self._verified[block]:
                if not self._is_sound(block):
                    raise StoreDamagedError(
                        f"{self.name} is damaged at bytes {block * BLOCK} to {(block + 1) * BLOCK}; {_ADVICE}"
                    )
                self._verified[block] = 1

    def damaged_blocks(self) -> list[int]:
        """Return the numbers of all blocks of the body that are not what was written."""
        return [block for block in range(len(self._crcs)) if not self._is_sound(block)]

    def release(self) -> None:
        """Let go of the memory of what was read of a mapped file; what is read again is mapped again."""
        if isinstance(self._content.obj, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._content.obj.madvise(mmap.MADV_DONTNEED)

    def _is_sound(self, block: int) -> bool:
        return zlib.crc32(self.body[block * BLOCK : (block + 1) * BLOCK]) == int(self._crcs[block])


_ADVICE = "restore the file from a copy, or run check() to see all that is damaged"


def _read_tail(content: memoryview, name: str) -> tuple[int, int, int]:
    """Return the lengths of body and directory and the CRC32 of the tables, from a sound tail."""
    if len(content) >= TAIL.size:
        magic, version, block, body, directory, crc, own = TAIL.unpack(content[-TAIL.size :])
        if magic == MAGIC and zlib.crc32(content[-TAIL.size : -4]) == own:
            if version > VERSION:
                raise StoreVersionError(
                    f"{name} is a store of version {version}, this surronas reads up to version {VERSION}; "
                    f"upgrade surronas"
                )
            if len(content) == body + 4 * _num_blocks(body) + directory + TAIL.size and block == BLOCK:
                return body, directory, crc
    head = bytes(content[:BLOCK])
    ours = FORMAT.encode() in head or MAGIC in bytes(content[-TAIL.size :])
    if ours or (head.startswith(_HDF5_SIGNATURE) and len(content) < _hdf5_end(head)):
        raise StoreDamagedError(
            f"{name} is truncated or damaged: it does not end as it was written; {_ADVICE}"
        )
    kind = (
        "an HDF5 file, but not a surronas store"
        if head.startswith(_HDF5_SIGNATURE)
        else "not a surronas store"
    )
    raise StoreError(f"{name} is {kind}; expected a file that BenchmarkStore.create or append wrote")


def _hdf5_end(head: bytes) -> int:
    """Return where an HDF5 file says that it ends (superblock versions 0, 2 and 3), 0 if it does not say."""
    at = {b"\x00": 40, b"\x02": 28, b"\x03": 28}.get(head[8:9])
    return int.from_bytes(head[at : at + 8], "little") if at else 0


def _read_whole(descriptor: int, size: int) -> bytes:
    """Return the first ``size`` bytes of an open file."""
    parts, left = [], size
    while left and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _num_blocks(num_bytes: int) -> int:
    return -(-num_bytes // BLOCK)
