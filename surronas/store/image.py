"""A segment file on its way out: datasets in, parts of a checksummed HDF5 file out, and a directory."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.store.container import FORMAT, Column
from surronas.store.curve_chunks import CHUNKS, DEFLATE_LEVEL, Curves, chunk_rows
from surronas.store.files import Part
from surronas.store.hdf5 import SUPERBLOCK_BYTES, Hdf5Writer
from surronas.store.sealing import Sealer

_CHUNKS_AT_ONCE = 64  # some 400 kB of curves wait in memory


class Image:
    """A segment file under construction; what is put in waits until it is drained."""

    def __init__(self) -> None:
        self._sealer = Sealer()
        self._sealer.write(bytes(SUPERBLOCK_BYTES))
        self._hdf5 = Hdf5Writer(self._sealer.write)
        self._hdf5.put_chunk(FORMAT.encode().ljust(16, b"\0"))  # names the maker even of a truncated file
        self._columns: dict[str, Column] = {}
        self._chunk_rows: dict[str, int] = {}
        self._chunks: dict[str, NDArray[np.int64]] = {}

    def attributes(self, path: str, values: dict[str, Any]) -> None:
        """Set attributes of the group at ``path``: words as they are, the rest as JSON."""
        texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in values.items()}
        self._hdf5.attributes(path, texts)

    def text(self, path: str, value: Any) -> None:
        """Write ``value`` as one JSON text."""
        self.put(path, np.array(json.dumps(value, separators=(",", ":")).encode()))

    def put(self, path: str, values: NDArray[Any]) -> None:
        """Write a contiguous, uncompressed dataset."""
        self._columns[path] = (self._hdf5.put(path, values), values.dtype.str, list(values.shape))

    def put_curves(self, path: str, curves: Curves) -> Iterator[Part]:
        """Write an (n, epochs) dataset of curves, giving out parts meanwhile; nothing if all are blank."""
        rows, places = chunk_rows(*curves.shape), []
        for packed in curves.chunks(rows):
            places.append(self._hdf5.put_chunk(packed))
            if len(places) % _CHUNKS_AT_ONCE == 0:
                yield from self.drain()
        if not curves.blank:
            self._chunk_rows[path] = rows
            self._chunks[path] = np.array(places, "<i8").reshape(-1, 2)
            self._hdf5.put_chunked(path, curves.shape, rows, self._chunks[path], DEFLATE_LEVEL)

    def drain(self) -> list[Part]:
        """Return the parts that are ready to be written."""
        return self._sealer.drain()

    def close(self, directory: dict[str, Any]) -> list[Part]:
        """Return the last parts; behind the HDF5 file lies the byte offset and size of each curve chunk."""
        superblock = self._hdf5.close()
        for path, places in self._chunks.items():
            self._columns[f"{path}{CHUNKS}"] = (self._hdf5.align(), "<i8", list(places.shape))
            self._hdf5.put_chunk(places.tobytes())
        return self._sealer.close(
            superblock, directory | {"columns": self._columns, "chunk_rows": self._chunk_rows}
        )
