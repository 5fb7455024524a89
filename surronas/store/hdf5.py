"""HDF5 written in one pass, front to back: groups, plain and deflated datasets, text attributes.

Our own few structures, not the HDF5 library's: the library takes 9 ms for a file of one run (this: 0.5 ms),
holds a large one in memory whole, and must be loaded first. Any HDF5 library reads what is written here.
After the "HDF5 File Format Specification Version 3.0"; the roman numbers are its sections. All structures are
of the oldest version that says what is needed; data come first, what describes them last.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
SUPERBLOCK_BYTES = 96
_FANOUT = 64  # children of a chunk index node: twice the K that superblock version 0 implies (32)
_MAX_MESSAGES = 65_535  # an object header of version 1 counts its messages in 16 bits
_HEAP_TEXTS, _HEAP_BYTES = 4_096, 4_096  # texts in one global heap collection; its smallest size

_DATASPACE, _LINK_INFO, _DATATYPE, _FILL, _LINK, _LAYOUT, _GROUP_INFO, _FILTERS, _ATTRIBUTE = (
    0x01, 0x02, 0x03, 0x05, 0x06, 0x08, 0x0A, 0x0B, 0x0C
)  # fmt: skip
_NO_FILL = b"\x02\x01\x00\x00"
_NAN_FILL = struct.pack("<4BIf", 2, 3, 0, 1, 4, float("nan"))
_TEXT_TYPE = struct.pack("<B3BI", 0x19, 1, 1, 0, 16) + struct.pack("<B3BIHH", 0x10, 0, 0, 0, 1, 0, 8)  # UTF-8
_SCALAR = struct.pack("<BBB5x", 1, 0, 0)
_EMPTY_GROUP = [
    (_LINK_INFO, struct.pack("<BBQQ", 0, 0, UNDEFINED, UNDEFINED)),
    (_GROUP_INFO, b"\0\0"),
]
_IEEE = {  # sign, and exponent and mantissa: location, size, location, size; bias
    4: (0x1F, struct.pack("<HHBBBBI", 0, 32, 23, 8, 0, 23, 127)),
    8: (0x3F, struct.pack("<HHBBBBI", 0, 64, 52, 11, 0, 52, 1023)),
}

Message = tuple[int, bytes]  # of an object header: its type and content


class Hdf5Writer:
    """An HDF5 file on its way out; ``write`` takes its bytes in order, but for the first 96."""

    def __init__(self, write: Callable[[bytes | memoryview], object]) -> None:
        """Begin after the superblock, which ``close`` returns."""
        self._write = write
        self.position = SUPERBLOCK_BYTES
        self._objects: dict[str, list[Message]] = {"": []}  # path -> messages of a dataset, or of a group
        self._datasets: set[str] = set()
        self._texts: dict[bytes, int] = {}  # attribute texts, numbered

    def attributes(self, group: str, values: dict[str, str]) -> None:
        """Give a group (the root: "") text attributes."""
        self._parents(f"{group}/")
        for name, value in values.items():
            text = value.encode()
            number = self._texts.setdefault(text, len(self._texts)) if text else -1
            self._objects[group].append((_ATTRIBUTE, struct.pack("<iI", number, len(text)) + name.encode()))

    def put(self, path: str, values: NDArray[Any]) -> int | None:
        """Write a contiguous dataset; return its byte offset, None if it is empty."""
        offset = self._bytes(np.ascontiguousarray(values).data) if values.nbytes else None
        place = struct.pack("<BBQQ", 3, 1, UNDEFINED if offset is None else offset, values.nbytes)
        self._dataset(path, values.shape, values.dtype, [(_FILL, _NO_FILL), (_LAYOUT, place)])
        return offset

    def put_chunk(self, packed: bytes | memoryview) -> tuple[int, int]:
        """Write one packed chunk of a dataset that ``put_chunked`` will describe; return offset and size."""
        offset = self.position
        self._write(packed)
        self.position += len(packed)
        return offset, len(packed)

    def put_chunked(
        self, path: str, shape: tuple[int, int], rows: int, places: NDArray[np.int64], level: int
    ) -> None:
        """Describe a float32 dataset in chunks of whole rows, shuffled and deflated; ``places`` (k, 2)."""
        root = self._chunk_index(rows, places, -(-shape[0] // rows) * rows)
        layout = struct.pack("<BBBQIII", 3, 2, 3, root, rows, shape[1], 4)
        shuffle, deflate = (
            struct.pack("<HHHHII", 2, 0, 1, 1, 4, 0),
            struct.pack("<HHHHII", 1, 0, 1, 1, level, 0),
        )
        filters = struct.pack("<BB6x", 1, 2) + shuffle + deflate
        messages = [(_FILL, _NAN_FILL), (_LAYOUT, layout), (_FILTERS, filters)]
        self._dataset(path, shape, np.dtype("<f4"), messages)

    def align(self) -> int:
        """Return the position after padding it to a multiple of 8."""
        if padding := -self.position % 8:
            self.put_chunk(bytes(padding))
        return self.position

    def close(self) -> bytes:
        """Write what describes the data; return the superblock, the first 96 bytes of the file (III.A)."""
        heap = self._global_heap()
        children: dict[str, list[Message]] = {path: [] for path in self._objects}
        address = 0
        for path in sorted(self._objects, key=lambda path: -path.count("/") if path else 1):
            own = [_resolved(message, heap) for message in self._objects[path]]
            empty = [] if path in self._datasets else _EMPTY_GROUP
            address = self._bytes(_object_header(path, [*empty, *own, *children[path]]))
            parent, _, name = path.rpartition("/")
            if path:
                link = struct.pack("<BBB", 1, 0, len(name)) + name.encode() + struct.pack("<Q", address)
                children[parent].append((_LINK, link))
        end = self.align()
        versions = struct.pack("<8s8BHHI", b"\x89HDF\r\n\x1a\n", 0, 0, 0, 0, 0, 8, 8, 0, 4, 16, 0)
        return versions + struct.pack("<4Q2Q8x16x", 0, UNDEFINED, end, UNDEFINED, 0, address)

    def _dataset(
        self, path: str, shape: Sequence[int], dtype: np.dtype[Any], messages: list[Message]
    ) -> None:
        space = struct.pack(f"<BBB5x{len(shape)}Q", 1, len(shape), 0, *shape)
        self._parents(path)
        self._objects[path] = [(_DATASPACE, space), (_DATATYPE, _datatype(dtype)), *messages]
        self._datasets.add(path)

    def _parents(self, path: str) -> None:
        """Make the groups that a path goes through."""
        while "/" in path:
            path = path.rpartition("/")[0]
            self._objects.setdefault(path, [])

    def _bytes(self, data: bytes | memoryview) -> int:
        """Write at the next multiple of 8; return where."""
        offset = self.align()
        self.put_chunk(memoryview(data).cast("B"))
        return offset

    def _chunk_index(self, rows: int, places: NDArray[np.int64], end_row: int) -> int:
        """Write the B-tree (version 1, III.A.1) that finds chunks by their first row; return its root."""
        if not len(places):
            return UNDEFINED
        key = np.dtype([("size", "<u4"), ("mask", "<u4"), ("offset", "<u8", 3)])
        keys = np.zeros(len(places) + 1, key)
        keys["size"][:-1] = places[:, 1]
        keys["offset"][:, 0] = np.append(np.arange(len(places)) * rows, end_row)
        children, level = places[:, 0], 0
        while level == 0 or len(children) > 1:
            keys, children = self._index_level(keys, children, level)
            level += 1
        return int(children[0])

    def _index_level(
        self, keys: NDArray[Any], children: NDArray[np.int64], level: int
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Write one level of the B-tree; return the keys and addresses of its nodes."""
        pair = np.dtype([("key", keys.dtype), ("child", "<u8")])
        num_bytes = 24 + _FANOUT * pair.itemsize + keys.itemsize
        starts = np.arange(0, len(children), _FANOUT)
        first = self.align()
        addresses = first + num_bytes * np.arange(len(starts))
        for number, start in enumerate(starts.tolist()):
            stop = min(start + _FANOUT, len(children))
            left = int(addresses[number - 1]) if number else UNDEFINED
            right = int(addresses[number + 1]) if number + 1 < len(starts) else UNDEFINED
            pairs = np.zeros(stop - start, pair)
            pairs["key"], pairs["child"] = keys[start:stop], children[start:stop]
            node = struct.pack("<4sBBHQQ", b"TREE", 1, level, stop - start, left, right)
            self.put_chunk((node + pairs.tobytes() + keys[stop].tobytes()).ljust(num_bytes, b"\0"))
        return np.append(keys[starts], keys[-1:]), addresses

    def _global_heap(self) -> list[tuple[int, int]]:
        """Write the texts of attributes (III.E); return the collection and index of each."""
        texts, places = list(self._texts), []
        for start in range(0, len(texts), _HEAP_TEXTS):
            parts = [
                struct.pack("<HH4xQ", index, 1, len(text)) + text + bytes(-len(text) % 8)
                for index, text in enumerate(texts[start : start + _HEAP_TEXTS], 1)
            ]
            used = 16 + sum(map(len, parts))
            size = max(used + 16, _HEAP_BYTES)
            free = struct.pack("<HH4xQ", 0, 0, size - used).ljust(size - used, b"\0")
            heap = struct.pack("<4sB3xQ", b"GCOL", 1, size) + b"".join(parts) + free
            address = self._bytes(heap)
            places += [(address, index) for index in range(1, len(parts) + 1)]
        return places


