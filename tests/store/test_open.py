"""Creating and opening, and every way in which a path is not the store one hoped for."""

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import StoreDamagedError, StoreError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric, Records, check_store
from surronas.store import folder as folders


class Narrow(Cell201):
    """Another space of one's own, which no table knows."""

    name = "narrow"


def segment_files(store: BenchmarkStore) -> list[Path]:
    return sorted(store.path.glob("segment-*.h5")) if store.path.is_dir() else [store.path]


def test_any_hdf5_tool_reads_a_store(store: BenchmarkStore, runs: Records) -> None:
    store.merge()
    with h5py.File(segment_files(store)[0], "r") as file:
        assert (file.attrs["format"], file.attrs["version"], file.attrs["space"]) == (
            "surronas-store",
            "2",
            "cell201",
        )
        block = next(b for b in file["blocks"].values() if b.attrs["per"] == "run")
        assert (block.attrs["task"], block.attrs["epochs"]) == ("digits", "4")
        decisions = file["architectures/decisions"][()]
        np.testing.assert_array_equal(file["architectures/code"][()], store.space.codes(decisions))
        np.testing.assert_array_equal(
            block["valid_accuracy"][:30], store.query(decisions, "valid_accuracy", seed=0)
        )
        np.testing.assert_array_equal(
            block["curves/valid_accuracy"][30:], store.curves(decisions, "valid_accuracy", seed=1)
        )
        assert block["valid_accuracy"].chunks is None
        assert json.loads(file["recipes"][()]) == store.recipes


def test_create_refuses_what_exists(store: BenchmarkStore, cell201: Cell201) -> None:
    with pytest.raises(StoreError, match=r"can't create a store at .*: it exists; open it"):
        BenchmarkStore.create(store.path, cell201)
    assert len(BenchmarkStore.open(store.path)) == 60


def test_create_needs_its_parent_folder(path: Path, cell201: Cell201) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        BenchmarkStore.create(path.parent / "missing" / path.name, cell201)


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*nowhere\.h5; check the path"):
        BenchmarkStore.open(tmp_path / "nowhere.h5")
    assert "nothing here" in check_store(tmp_path / "nowhere.h5")[0]


