"""Repairing a folder: what is damaged, foreign or gone is set aside or done without; the rest stays."""

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from store_damage import damage, files_of
from store_runs import assert_same_runs, make_runs

from surronas.errors import StoreDamagedError, StoreError, StoreVersionError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric, Records, check_store, repair_store


class Narrow(Cell201):
    """Another space."""

    name = "narrow"


@pytest.fixture
def folder(tmp_path: Path, cell201: Cell201, runs: Records) -> BenchmarkStore:
    """A folder of sixty runs in five segments, the first without runs."""
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    for batch in np.array_split(runs, 4):
        store.append(batch)
    return store


def test_a_sound_store_is_left_alone(store: BenchmarkStore) -> None:
    before = {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")}
    assert repair_store(store.path) == [f"{store.path}: sound, nothing to do"]
    assert {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")} == before


def test_each_damaged_segment_is_set_aside_and_the_others_stay(folder: BenchmarkStore, runs: Records) -> None:
    batches = np.array_split(runs, 4)
    for number, file in enumerate(files_of(folder)):
        copy = Path(shutil.copytree(folder.path, folder.path.with_name(f"copy{number}")))
        spoiled = damage(copy / file.name)
        assert len(check_store(copy)) == 1
        lines = repair_store(copy)
        assert lines[0] == f"{copy / file.name} is damaged: moved into set-aside"
        assert (copy / "set-aside" / file.name).read_bytes() == spoiled
        assert check_store(copy) == []
        left = [batch for i, batch in enumerate(batches) if i != number - 1]
        assert_same_runs(BenchmarkStore.open(copy).records(), np.concatenate(left))
        if number:
            assert lines[1] == f"{copy / file.name}: 0 of 15 runs were saved"
        assert repair_store(copy) == [f"{copy}: sound, nothing to do"]


def test_a_vanished_segment_is_done_without(folder: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    gone = files_of(folder)[2]
    gone.unlink()
    (line,) = repair_store(folder.path)
    assert line == f"segment-*-{gone.name.split('-')[2]} has vanished: the store goes on without its rows"
    left = [batch for i, batch in enumerate(np.array_split(runs, 4)) if i != 1]
    store = BenchmarkStore.open(folder.path)
    assert_same_runs(store.records(), np.concatenate(left))
    for seed in (7, 8):
        store.append(make_runs(cells, (seed,)))
        store.merge()
        assert BenchmarkStore.open(folder.path).check() == []


def misplace_text(folder: Path) -> Path:
    (folder / "segment-1-a.h5").write_text("notes on the run\n")
    return folder / "segment-1-a.h5"


def misplace_nothing(folder: Path) -> Path:
    (folder / "segment-1-a.h5").write_bytes(b"")
    return folder / "segment-1-a.h5"


def misplace_loop(folder: Path) -> Path:
    (folder / "segment-1-a.h5").symlink_to("segment-1-a.h5")
    return folder / "segment-1-a.h5"


def misplace_dangling_link(folder: Path) -> Path:
    (folder / "segment-1-a.h5").symlink_to("nowhere")
    return folder / "segment-1-a.h5"


def misplace_folder(folder: Path) -> Path:
    (folder / "segment-1-a.h5").mkdir()
    return folder / "segment-1-a.h5"


def misplace_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "segment-1-a.h5")
    return folder / "segment-1-a.h5"


def misplace_another_space(folder: Path) -> Path:
    other = BenchmarkStore.create(folder.parent / "other", Narrow())
    return Path(shutil.copy(files_of(other)[0], folder))


def misplace_other_metrics(folder: Path) -> Path:
    other = BenchmarkStore.create(folder.parent / "other", Cell201(), metrics=[Metric("params", unit="k")])
    return Path(shutil.copy(files_of(other)[0], folder))


STRANGERS: list[tuple[Callable[[Path], Path], str, str]] = [
    (misplace_text, "is not a surronas store; expected a file", "can't be read"),
    (misplace_nothing, "is not a surronas store; expected a file", "can't be read"),
    (misplace_loop, "Too many levels of symbolic links; check the path", "can't be read"),
    (misplace_dangling_link, r"kept vanishing in 100 tries, such as .*\.h5; is", "can't be read"),
    (misplace_folder, "Is a directory; check the path", "can't be read"),
    (misplace_pipe, "is not a surronas store; expected a file", "can't be read"),
    (misplace_another_space, r"(expected one store.*got 'narrow'|of space 'narrow')", "of space 'narrow'"),
    (misplace_other_metrics, "defines metric 'params' otherwise", "defines metric 'params' otherwise"),
]


@pytest.mark.parametrize(
    ("misplace", "error", "told"), STRANGERS, ids=lambda case: getattr(case, "__name__", "")
)
def test_strangers_are_named_and_moved_out(
    folder: BenchmarkStore, runs: Records, misplace: Callable[[Path], Path], error: str, told: str
) -> None:
    stranger = misplace(folder.path)
    with pytest.raises(StoreError, match=error):
        BenchmarkStore.open(folder.path)
    assert any(stranger.name in line for line in check_store(folder.path))
    (line,) = repair_store(folder.path)
    assert told in line
    assert line.endswith(": moved into set-aside")
    assert not os.path.lexists(stranger)
    assert os.path.lexists(folder.path / "set-aside" / stranger.name)
    assert_same_runs(BenchmarkStore.open(folder.path).records(), runs)
    assert check_store(folder.path) == []


def test_what_is_set_aside_takes_no_ones_place(folder: BenchmarkStore) -> None:
    for _ in range(3):
        misplace_text(folder.path)
        repair_store(folder.path)
    assert sorted(os.listdir(folder.path / "set-aside")) == [
        "segment-1-a.h5",
        "segment-1-a.h5-2",
        "segment-1-a.h5-3",
    ]


def test_a_newer_version_is_never_set_aside(folder: BenchmarkStore) -> None:
    file = files_of(folder)[-1]
    content = bytearray(file.read_bytes())
    tail = content[-40:-4]
    tail[8:12] = struct.pack("<I", 99)
    file.write_bytes(content[:-40] + tail + struct.pack("<I", zlib.crc32(tail)))
    before = files_of(folder)
    with pytest.raises(StoreVersionError, match="version 99, this surronas reads up to"):
        repair_store(folder.path)
    assert files_of(folder) == before


def test_a_folder_with_nothing_sound_is_left_as_it_is(folder: BenchmarkStore) -> None:
    folder.merge()
    spoiled = damage(files_of(folder)[0])
    with pytest.raises(StoreDamagedError, match="can't be repaired: no row of it is sound; restore"):
        repair_store(folder.path)
    assert files_of(folder)[0].read_bytes() == spoiled


def test_repairing_needs_a_store_and_permission(folder: BenchmarkStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        repair_store(tmp_path / "nowhere")
    folder.path.chmod(0o555)
    try:
        with pytest.raises(StoreError, match="it is read-only; copy the store"):
            repair_store(folder.path)
    finally:
        folder.path.chmod(0o755)


def test_a_segment_that_can_not_be_moved(folder: BenchmarkStore) -> None:
    damage(files_of(folder)[1])
    (folder.path / "set-aside").write_text("in the way")
    with pytest.raises(StoreError, match=r"can't move .* to .*set-aside.*: .*; move it out of the store"):
        repair_store(folder.path)


def test_members_of_a_killed_merge_stand_in_for_what_it_wrote(folder: BenchmarkStore, runs: Records) -> None:
    members = {file: file.read_bytes() for file in files_of(folder)}
    folder.merge()
    damage(files_of(folder)[0])
    for file, content in members.items():
        file.write_bytes(content)
    repair_store(folder.path)
    assert_same_runs(BenchmarkStore.open(folder.path).records(), runs)
    assert check_store(folder.path) == []
