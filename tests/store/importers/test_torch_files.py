import collections
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store.importers.restricted import load_torch

torch = pytest.importorskip("torch", reason="pip install surronas[train]: torch writes the files")
BASE = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4)
TENSORS = {
    "whole": BASE,
    "part": BASE[:, 1:, ::2],
    "turned": BASE.permute(2, 0, 1),
    "repeated": torch.ones(1).expand(5),
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 3),
    "half": torch.ones(3, dtype=torch.float16),
    "bool": torch.tensor([True, False]),
    "whole numbers": torch.arange(5),
    "bytes": torch.tensor([1, 2], dtype=torch.uint8),
    "complex": torch.tensor([1j]),
}


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that writes an object in one of torch's two formats and returns where."""

    def write(content: object) -> Path:
        torch.save(content, tmp_path / "x.pth", _use_new_zipfile_serialization=request.param)
        return tmp_path / "x.pth"

    return write


def test_tensors_become_arrays(file: Any) -> None:
    back = load_torch(file(TENSORS))
    assert list(back) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert back[name].dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(back[name], tensor.numpy(), strict=True)


def test_plain_containers_come_back_as_they_were(file: Any) -> None:
    content = {"a": [1, 2.5, "x", (None, True)], "b": collections.OrderedDict(c=np.float64(0.1), d={1})}
    assert load_torch(file(content)) == content


def test_a_shape_is_a_tuple(file: Any) -> None:
    assert load_torch(file(BASE.shape)) == (2, 3, 4)


@pytest.mark.parametrize(
    ("content", "refused"),
    [
        (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (torch.nn.Parameter(torch.ones(2)), "torch._utils._rebuild_parameter"),
        (torch.ones(2).to_sparse(), "torch._utils._rebuild_sparse_tensor"),
        (torch.ones(2, dtype=torch.bfloat16), "torch.BFloat16Storage"),
        (torch.float32, "torch.float32"),
    ],
)
def test_everything_else_of_torch_is_refused(file: Any, content: object, refused: str) -> None:
    with pytest.raises(InputError, match=f"asks for {refused}, which is not allowed"):
        load_torch(file(content))


class Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.marker}",)


def test_a_hostile_file_runs_nothing(file: Any, tmp_path: Path) -> None:
    written = file({"a": torch.ones(2), "b": Hostile(tmp_path / "marker")})
    with pytest.raises(InputError, match=r"asks for (posix|nt)\.system"):
        load_torch(written)
    assert not (tmp_path / "marker").exists()


def test_damaged_files_give_one_error_or_the_content(file: Any) -> None:
    written, rng = file(TENSORS), np.random.default_rng(0)
    sound = written.read_bytes()
    for _ in range(150):
        content = bytearray(sound)
        if rng.random() < 0.3:
            del content[int(rng.integers(len(sound))) :]
        else:
            content[int(rng.integers(len(sound)))] ^= 1 << int(rng.integers(8))
        written.write_bytes(content)
        try:
            load_torch(written)
        except InputError:
            continue


def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "x.pth"
    torch.save(torch.arange(7), written, _use_new_zipfile_serialization=False)
    content = written.read_bytes()
    assert content.count(b"K\x07\x85") == 1  # the shape (7,)
    written.write_bytes(content.replace(b"K\x07\x85", b"K\x09\x85"))
    with pytest.raises(InputError, match=r"a tensor of shape \(9,\) reaches beyond its storage"):
        load_torch(written)


def test_a_promise_of_too_many_numbers_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "x.pth"
    torch.save(torch.arange(7), written, _use_new_zipfile_serialization=False)
    content = written.read_bytes().replace(b"K\x07N", b"J\xff\xff\xff\x7fN")
    written.write_bytes(content)
    with pytest.raises(InputError, match="promises 2147483647 numbers"):
        load_torch(written)


def test_a_cut_storage_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "x.pth"
    torch.save(torch.arange(7), written, _use_new_zipfile_serialization=False)
    written.write_bytes(written.read_bytes()[:-8])
    with pytest.raises(InputError, match="a storage of 7 x int64 has 48 bytes"):
        load_torch(written)


def test_another_zip_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("x/readme.txt", "no tensors here")
    with pytest.raises(InputError, match=r"holds no data\.pkl"):
        load_torch(tmp_path / "x.pth")


def test_a_compressed_zip_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/data.pkl", bytes(10_000_000))
    with pytest.raises(InputError, match="the zip file is compressed"):
        load_torch(tmp_path / "x.pth")


def test_another_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(b"\x80\x02K\x01." * 5)
    with pytest.raises(InputError, match=r"it is no file of torch\.save"):
        load_torch(tmp_path / "x.pth")


REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
STORAGE = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x02tQ"
TRICKS = [
    (b"U\x03abcQ.", "which is no storage of plain numbers"),
    (b"(U\x07storagectorch\nSize\nU\x010U\x03cpuK\x02tQ.", "which is no storage of plain numbers"),
    (REBUILD + b"(]K\x00(K\x02t(K\x01ttR.", "something other than a storage"),
    (REBUILD + b"(" + STORAGE + b"K\x00U\x02xx(K\x01ttR.", "as the shape or strides"),
    (REBUILD + b"(" + STORAGE + b"K\x00(J\xff\xff\xff\xfft(K\x01ttR.", "as the shape or strides"),
    (REBUILD + b"(" + STORAGE + b"K\x01(K\x02t(K\x01ttR.", "reaches beyond its storage"),
    (b"ctorch\nFloatStorage\n)R.", "calls a type that may only be named"),
]


@pytest.mark.parametrize(("content", "message"), TRICKS)
def test_tricks_with_what_is_allowed_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("x/data.pkl", b"\x80\x02" + content)
        archive.writestr("x/data/0", bytes(8))
    with pytest.raises(InputError, match=message):
        load_torch(tmp_path / "x.pth")


def test_a_storage_of_another_size_is_refused(tmp_path: Path) -> None:
    written = tmp_path / "x.pth"
    torch.save(torch.arange(7), written, _use_new_zipfile_serialization=False)
    content = written.read_bytes()
    written.write_bytes(content[:-64] + (8).to_bytes(8, "little") + content[-56:])
    with pytest.raises(InputError, match="does not hold the 7 numbers of storage"):
        load_torch(written)
