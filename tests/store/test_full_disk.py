"""A disk that is really full, and one that is really read-only: a clear error each time, data intact."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import StoreError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records, repair_store


def mount(*arguments: object) -> bool:
    """Whether a mount was made, or changed; it takes a privileged user."""
    try:
        return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", place):
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture(params=["store.h5", "store"])
def held(request: pytest.FixtureRequest, disk: Path, cell201: Cell201) -> BenchmarkStore:
    """A store of either kind on the small disk, with 800 runs in four appends."""
    store = BenchmarkStore.create(disk / request.param, cell201)
    for seed in range(4):
        store.append(some(200, seed))
    return store


def some(n: int, seed: int) -> Records:
    return make_runs(Cell201().from_codes(np.arange(n)), (seed,))


def fill(disk: Path, left: int) -> Path:
    """Fill the disk but for some bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4_096) == 4_096:
                pass
        except OSError:
            pass
        file.truncate(file.tell() - left)
    return ballast


def cut(store: BenchmarkStore) -> None:
    files = sorted(store.path.glob("segment-*")) if store.path.is_dir() else [store.path]
    content = bytearray(files[-1].read_bytes())
    content[2 * len(content) // 3] ^= 1
    files[-1].write_bytes(content)


WRITES: dict[str, Callable[[BenchmarkStore], object]] = {
    "append": lambda store: store.append(some(3_000, 9)),
    "attach": lambda store: store.attach(store.architectures, {"flops": np.arange(200.0)}),
    "copy": lambda store: store.copy(store.path.parent / "copy"),
    "merge another": lambda store: store.merge(BenchmarkStore.open(store.path.parent.parent / "other")),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("left", [0, 12_288])
def test_on_a_full_disk_nothing_changes(
    held: BenchmarkStore, disk: Path, cell201: Cell201, write: str, left: int
) -> None:
    BenchmarkStore.create(disk.parent / "other", cell201).append(some(3_000, 8))
    before = held.records()
    ballast = fill(disk, left)
    with pytest.raises(StoreError, match=r"can't (write|create) .*No space left on device"):
        WRITES[write](held)
    assert not list(disk.rglob("*.partial"))
    assert not (disk / "copy").exists()
    assert_same_runs(BenchmarkStore.open(held.path).records(), before)
    assert held.check() == []
    ballast.unlink()
    held.append(some(200, 9))
    assert len(BenchmarkStore.open(held.path)) == 1_000


def test_a_merge_on_a_full_disk_changes_nothing(disk: Path, cell201: Cell201) -> None:
    store = BenchmarkStore.create(disk / "store", cell201)
    for seed in range(4):
        store.append(some(200, seed))
    files = sorted(store.path.glob("segment-*"))
    fill(disk, 8_192)
    with pytest.raises(StoreError, match=r"can't write .*No space left on device; nothing was changed"):
        store.merge()
    assert sorted(store.path.glob("segment-*")) == files
    assert len(BenchmarkStore.open(store.path)) == 800


def test_an_append_stands_on_a_disk_too_full_to_tidy_up(
    disk: Path, cell201: Cell201, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BenchmarkStore.create(disk / "store", cell201)
    for seed in (0, 1, 2):
        store.append(some(2_000, seed))
    fill(disk, 100_000)
    monkeypatch.setattr("surronas.store.folder.MANY_SEGMENTS", 2)
    monkeypatch.setattr("surronas.store.folder._small", list)  # as if the large ones were due
    for code in range(3):
        store.append(make_runs(cell201.from_codes(np.array([code])), (3,)))
    assert len(BenchmarkStore.open(store.path)) == 6_003
    assert len(list(store.path.glob("segment-*"))) == 7


def test_a_repair_on_a_full_disk_sets_nothing_aside(disk: Path, cell201: Cell201) -> None:
    store = BenchmarkStore.create(disk / "store", cell201)
    for seed in (0, 1):
        store.append(some(1_500, seed))
    cut(store)
    files = sorted(store.path.glob("segment-*"))
    fill(disk, 4_096)
    with pytest.raises(StoreError, match="No space left on device"):
        repair_store(store.path)
    assert sorted(store.path.glob("segment-*")) == files


def test_a_disk_that_is_read_only(held: BenchmarkStore, disk: Path) -> None:
    before = held.records()
    assert mount("-o", "remount,ro", disk)
    reader = BenchmarkStore.open(held.path)
    assert_same_runs(reader.records(), before)
    assert reader.check() == []
    for write in (lambda: held.append(some(5, 9)), lambda: repair_store(held.path)):
        with pytest.raises(StoreError, match=r"can't write to .*: it is read-only; copy the store"):
            write()
    with pytest.raises(StoreError, match="Read-only file system"):
        held.copy(disk / "copy")