def test_folder_without_segments(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a folder without segments"):
        BenchmarkStore.open(tmp_path)
    assert "without segments" in check_store(tmp_path)[0]


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 100_000])
def test_not_a_store(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.h5").write_bytes(content)
    with pytest.raises(StoreError, match="is not a surronas store; expected a file that"):
        BenchmarkStore.open(tmp_path / "x.h5")


def test_another_hdf5_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["a"] = 1
    with pytest.raises(StoreError, match="an HDF5 file, but not a surronas store"):
        BenchmarkStore.open(tmp_path / "x.h5")


def test_a_newer_version_asks_for_an_upgrade(store: BenchmarkStore) -> None:
    file = segment_files(store)[-1]
    content = bytearray(file.read_bytes())
    tail = content[-40:-4]
    tail[8:12] = struct.pack("<I", 99)
    file.write_bytes(content[:-40] + tail + struct.pack("<I", zlib.crc32(tail)))
    with pytest.raises(StoreError, match="version 99, this surronas reads up to version 2; upgrade"):
        BenchmarkStore.open(store.path)
    assert "version 99" in store.check()[-1]


def test_an_unknown_space_can_be_passed(path: Path, cells: np.ndarray) -> None:
    BenchmarkStore.create(path, Narrow()).append(make_runs(cells))
    with pytest.raises(StoreError, match=r"space 'narrow', known are .*cell201.*; upgrade surronas, or pass"):
        BenchmarkStore.open(path)
    assert len(BenchmarkStore.open(path, space=Narrow())) == 60
    with pytest.raises(StoreError, match=r"space 'narrow' with choices .*, expected 'cell201'"):
        BenchmarkStore.open(path, space=Cell201())


def test_segments_of_two_stores_in_one_folder(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    for name, space, canonical in (("a", cell201, False), ("b", Narrow(), False), ("c", cell201, True)):
        BenchmarkStore.create(tmp_path / name, space, canonical=canonical).append(make_runs(cells))
    for other, told in (("b", "got 'narrow'"), ("c", r"got 'cell201' \(canonical: True\)")):
        mixed = shutil.copytree(tmp_path / "a", tmp_path / f"a{other}")
        for file in (tmp_path / other).glob("segment-*"):
            shutil.copy(file, mixed)
        with pytest.raises(StoreError, match=f"expected one store.*{told}.*move one of them out"):
            BenchmarkStore.open(mixed)


def test_two_definitions_of_one_metric(tmp_path: Path, cell201: Cell201) -> None:
    for name, unit in (("a", "s"), ("b", "ms")):
        BenchmarkStore.create(tmp_path / name, cell201, metrics=[Metric("latency", unit=unit)])
    for file in (tmp_path / "b").glob("segment-*"):
        shutil.copy(file, tmp_path / "a")
    with pytest.raises(StoreError, match="defines metric 'latency' otherwise"):
        BenchmarkStore.open(tmp_path / "a")


def test_stray_files_of_killed_writers_are_ignored(store: BenchmarkStore, runs: Records) -> None:
    beside = store.path if store.path.is_dir() else store.path.parent
    stray = beside / f".{segment_files(store)[0].name}.0123.partial"
    stray.write_bytes(b"half a segm")
    of_another = beside / f".{segment_files(store)[0].name}.csv.0123.partial"
    of_another.write_bytes(b"half a tab")
    assert_same_runs(BenchmarkStore.open(store.path).records(), runs)
    os.utime(stray, (0, 0))
    os.utime(of_another, (0, 0))
    store.append(make_runs(store.architectures, (5,)))
    store.merge()
    assert not stray.exists()
    assert of_another.exists() or store.path.is_dir()
    assert store.check() == []


def test_an_unreadable_path_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "loop.h5").symlink_to(tmp_path / "loop.h5")
    with pytest.raises(StoreError, match="no store at"):
        BenchmarkStore.open(tmp_path / "loop.h5")
    os.mkdir(tmp_path / "store")
    os.mkdir(tmp_path / "store" / "segment-0-a.h5")
    with pytest.raises(StoreError, match=r"can't read .*segment-0-a\.h5: Is a directory"):
        BenchmarkStore.open(tmp_path / "store")


def test_a_store_deleted_under_its_reader(store: BenchmarkStore) -> None:
    shutil.rmtree(store.path) if store.path.is_dir() else store.path.unlink()
    with pytest.raises(StoreError, match=r"can't list .*No such file|no store at .* any more"):
        store.refresh()
    with pytest.raises(StoreError, match=r"can't write|no store"):
        store.append(make_runs(store.architectures, (5,)))


def test_a_segment_that_vanishes_after_listing_is_listed_anew(tmp_path, cell201, cells, monkeypatch) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    for seed in range(3):
        store.append(make_runs(cells, (seed,)))
    reader = folders.FolderStorage(store.path)
    stale = reader._names()
    store.merge()
    answers = iter([stale, reader._names()])
    monkeypatch.setattr(reader, "_names", lambda: next(answers))
    assert len(reader.segments([])) == 1


def test_a_folder_that_never_rests_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = folders.FolderStorage(tmp_path)
    monkeypatch.setattr(reader, "_names", lambda: ["segment-0-gone.h5"])
    with pytest.raises(StoreError, match="kept vanishing in 100 tries"):
        reader.segments([])


def test_reading_loads_neither_hdf5_nor_anything_heavy(store: BenchmarkStore) -> None:
    code = (
        "import sys; from surronas.store import BenchmarkStore\n"
        f"s = BenchmarkStore.open({str(store.path)!r})\n"
        "s.query(s.architectures, 'valid_accuracy', seed='mean')\n"
        "s.curves(s.architectures, 'train_loss', seed=0)\n"
        "heavy = 'h5py', 'torch', 'scipy', 'sklearn', 'xgboost', 'matplotlib'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_damage_is_an_error_of_its_own_kind() -> None:
    assert issubclass(StoreDamagedError, StoreError)
