import contextlib
import struct

import numpy as np
import pytest
import tfrecord_writer as writer
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import InputError
from surronas.store.importers.protobuf import fields, numbers, text

doubles = st.floats(allow_nan=False, width=64)
evaluations = st.lists(st.lists(doubles, min_size=5, max_size=5), min_size=3, max_size=3)
PATHS = [(1, k, field) for k in range(3) for field in range(1, 6)] + [(2,), (3,)]


@given(st.lists(st.tuples(evaluations, st.integers(0, 2**31 - 1), doubles), min_size=1, max_size=8))
def test_numbers_are_those_written(written: list[tuple[list[list[float]], int, float]]) -> None:
    messages = [writer.metrics(*each) for each in written]
    expected = [[*np.ravel(points), params, total] for points, params, total in written]
    np.testing.assert_array_equal(numbers(messages, PATHS, 1), expected)


def test_layouts_may_differ_among_messages_of_one_length() -> None:
    messages = [  # all of 20 bytes: other fields, another order, a varint of another width
        writer.double(1, 1.5) + writer.double(2, 2.5) + writer.varint(3 << 3) + writer.varint(7),
        writer.double(2, 4.5) + writer.double(1, 3.5) + writer.varint(3 << 3) + writer.varint(9),
        writer.double(1, 5.5)
        + b"".join(writer.varint(3 << 3) + writer.varint(n) for n in (1, 2, 3, 4))
        + writer.varint(3 << 3)
        + writer.varint(300),
        writer.double(1, 6.5) + writer.double(2, 7.5) + writer.varint(3 << 3) + writer.varint(1),
    ]
    assert {len(message) for message in messages} == {20}
    expected = [[1.5, 2.5, 7], [3.5, 4.5, 9], [5.5, np.nan, 300], [6.5, 7.5, 1]]  # the last of a repeated one
    np.testing.assert_array_equal(numbers(messages, [(1,), (2,), (3,)], 9), expected)


def test_what_is_missing_is_missing() -> None:
    messages = [b"", writer.metrics([[0.0] * 5], 3, 1.0), writer.nested(1, b"") + writer.double(3, 2.0)]
    np.testing.assert_array_equal(
        numbers(messages, [(1, 0, 2), (1, 2, 4), (2,), (3,)], 1),
        [[np.nan] * 4, [0, np.nan, 3, 1], [np.nan, np.nan, np.nan, 2]],
    )
    assert numbers([], PATHS, 1).shape == (0, len(PATHS))


def test_negative_floats_and_texts() -> None:
    message = (
        writer.varint(1 << 3)
        + writer.varint(2**64 - 5)
        + writer.varint(2 << 3 | 5)
        + struct.pack("<f", 0.5)
        + writer.nested(3, writer.nested(4, "grüße".encode()) + writer.nested(4, b"again"))
    )
    np.testing.assert_array_equal(numbers([message], [(1,), (2,), (3,)], 9), [[-5, 0.5, np.nan]])
    assert text(message, (3, 4)) == "grüße"
    assert text(message, (3, 5)) == text(message, (7,)) == ""
    assert [field.number for field in fields(message)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (b"\x09\x00\x00", "field 1 at byte 0 is cut off"),
        (b"\x0a\x05abc", "field 1 at byte 0 is cut off"),
        (b"\x0b", "field 1 at byte 0 is cut off"),  # a group: none of these files has one
        (b"\x80", "no end of the number at byte 0"),
        (b"\x08" + b"\xff" * 11, "no end of the number at byte 1"),
    ],
)
def test_malformed_messages_are_refused(message: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        numbers([message], [(1,)], 9)


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=10))
def test_any_bytes_give_numbers_or_our_error(messages: list[bytes]) -> None:
    with contextlib.suppress(InputError):
        assert numbers(messages, PATHS, 1).shape == (len(messages), len(PATHS))
