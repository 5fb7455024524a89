"""Killed writers, many writers at once, merging under readers' eyes, a full disk: nothing lost or doubled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import StoreError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records, new_records
from surronas.store import folder as folders

WRITER = """
import sys
import numpy as np
from surronas.store import BenchmarkStore
sys.path.insert(0, sys.argv[1])
from store_runs import make_runs
store, seed = BenchmarkStore.open(sys.argv[2]), int(sys.argv[3])
for code in range(int(sys.argv[4])):
    store.append(make_runs(store.space.from_codes(np.array([code])), (seed,)), existing="skip")
    print(code, flush=True)
    if code % 7 == 6:
        store.merge()
"""


def start_writer(store: BenchmarkStore, seed: int, rows: int) -> subprocess.Popen[str]:
    arguments = [
        sys.executable,
        "-c",
        WRITER,
        str(Path(__file__).parent),
        str(store.path),
        str(seed),
        str(rows),
    ]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def kill_and_compare(path: Path, times: int, rng: np.random.Generator) -> None:
    """Kill a writer at a random moment, again and again; all it acknowledged must be there, once."""
    store = BenchmarkStore.create(path, Cell201())
    for seed in range(times):
        writer = start_writer(store, seed, 1_000)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        writer.send_signal(signal.SIGKILL)
        acknowledged = 1 + len(writer.stdout.read().split("\n")[:-1])
        writer.wait()
        reader = BenchmarkStore.open(path)
        held = reader.records(seed=seed)
        assert (
            acknowledged <= len(held) <= acknowledged + 1
        )  # the last may have been written and not yet told
        assert_same_runs(held, expected_of(seed, len(held)))
        assert reader.check() == []
    assert len(BenchmarkStore.open(path).seeds()) == times


def expected_of(seed: int, n: int) -> Records:
    cells = Cell201().from_codes(np.arange(n))
    return np.concatenate([make_runs(cells[i : i + 1], (seed,)) for i in range(n)])


def test_killed_writers_lose_nothing_they_acknowledged(path: Path, rng: np.random.Generator) -> None:
    kill_and_compare(path, 4, rng)


@pytest.mark.slow
def test_a_hundred_killed_writers(path: Path, rng: np.random.Generator) -> None:
    kill_and_compare(path, 100, rng)


@pytest.mark.parametrize("same", [False, True], ids=["distinct rows", "the same rows"])
def test_writers_at_once_lose_and_double_nothing(path: Path, same: bool) -> None:
    store = BenchmarkStore.create(path, Cell201())
    writers = [start_writer(store, 0 if same else seed, 15) for seed in range(4)]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        store.refresh()  # a reader meanwhile sees a store that only grows
        assert len(store) >= seen
        seen = len(store)
        assert len(store.query(store.architectures, "params")) == len(store.architectures)
    assert [writer.wait() for writer in writers] == [0] * 4
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    store.refresh()
    seeds = [0] if same else [0, 1, 2, 3]
    assert_same_runs(store.records(), np.concatenate([expected_of(seed, 15) for seed in seeds]))
    assert store.check() == []


def test_a_run_that_two_processes_added_counts_once(tmp_path: Path, cell201: Cell201, cells) -> None:
    first = BenchmarkStore.create(tmp_path / "s", cell201)
    second = BenchmarkStore.open(first.path)
    runs, other = make_runs(cells), make_runs(cells)
    other["valid_accuracy"] = 0.5
    second.refresh = lambda: None  # type: ignore[method-assign]  # a race: neither sees the other's rows
    first.append(runs)
    second.append(other)
    for _ in range(2):
        reader = BenchmarkStore.open(first.path)
        assert len(reader) == reader.info()["runs"] == 60
        assert_same_runs(reader.records(), runs)  # the older counts
        reader.merge()


def test_a_reader_that_sees_merged_and_original_segments_counts_once(tmp_path, cell201, cells) -> None:
    store, runs = BenchmarkStore.create(tmp_path / "s", cell201), make_runs(cells)
    for batch in np.array_split(runs, 3):
        store.append(batch)
    originals = {file: file.read_bytes() for file in store.path.glob("segment-*")}
    reader = BenchmarkStore.open(store.path)
    store.merge()
    assert_same_runs(reader.records(), runs)  # its files are deleted, its answers are not
    for file, content in originals.items():  # as if the merge had been killed before it deleted them
        file.write_bytes(content)
    both = BenchmarkStore.open(store.path)
    assert both.info()["segments"] == 1
    assert_same_runs(both.records(), runs)
    both.merge()
    assert len(list(store.path.glob("segment-*"))) == 1


def test_what_is_added_during_a_merge_stays_the_younger(tmp_path: Path, cell201: Cell201, cells) -> None:
    store, runs = BenchmarkStore.create(tmp_path / "s", cell201), make_runs(cells)
    slow = BenchmarkStore.open(store.path)
    slow.refresh = lambda: None  # type: ignore[method-assign]  # it looked before the other process wrote
    store.append(runs)
    runs_again = runs.copy()
    runs_again["valid_accuracy"] = 0.5
    store.merge()
    slow.append(runs_again)
    assert len(list(store.path.glob("segment-*"))) == 2
    assert_same_runs(BenchmarkStore.open(store.path).records(), runs)


def test_many_appends_are_merged_by_themselves(tmp_path, cell201, cells, monkeypatch) -> None:
    monkeypatch.setattr(folders, "MANY_SEGMENTS", 8)
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    base = make_runs(cell201.from_codes(np.arange(3_000)), (9,))
    store.append(base)
    big = max(store.path.glob("segment-*"), key=lambda file: file.stat().st_size)
    runs = make_runs(cells, (0,))
    for row in range(len(runs)):
        store.append(runs[row : row + 1])
        assert len(list(store.path.glob("segment-*"))) <= 9
    assert big.exists()  # a large base is not rewritten for a few rows
    assert_same_runs(store.records(), np.concatenate([base, runs]))
    assert_same_runs(BenchmarkStore.open(store.path).records(), np.concatenate([base, runs]))


def test_an_append_stands_even_if_tidying_up_fails(tmp_path, cell201, cells, monkeypatch) -> None:
    monkeypatch.setattr(folders, "MANY_SEGMENTS", 2)
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    (store.path / ".lock").mkdir()  # no lock can be taken here
    for batch in np.array_split(make_runs(cells), 4):
        assert store.append(batch) == 15
    assert len(BenchmarkStore.open(store.path)) == 60
    with pytest.raises(StoreError, match=r"can't write .*\.lock: Is a directory"):
        store.merge()


def test_merge_of_one_segment_changes_nothing(store: BenchmarkStore) -> None:
    store.merge()
    before = {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")}
    store.merge()
    assert {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")} == before


FULL = """
import resource, sys
import numpy as np
from surronas.store import BenchmarkStore
sys.path.insert(0, sys.argv[1])
from store_runs import make_runs
store = BenchmarkStore.open(sys.argv[2])
runs = make_runs(store.space.from_codes(np.arange(4_000)), (5,))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store.append(runs)
"""


def test_a_full_disk_leaves_the_store_as_it_was(store: BenchmarkStore, runs: Records) -> None:
    """A limit on file size stands in for a full disk: the write fails half-way in the same manner."""
    before = sorted(store.path.parent.rglob("*.h5"))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(Path(__file__).parent), str(store.path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "StoreError: can't write" in done.stderr
    assert "nothing was changed, check the disk's free space" in done.stderr
    assert sorted(store.path.parent.rglob("*.h5")) == before
    assert not [name for _, _, names in os.walk(store.path.parent) for name in names if "partial" in name]
    assert_same_runs(BenchmarkStore.open(store.path).records(), runs)
    assert store.check() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not stop root")
def test_a_folder_without_write_permission(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    (tmp_path / "in").mkdir()
    store = BenchmarkStore.create(tmp_path / "in" / "s.h5", cell201)
    (tmp_path / "in").chmod(0o555)
    try:
        with pytest.raises(StoreError, match=r"can't write .*Permission denied"):
            store.append(make_runs(cells))
        with pytest.raises(StoreError, match=r"can't write .*Permission denied"):
            BenchmarkStore.create(tmp_path / "in" / "t.h5", cell201)
    finally:
        (tmp_path / "in").chmod(0o755)


def test_a_file_where_a_folder_should_be(tmp_path: Path, cell201: Cell201) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"can't write .*Not a directory"):
        BenchmarkStore.create(tmp_path / "file" / "s.h5", cell201)
    with pytest.raises(StoreError, match=r"can't create .*Not a directory"):
        BenchmarkStore.create(tmp_path / "file" / "s", cell201)


def test_constant_only_rows_survive_merging(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    for cell in cells[:3]:
        runs = new_records(1, 6, ["params"])
        runs["architecture"], runs["task"], runs["params"] = cell, "digits", 5
        store.append(runs)
    store.merge()
    assert store.query(cells[:3], "params").tolist() == [5, 5, 5]
    assert len(store) == 3
