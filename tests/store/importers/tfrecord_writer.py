"""Writes NAS-Bench-101's files byte by byte, from the format's description alone."""

import base64
import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


def masked_crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def framed(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return b"".join(
        (length, struct.pack("<I", masked_crc32c(length)), record, struct.pack("<I", masked_crc32c(record)))
    )


def write(path: Path, records: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(map(framed, records)))
    return path


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def nested(field: int, message: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(message)) + message


def metrics(evaluations: Sequence[Sequence[float]], params: int, total_seconds: float) -> bytes:
    """ModelMetrics: each evaluation is epoch, seconds, train, valid and test accuracy."""
    parts = [
        nested(1, b"".join(double(field, value) for field, value in enumerate(evaluation, 1)))
        for evaluation in evaluations
    ]
    return b"".join(parts) + varint(2 << 3) + varint(params) + double(3, total_seconds)


def row(name: str, epochs: int, cell: str, message: bytes) -> bytes:
    """One row; ``cell`` is the adjacency and the operations, as ``Cell101.to_strings`` has them."""
    return json.dumps([name, epochs, *cell.split(" "), base64.encodebytes(message).decode()]).encode()
