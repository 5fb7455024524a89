"""Bytes on their way into a checksummed file, part by part: what container.py reads is made here."""

import json
import struct
import zlib
from typing import Any

from surronas.store.container import BLOCK, MAGIC, TAIL, VERSION
from surronas.store.files import Head, Part


class Sealer:
    """Takes a body in order and gives it on in parts, keeping the checksum of each block.

    The first block may be changed until the end: it holds the HDF5 superblock, which tells the length.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._first = bytearray()
        self._crcs: list[int] = []  # of the whole blocks behind the first
        self._crc = self._filled = 0  # of the block under way, behind the first
        self._length = 0

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes of the body."""
        self._length += len(data)
        view = memoryview(data)
        if room := BLOCK - len(self._first):
            self._first += view[:room]
            view = view[room:]
            if len(self._first) == BLOCK:
                self._parts.append(bytes(self._first))
        if len(view):
            self._parts.append(view)
        while len(view):
            piece = view[: BLOCK - self._filled]
            self._crc = zlib.crc32(piece, self._crc)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == BLOCK:
                self._crcs.append(self._crc)
                self._crc = self._filled = 0

    def drain(self) -> list[Part]:
        """Return the parts that are ready to be written."""
        ready, self._parts = self._parts, []
        return ready

    def close(self, head: bytes, directory: dict[str, Any]) -> list[Part]:
        """Return the last parts: the body's end, its true first bytes, and the footer that guards it all."""
        self._first[: len(head)] = head
        self._parts.append(Head(head) if self._length >= BLOCK else bytes(self._first))
        crcs = [zlib.crc32(self._first), *self._crcs] + [self._crc] * bool(self._filled)
        table = struct.pack(f"<{len(crcs)}I", *crcs)
        text = json.dumps(directory, separators=(",", ":")).encode()
        crc = zlib.crc32(text, zlib.crc32(table))
        tail = TAIL.pack(MAGIC, VERSION, BLOCK, self._length, len(text), crc, 0)[:-4]
        self._parts += [table, text, tail + struct.pack("<I", zlib.crc32(tail))]
        return self.drain()
