"""What our writer writes is what the HDF5 library reads."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store import hdf5
from surronas.store.curve_chunks import deflate
from surronas.store.hdf5 import Hdf5Writer


class Written:
    """A file written to memory, then to disk with bytes behind it that HDF5 must ignore."""

    def __init__(self) -> None:
        self.body = bytearray(hdf5.SUPERBLOCK_BYTES)
        self.writer = Hdf5Writer(self.body.extend)

    def open(self, path: Path) -> h5py.File:
        self.body[: hdf5.SUPERBLOCK_BYTES] = self.writer.close()
        path.write_bytes(bytes(self.body) + b"a footer of ours")
        return h5py.File(path, "r")

    def put_curves(self, path: str, curves: np.ndarray, rows: int) -> None:
        """As a segment writes curves: packed chunks first, then what describes them."""
        places = []
        for start in range(0, len(curves), rows):
            places.append(self.writer.put_chunk(deflate(curves[start : start + rows], rows)))
        self.writer.put_chunked(path, curves.shape, rows, np.array(places, "<i8").reshape(-1, 2), 4)


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "i1", "u1", "<i4", "<u4", "<i8", "<u8"])
@pytest.mark.parametrize("shape", [(), (7,), (3, 5), (0, 4)])
def test_plain_datasets(tmp_path: Path, dtype: str, shape: tuple[int, ...], rng: np.random.Generator) -> None:
    values = (rng.normal(0, 40, shape) * 1).astype(dtype)
    written = Written()
    offset = written.writer.put("deep/down/here", values)
    with written.open(tmp_path / "a.h5") as file:
        read = file["deep/down/here"]
        assert (read.dtype, read.shape) == (values.dtype, shape)
        np.testing.assert_array_equal(read[()], values)
        assert read.id.get_offset() == offset


def test_text_as_a_dataset(tmp_path: Path) -> None:
    written = Written()
    written.writer.put("text", np.array('[1, "zwölf"]'.encode()))
    with written.open(tmp_path / "a.h5") as file:
        assert file["text"][()].decode() == '[1, "zwölf"]'


def test_attributes_of_root_and_groups(tmp_path: Path) -> None:
    written = Written()
    values = {"short": "a", "empty": "", "long": "ä" * 100_000, "same": "a"}
    written.writer.attributes("", values)
    written.writer.attributes("blocks/7", {"task": "cifar10"})
    with written.open(tmp_path / "a.h5") as file:
        assert dict(file.attrs) == values
        assert dict(file["blocks/7"].attrs) == {"task": "cifar10"}


def test_more_texts_than_one_heap_collection_holds(tmp_path: Path) -> None:
    written = Written()
    for number in range(5_000):
        written.writer.attributes(f"blocks/{number}", {"recipe": f"recipe {number}"})
    with written.open(tmp_path / "a.h5") as file:
        assert len(file["blocks"]) == 5_000
        assert [file[f"blocks/{n}"].attrs["recipe"] for n in (0, 4_095, 4_096, 4_999)] == [
            f"recipe {n}" for n in (0, 4_095, 4_096, 4_999)
        ]


@pytest.mark.parametrize("n", [1, 10, 63, 640, 641, 41_000])
def test_chunked_curves_with_an_index_of_one_to_three_levels(
    tmp_path: Path, n: int, rng: np.random.Generator
) -> None:
    curves = rng.random((n, 3)).astype(np.float32)
    curves[0, 1:] = np.nan
    written = Written()
    written.put_curves("curves/loss", curves, 10)
    with written.open(tmp_path / "a.h5") as file:
        read = file["curves/loss"]
        np.testing.assert_array_equal(read[()], curves)
        np.testing.assert_array_equal(read[n // 2], curves[n // 2])
        assert (read.chunks, read.shuffle, read.compression, read.compression_opts) == (
            (10, 3),
            True,
            "gzip",
            4,
        )
        assert np.isnan(read.fillvalue)


def test_curves_without_rows(tmp_path: Path) -> None:
    written = Written()
    written.put_curves("curves/loss", np.empty((0, 3), np.float32), 1)
    with written.open(tmp_path / "a.h5") as file:
        assert file["curves/loss"].shape == (0, 3)


def test_every_object_is_visited_and_the_bytes_are_reproducible(tmp_path: Path) -> None:
    first, second = Written(), Written()
    for written in (first, second):
        written.writer.put("b/c", np.arange(3))
        written.writer.put("a", np.arange(3))
    names: list[str] = []
    with first.open(tmp_path / "a.h5") as file, second.open(tmp_path / "b.h5"):
        file.visit(names.append)
    assert names == ["a", "b", "b/c"]
    assert first.body == second.body


def test_more_groups_than_one_group_can_list() -> None:
    written = Written()
    for number in range(65_534):
        written.writer.put(f"blocks/{number}", np.empty(0))
    with pytest.raises(InputError, match=r"at most 65,535 .* split the store"):
        written.writer.close()
