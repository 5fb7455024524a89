"""TFRecord files without TensorFlow: every record, in batches, with both of its checksums verified."""

import struct
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

RECORDS = 50_000  # in a batch
_BATCH_BYTES = 64 * 2**20
_LONGEST = 16 * 2**20  # bytes of a record; those of architecture benchmarks have some 400
_CHECKED = 2_048  # records checked at once: with 400 bytes each, 0.8 MB, within a core's cache
_HEADER, _FOOTER = struct.Struct("<QI"), struct.Struct("<I")  # length and its checksum; checksum of the data
_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
_MASK_DELTA = 0xA282EAD8  # TFRecord keeps checksums rotated and shifted


def read_batches(path: Path) -> Iterator[list[bytes]]:
    """Return the records of a file in order, in lists of at most 50,000.

    Raises:
        InputError: the file is no TFRecord file, is cut off, or a checksum is wrong.
    """
    batch: list[bytes] = []
    expected: list[int] = []
    done = size = 0
    for record, checksum in _framed(path):
        batch.append(record)
        expected.append(checksum)
        size += len(record)
        if len(batch) == RECORDS or size > _BATCH_BYTES:
            _verify(batch, expected, path, done)
            yield batch
            done, size, batch, expected = done + len(batch), 0, [], []
    if batch:
        _verify(batch, expected, path, done)
        yield batch


def count_records(path: Path) -> int:
    """Return how many records a file holds, by their lengths alone; stops at what is no length."""
    number, end = 0, path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position < end and len(header := file.read(_HEADER.size)) == _HEADER.size:
            length, checksum = _HEADER.unpack(header)
            if _masked_of_length(header[:8]) != checksum:
                break
            position = file.seek(length + _FOOTER.size, 1)
            number += 1
    return number


def masked_crc32c(records: Sequence[bytes]) -> NDArray[np.uint32]:
    """Return (n,) masked CRC-32C checksums as TFRecord files keep them, exactly, of all records at once.

    A checksum that starts at zero does not see zeros before the data, so records are flushed right, zeros
    in front; starting at ~0 is the same as inverting the first 4 bytes. Then all records advance together,
    4 bytes a step, by two tables of 65,536: some 0.2 GB/s on one core.
    """
    lengths = np.array([len(record) for record in records])
    width = -(-max(int(lengths.max()), 4) // 4) * 4
    flushed = np.frombuffer(bytearray(b"".join(r.rjust(width, b"\0") for r in records)), np.uint8)
    data = flushed.reshape(len(records), width)
    rows = np.arange(len(records))
    for byte in range(4):
        there = lengths > byte
        data[rows[there], width - lengths[there] + byte] ^= 0xFF
    low, high = _tables()
    crc = np.zeros(len(records), np.uint32)
    for word in np.ascontiguousarray(data.view("<u4").T):  # (width / 4, n)
        crc ^= word
        crc = low.take(crc & 0xFFFF) ^ high.take(crc >> 16)
    short = np.minimum(lengths, 4).astype(np.uint64) * 8  # of ~0, what a record under 4 bytes has not met
    crc ^= (np.uint64(0xFFFFFFFF) >> short).astype(np.uint32)
    crc = ~crc
    return np.asarray((crc >> 15 | crc << 17) + np.uint32(_MASK_DELTA), np.uint32)


def _framed(path: Path) -> Iterator[tuple[bytes, int]]:
    """Give each record and the checksum that the file has of it; lengths are checked before they are used."""
    number = 0
    with path.open("rb") as file:
        while header := file.read(_HEADER.size):
            number += 1
            length = _length(header, path, number)
            record = file.read(length)
            footer = file.read(_FOOTER.size)
            if len(record) < length or len(footer) < _FOOTER.size:
                raise InputError(f"{path} is cut off in record {number}; download it again")
            yield record, _FOOTER.unpack(footer)[0]


def _length(header: bytes, path: Path, number: int) -> int:
    """Return the length of a record, from its header."""
    if len(header) < _HEADER.size:
        raise InputError(f"{path} is cut off in record {number}; download it again")
    length, checksum = _HEADER.unpack(header)
    if _masked_of_length(header[:8]) != checksum:
        what = "is no TFRecord file" if number == 1 else f"is damaged at record {number}; download it again"
        raise InputError(f"{path} {what}: the checksum of the record's length is wrong")
    if length > _LONGEST:
        raise InputError(f"{path}: record {number} has {length} bytes; expected at most {_LONGEST}")
    return int(length)


@lru_cache(4_096)  # the lengths of a file's records repeat
def _masked_of_length(length: bytes) -> int:
    return int(masked_crc32c([length])[0])


def _verify(batch: list[bytes], expected: list[int], path: Path, done: int) -> None:
    """Refuse a batch in which a record is not what its checksum says."""
    for start in range(0, len(batch), _CHECKED):
        part = slice(start, start + _CHECKED)
        wrong = masked_crc32c(batch[part]) != np.array(expected[part], np.uint32)
        if wrong.any():
            number = done + start + int(np.argmax(wrong)) + 1
            raise InputError(
                f"{path} is damaged: the checksum of record {number} is wrong; download it again"
            )


@cache
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return (65536,) twice: what 4 steps of 8 bits make of the low and of the high half of a checksum."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ _POLYNOMIAL, table >> 1).astype(np.uint32)
    halves = []
    for shift in (0, 16):
        crc = np.arange(65_536, dtype=np.uint32) << shift
        for _ in range(4):
            crc = table[crc & 0xFF] ^ crc >> 8
        halves.append(np.asarray(crc, np.uint32))
    return halves[0], halves[1]
