import random
import struct
from pathlib import Path

import numpy as np
import pytest
import tfrecord_writer as writer
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import InputError
from surronas.store.importers.tfrecord import count_records, masked_crc32c, read_batches

RECORDS = [bytes([i]) * (i % 50) for i in range(200)]


def read(path: Path) -> list[bytes]:
    return [record for batch in read_batches(path) for record in batch]


def unmasked(checksum: int) -> int:
    rotated = (checksum - 0xA282EAD8) & 0xFFFFFFFF
    return ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF


def test_checksums_are_those_of_rfc_3720() -> None:
    vectors = [  # RFC 3720, B.4, and the usual check value
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
    ]
    checksums = masked_crc32c([data for data, _ in vectors])
    assert [unmasked(int(checksum)) for checksum in checksums] == [expected for _, expected in vectors]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20))
def test_checksums_of_records_of_all_lengths_at_once(records: list[bytes]) -> None:
    assert masked_crc32c(records).tolist() == [writer.masked_crc32c(record) for record in records]


def test_records_come_back_in_order_and_are_counted(tmp_path: Path) -> None:
    path = writer.write(tmp_path / "some.tfrecord", RECORDS)
    assert read(path) == RECORDS
    assert count_records(path) == len(RECORDS)
    assert read(writer.write(tmp_path / "none.tfrecord", [])) == []


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = writer.write(tmp_path / "some.tfrecord", RECORDS)
    monkeypatch.setattr("surronas.store.importers.tfrecord.RECORDS", 30)
    monkeypatch.setattr("surronas.store.importers.tfrecord._CHECKED", 7)
    assert [len(batch) for batch in read_batches(path)] == [30] * 6 + [20]
    monkeypatch.setattr("surronas.store.importers.tfrecord._BATCH_BYTES", 300)
    assert max(sum(map(len, batch)) for batch in read_batches(path)) < 350
    assert read(path) == RECORDS


def test_every_flipped_bit_and_every_cut_is_told(tmp_path: Path) -> None:
    content = writer.write(tmp_path / "some.tfrecord", RECORDS[:12]).read_bytes()
    path, draw = tmp_path / "damaged.tfrecord", random.Random(0)
    ends = {sum(len(writer.framed(r)) for r in RECORDS[:n]) for n in range(13)}
    for at in range(len(content)):
        flipped = bytearray(content)
        flipped[at] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(InputError, match=r"is no TFRecord file|is damaged|is cut off"):
            read(path)
        path.write_bytes(content[:at])
        if at in ends:
            assert read(path) == RECORDS[: sorted(ends).index(at)]
        else:
            with pytest.raises(InputError, match=r"is cut off in record \d+; download it again"):
                read(path)


def test_the_damaged_record_is_named(tmp_path: Path) -> None:
    content = bytearray(writer.write(tmp_path / "some.tfrecord", [b"abc", b"defg", b"hi"]).read_bytes())
    content[19 + 12] ^= 1
    (tmp_path / "some.tfrecord").write_bytes(content)
    with pytest.raises(InputError, match="the checksum of record 2 is wrong"):
        read(tmp_path / "some.tfrecord")
    content[19] ^= 1
    (tmp_path / "some.tfrecord").write_bytes(content)
    with pytest.raises(InputError, match="is damaged at record 2; download it again"):
        read(tmp_path / "some.tfrecord")


def test_another_file_and_a_huge_record_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text("Once upon a time there was a benchmark.")
    assert count_records(path) == 0
    with pytest.raises(InputError, match="is no TFRecord file: the checksum of the record's length is wrong"):
        read(path)
    length = struct.pack("<Q", 2**40)
    path.write_bytes(length + struct.pack("<I", writer.masked_crc32c(length)))
    with pytest.raises(InputError, match="record 1 has 1099511627776 bytes; expected at most"):
        read(path)


def test_a_real_file_is_read_whole(shared: Path) -> None:
    path = shared / "benchmarks" / "ec-nas-bench" / "energy_5V9E.tfrecord"
    records = read(path)
    assert len(records) == count_records(path) == 2_532
    assert sum(map(len, records)) + 16 * len(records) == path.stat().st_size
    checks = [writer.masked_crc32c(record) for record in records[:20]]
    assert masked_crc32c(records[:20]).tolist() == checks
    assert np.array(checks).dtype.kind == "i"
