"""Numbers out of protocol buffer messages, a column at a time: as much of the format as benchmark files use.

Messages of one kind and length mostly have one layout: the same fields at the same bytes. So one message of a
layout is read field by field, and all others like it are read by slicing their bytes as one array.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

FieldPath = tuple[int, ...]  # (field,), or (field, which occurrence, field within)
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
_WIDTHS = {_DOUBLE: 8, _FLOAT: 4}
_MOST_VARINT = 10


@dataclass(frozen=True)
class Field:
    """Where one field of a message is: its number, wire type, and the bytes of its value."""

    number: int
    wire: int
    tag: int
    start: int
    end: int


def numbers(messages: Sequence[bytes], paths: Sequence[FieldPath], nested: int) -> NDArray[np.float64]:
    """Return (n, p): the number at each path of each message, NaN where a message lacks it.

    ``nested`` is the field whose values are messages themselves, repeated; a path of three goes into it.

    Raises:
        InputError: a message is malformed.
    """
    values = np.full((len(messages), len(paths)), np.nan)
    lengths = np.array([len(message) for message in messages])
    for length in np.unique(lengths[lengths > 0]):
        left = np.flatnonzero(lengths == length)
        block = np.frombuffer(b"".join(messages[i] for i in left.tolist()), np.uint8).reshape(
            len(left), length
        )
        while len(left):
            layout = _layout(block[0].tobytes(), nested)
            alike = layout.fits(block)
            values[left[alike]] = layout.numbers(block[alike], paths)
            left, block = left[~alike], block[~alike]
    return values


def text(message: bytes, path: FieldPath) -> str:
    """Return the text in the first field at a path of field numbers, "" where the message lacks it.

    Raises:
        InputError: the message is malformed.
    """
    for number in path:
        within = (message[f.start : f.end] for f in fields(message) if (f.number, f.wire) == (number, _BYTES))
        message = next(within, b"")
    return message.decode(errors="replace")


def fields(message: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Give the fields of a message, or of a part of it, in order.

    Raises:
        InputError: the bytes are no message.
    """
    end = len(message) if end is None else end
    while start < end:
        tag, value = start, _varint_end(message, start, end)
        key = _varint(message[tag:value])
        wire = key & 7
        if wire == _VARINT:
            after = _varint_end(message, value, end)
        elif wire == _BYTES:
            length_end = _varint_end(message, value, end)
            after = length_end + _varint(message[value:length_end])
            value = length_end
        else:
            after = value + _WIDTHS.get(wire, end)  # an unknown wire type reaches beyond the end
        if after > end:
            raise InputError(f"malformed message: field {key >> 3} at byte {tag} is cut off at byte {end}")
        yield Field(key >> 3, wire, tag, value, after)
        start = after


@dataclass(frozen=True)
class _Layout:
    """Where the fields of a message are, and which bytes another message must share to have them there."""

    first: NDArray[np.uint8]
    fixed: NDArray[np.int64]  # bytes of tags and lengths
    varints: NDArray[np.int64]  # bytes of varint values, of which the top bit says where they end
    places: dict[FieldPath, Field]

    def fits(self, block: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return (n,) whether messages of the same length, (n, length), have this layout."""
        same = (block[:, self.fixed] == self.first[self.fixed]).all(axis=1)
        ends = (block[:, self.varints] >> 7 == self.first[self.varints] >> 7).all(axis=1)
        fits: NDArray[np.bool_] = same & ends
        return fits

    def numbers(self, block: NDArray[np.uint8], paths: Sequence[FieldPath]) -> NDArray[np.float64]:
        """Return (n, p) numbers of messages of this layout."""
        values = np.full((len(block), len(paths)), np.nan)
        for column, path in enumerate(paths):
            if (place := self.places.get(path)) is not None:
                values[:, column] = _number(block[:, place.start : place.end], place.wire)
        return values


def _layout(message: bytes, nested: int) -> _Layout:
    """Return the layout of one message."""
    fixed = np.ones(len(message), bool)
    varints = np.zeros(len(message), bool)
    places: dict[FieldPath, Field] = {}
    occurrences = 0
    for field in fields(message):
        inner = field.number == nested and field.wire == _BYTES
        found = list(fields(message, field.start, field.end)) if inner else [field]
        for leaf in found:
            fixed[leaf.start : leaf.end] = False
            varints[leaf.start : leaf.end] = leaf.wire == _VARINT
            places[(nested, occurrences, leaf.number) if inner else (leaf.number,)] = leaf
        occurrences += inner
    first = np.frombuffer(message, np.uint8)
    return _Layout(first, np.flatnonzero(fixed), np.flatnonzero(varints), places)


def _number(raw: NDArray[np.uint8], wire: int) -> NDArray[np.float64]:
    """Return (n,) numbers from the bytes of one field of n messages; NaN for text."""
    if wire == _BYTES:
        return np.full(len(raw), np.nan)
    if wire == _VARINT:
        shifts = 7 * np.arange(raw.shape[1], dtype=np.uint64)
        whole = np.bitwise_or.reduce((raw & 0x7F).astype(np.uint64) << shifts, axis=1)
        return np.asarray(whole.astype(np.int64), np.float64)  # negative numbers are written as 64 bits
    kind = "<f8" if wire == _DOUBLE else "<f4"
    return np.asarray(np.ascontiguousarray(raw).view(kind)[:, 0], np.float64)


def _varint_end(message: bytes, start: int, end: int) -> int:
    """Return the byte after the varint that starts at ``start``."""
    for position in range(start, min(end, start + _MOST_VARINT)):
        if message[position] < 0x80:
            return position + 1
    raise InputError(f"malformed message: no end of the number at byte {start} of {len(message)}")


def _varint(raw: bytes) -> int:
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(raw))