def _object_header(path: str, messages: Sequence[Message]) -> bytes:
    """Return an object header of version 1 (IV.A.1.a).

    Raises:
        InputError: more groups in one group than it can list.
    """
    if len(messages) > _MAX_MESSAGES:
        raise InputError(
            f"expected at most {_MAX_MESSAGES:,} tasks, recipes and epochs in one segment, "
            f"got {len(messages):,} parts of {path!r}; split the store by task or recipe"
        )
    parts = []
    for kind, content in messages:
        size = len(content) + -len(content) % 8
        parts.append(struct.pack("<HHB3x", kind, size, 0) + content.ljust(size, b"\0"))
    body = b"".join(parts)
    return struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body


def _resolved(message: Message, heap: Sequence[tuple[int, int]]) -> Message:
    """Return an attribute message (IV.A.2.m) in place of our note of one; other messages as they are."""
    kind, content = message
    if kind != _ATTRIBUTE:
        return message
    number, length = struct.unpack_from("<iI", content)
    name = content[8:] + b"\0"
    address, index = heap[number] if number >= 0 else (0, 0)
    sizes = struct.pack("<BxHHH", 1, len(name), len(_TEXT_TYPE), len(_SCALAR))
    padded = [part.ljust(len(part) + -len(part) % 8, b"\0") for part in (name, _TEXT_TYPE, _SCALAR)]
    return kind, sizes + b"".join(padded) + struct.pack("<IQI", length, address, index)


def _datatype(dtype: np.dtype[Any]) -> bytes:
    """Return a datatype message (IV.A.2.d): little-endian integers and floats, fixed-length bytes."""
    size = dtype.itemsize
    if dtype.kind == "f":
        sign, properties = _IEEE[size]
        return struct.pack("<B3BI", 0x11, 0x20, sign, 0, size) + properties
    if dtype.kind == "S":
        return struct.pack("<B3BI", 0x13, 1, 0, 0, size)
    return struct.pack("<B3BIHH", 0x10, 8 if dtype.kind == "i" else 0, 0, 0, size, 0, 8 * size)
