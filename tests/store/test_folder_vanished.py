"""A segment file that is gone is noticed, named, and can be put back; slow writers raise no false alarm."""

from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import StoreError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, check_store, lineage
from surronas.store import folder as folders
from surronas.store.layout import Header


@pytest.fixture
def store(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> BenchmarkStore:
    """A folder of seven segments."""
    made = BenchmarkStore.create(tmp_path / "s", cell201)
    for batch in np.array_split(make_runs(cells), 6):
        made.append(batch)
    return made


def files_of(store: BenchmarkStore) -> list[Path]:
    return sorted(store.path.glob("segment-*.h5"))


def test_each_segment_but_the_newest_is_missed(store: BenchmarkStore, tmp_path: Path) -> None:
    runs, names = store.records(), [file.name for file in files_of(store)]
    for name in names[:-1]:
        (store.path / name).rename(tmp_path / name)
        identity = name.split("-")[2]
        for read in (lambda: BenchmarkStore.open(store.path), store.refresh, store.merge):
            with pytest.raises(
                StoreError, match=rf"lacks segment-\*-{identity}, .* put the file back from a copy"
            ):
                read()
        (line,) = check_store(store.path)
        assert identity in line
        assert f"surronas check {store.path} --repair to go on without its rows" in line
        (tmp_path / name).rename(store.path / name)
    assert_same_runs(BenchmarkStore.open(store.path).records(), runs)
    assert check_store(store.path) == []


def test_a_missing_segment_stops_appends_before_anything_is_written(
    store: BenchmarkStore, cells: np.ndarray, tmp_path: Path
) -> None:
    files_of(store)[2].rename(tmp_path / "kept")
    before = files_of(store)
    with pytest.raises(StoreError, match="which was part of it"):
        store.append(make_runs(cells, (7,)))
    assert files_of(store) == before


def test_several_missing_segments_are_counted(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    writers = [BenchmarkStore.open(store.path) for _ in range(5)]
    for seed, writer in enumerate(writers):
        writer.refresh = lambda: None  # type: ignore[method-assign]  # all looked before any of them wrote
        writer.append(make_runs(cells, (seed,)))
    store.append(make_runs(cells, (9,)))
    for file in files_of(store)[1:-1]:
        file.unlink()
    with pytest.raises(StoreError, match="and 2 more, which was part of it"):
        BenchmarkStore.open(store.path)


def test_what_was_merged_is_missed_as_well(store: BenchmarkStore, cells: np.ndarray, tmp_path: Path) -> None:
    store.merge()
    store.append(make_runs(cells, (7,)))
    files_of(store)[0].rename(tmp_path / "kept")
    with pytest.raises(StoreError, match="which was part of it"):
        BenchmarkStore.open(store.path)


def test_a_writer_overtaken_by_two_merges_raises_no_alarm(store: BenchmarkStore, cells: np.ndarray) -> None:
    slow = BenchmarkStore.open(store.path)
    slow.refresh = lambda: None  # type: ignore[method-assign]  # it has looked already
    for seed in (7, 8):
        store.merge()
        store.append(make_runs(cells, (seed,)))
    slow.append(make_runs(cells, (9,)))
    for _ in range(3):
        reader = BenchmarkStore.open(store.path)
        assert reader.seeds() == [0, 1, 7, 8, 9]
        assert reader.check() == []
        reader.merge()


def test_what_a_live_segment_names_is_never_forgotten(
    store: BenchmarkStore, cells: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "REMEMBERED_SECONDS", -1)
    monkeypatch.setattr(folders, "MANY_SEGMENTS", 2)
    for seed in range(7, 27):  # now and then the small ones are folded beside the large ones
        store.append(make_runs(cells[: 1 + 29 * (seed % 5 == 0)], (seed,)))
        assert len(BenchmarkStore.open(store.path)) == len(store)


def test_files_of_before_are_vouched_for_by_the_next_append(
    tmp_path: Path, cell201: Cell201, cells: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_lineage(header: Header) -> dict[str, object]:
        told = to_json(header)
        return {name: told[name] for name in told if name not in ("seen", "folded")}

    to_json = Header.to_json
    monkeypatch.setattr(Header, "to_json", without_lineage)
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    for batch in np.array_split(make_runs(cells), 3):
        store.append(batch)
    monkeypatch.undo()
    old = files_of(store)
    BenchmarkStore.open(store.path).append(make_runs(cells, (7,)))
    for file in old:
        file.rename(tmp_path / "kept")
        with pytest.raises(StoreError, match=file.name.split("-")[2]):
            BenchmarkStore.open(store.path)
        (tmp_path / "kept").rename(file)
    assert len(BenchmarkStore.open(store.path)) == 90


def test_a_listing_that_two_merges_have_overtaken_is_repeated(
    store: BenchmarkStore, cells: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = folders.FolderStorage(store.path)
    stale = reader._read()
    store.append(make_runs(cells, (7,)))
    fresh = reader._read()
    torn = {name: fresh[name] for name in fresh if name not in list(stale)[-1:]}
    answers = iter([torn, fresh])
    monkeypatch.setattr(reader, "_read", lambda: next(answers))
    assert len(reader.segments([])) == 8
