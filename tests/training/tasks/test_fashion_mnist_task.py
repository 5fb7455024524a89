"""Fashion-MNIST: of tiny files made here, and of the real ones where they are installed."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.training.tasks import fashion_mnist
from surronas.training.tasks.fashion_mnist import MD5, read_idx

module = __import__("surronas.training.tasks.fashion_mnist", fromlist=["MD5"])
DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # package dataset-fashion-mnist


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of 30 train and 10 test images, two files of it compressed."""
    rng = np.random.default_rng(0)
    for i, name in enumerate(MD5):
        number = 30 if name.startswith("train") else 10
        pixels = rng.integers(0, 256, (number, 28, 28), np.uint8)
        content = idx(pixels if "images" in name else np.arange(number, dtype=np.uint8) % 10)
        monkeypatch.setitem(MD5, name, hashlib.md5(content).hexdigest())
        path = tmp_path / (f"{name}.gz" if i % 2 else name)
        path.write_bytes(gzip.compress(content) if i % 2 else content)
    monkeypatch.setattr(module, "NUM_VALID", 5)
    return tmp_path


def test_the_files_become_splits(tiny: Path) -> None:
    task = fashion_mnist(tiny)
    order = np.random.default_rng(0).permutation(30)
    assert [len(split.labels) for split in (task.train, task.valid, task.test)] == [25, 5, 10]
    np.testing.assert_array_equal(task.valid.labels, order[:5] % 10)
    pixels = read_idx((tiny / "train-images-idx3-ubyte").read_bytes())
    np.testing.assert_array_equal(task.train.inputs[:, 0], pixels[order[5:]])
    assert task.mean == pytest.approx((task.train.inputs.mean() / 255,))
    assert task.std == pytest.approx((task.train.inputs.std() / 255,))


@pytest.mark.parametrize("end", ["gone", "cut", "other"])
def test_files_that_are_not_the_official_ones_are_refused(tiny: Path, end: str) -> None:
    path = tiny / "train-labels-idx1-ubyte.gz"
    content = path.read_bytes()
    path.unlink()
    if end == "gone":
        expected = r"expected Fashion-MNIST's train-labels.*there is neither; get it from https://"
    elif end == "cut":
        path.write_bytes(content[:-9])
        expected = r"can't read .*train-labels.*EOFError.*; expected Fashion-MNIST's .*, whole"
    else:
        path.write_bytes(gzip.compress(idx(np.zeros(30, np.uint8))))
        expected = (
            r"is not the official file: expected MD5 [0-9a-f]{32} .*, got [0-9a-f]{32}; get it from https"
        )
    with pytest.raises(InputError, match=expected):
        fashion_mnist(tiny)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\x08\x01", b"\0\0\x0d\x01\0\0\0\x01abcd", idx(np.zeros(9, "u1"))[:-1]]
)
def test_files_of_another_form_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="expected an IDX file of bytes"):
        read_idx(content)


def test_the_real_files_have_the_known_splits() -> None:
    if not DEBIAN.is_dir():
        pytest.skip("no Fashion-MNIST: apt-get install dataset-fashion-mnist")
    task = fashion_mnist(DEBIAN)
    assert task.signature.input_shape == (1, 28, 28)
    for split, counts in (
        (task.train, [4964, 5011, 5005, 5025, 4998, 4990, 5023, 4991, 4981, 5012]),
        (task.valid, [1036, 989, 995, 975, 1002, 1010, 977, 1009, 1019, 988]),
        (task.test, [1000] * 10),
    ):
        assert np.bincount(split.labels).tolist() == counts
        assert len(split.inputs) == sum(counts)
    assert (task.mean + task.std) == pytest.approx((0.28616, 0.35310), abs=1e-5)
    assert hashlib.md5(task.valid.inputs.tobytes()).hexdigest() == "94cbc8beecbd23a944789955d3711841"
