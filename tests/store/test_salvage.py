"""Salvage: every row of a damaged segment that its checksums vouch for stays, every loss is told."""

import re
from pathlib import Path

import numpy as np
import pytest
from store_damage import damage, files_of
from store_runs import assert_same_runs, by_key, make_runs

from surronas.errors import StoreDamagedError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records, check_store, repair, repair_store

METRICS = ("valid_accuracy", "test_accuracy", "train_loss", "train_loss_curve", "valid_accuracy_curve")


@pytest.fixture(scope="module")
def large() -> Records:
    """Runs that span many checksummed blocks; not every cell has every seed, not every run is ok."""
    cells = Cell201().from_codes(np.random.default_rng(3).permutation(15_625)[:15_000])
    made = make_runs(cells, (0, 1, 2, 3), epochs=2)[:-500]
    made["status"][::50] = "diverged"
    return made


@pytest.fixture(scope="module")
def content(large: Records, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound file store of two appends."""
    path = tmp_path_factory.mktemp("sound") / "sound.h5"
    store = BenchmarkStore.create(path, Cell201())
    for start in (0, 30_000):
        store.append(large[start : start + 30_000], command=f"from {start}")
    return path.read_bytes()


def place_of(path: Path, dataset: str) -> int:
    """Return the byte in the middle of a dataset."""
    segment = BenchmarkStore.open(path)._table.segments[0]
    offset, dtype, shape = segment.container.directory["columns"][dataset]
    return int(offset + np.prod(shape) * np.dtype(dtype).itemsize // 2)


def assert_only_losses(found: Records, runs: Records, lines: list[str]) -> None:
    """What is there is right; the rows and values that are not there are as many as was told."""
    told = "\n".join(lines)
    lost = sum(int(n) for n in re.findall(r"epochs: (?:all )?(\d+) (?:of \d+ )?rows are lost", told))
    assert len(found) == len(runs) - lost
    codes = Cell201().codes(runs["architecture"])
    at = {key: i for i, key in enumerate(zip(codes.tolist(), runs["seed"].tolist(), strict=True))}
    kept = Cell201().codes(found["architecture"])
    rows = [at[key] for key in zip(kept.tolist(), found["seed"].tolist(), strict=True)]
    expected = runs[rows]
    assert (found["status"] == expected["status"]).all()
    for name in (metric for metric in METRICS if metric in found.dtype.names):
        shown = found[name].reshape(len(found), found[name][:1].size or 1)
        missing = np.isnan(shown).all(axis=1)
        np.testing.assert_array_equal(shown[~missing], expected[name].reshape(shown.shape)[~missing])
        what = f"the curve of {name.removesuffix('_curve')}" if name.endswith("_curve") else name
        counts = re.findall(rf"epochs: {what} is missing now in (\d+) of its rows", told)
        assert missing.sum() == sum(map(int, counts)), (name, told)
    known = ~np.isnan(found["params"])
    np.testing.assert_array_equal(found["params"][known], expected["params"][known])


def test_random_damage_of_a_file(content: bytes, large: Records, tmp_path: Path) -> None:
    rng, path = np.random.default_rng(5), tmp_path / "x.h5"
    body = len(content) - 20_000
    for trial in range(6):
        spoiled = bytearray(content)
        for bit in rng.integers(8 * body, size=1 + trial % 3).tolist():
            spoiled[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoiled)
        lines = repair_store(path)
        assert "the damaged file is now" in lines[0]
        assert path.with_name("x.h5.damaged").read_bytes() == spoiled
        assert check_store(path) == []
        assert_only_losses(BenchmarkStore.open(path).records(), large, lines)
        path.with_name("x.h5.damaged").unlink()


@pytest.mark.parametrize(
    ("dataset", "told", "lost"),
    [
        ("architectures/code", None, 0),
        ("architectures/decisions", None, 0),
        (
            "blocks/0/architecture",
            r"task 'digits', 2 epochs: \d+ of 59500 rows are lost, of seeds [0-3]",
            17_000,
        ),
        ("blocks/0/status", r"\d+ of 59500 rows are lost, of seeds 0", 59_500),
        ("blocks/0/seed", r"59500 rows are lost, their seeds are damaged", 59_500),
        ("blocks/0/provenance", r"who measured \d+ rows, when and how, is lost", 0),
        ("blocks/0/valid_accuracy", r"valid_accuracy is missing now in \d+ of its rows", 0),
        (
            "blocks/0/curves/train_loss#chunks",
            r"the curve of train_loss is missing now in \d+ of its rows",
            0,
        ),
        ("blocks/1/params", r"column params, task 'digits': \d+ of 15000 rows are lost", 0),
        ("provenance", "who measured its runs, when and how, is lost", 59_500),
    ],
)
def test_what_is_lost_with_each_dataset(
    content: bytes, large: Records, tmp_path: Path, dataset: str, told: str | None, lost: int
) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    damage(path, place_of(path, dataset))
    lines = repair_store(path)
    assert told is None or any(re.search(told, line) for line in lines)
    assert told is not None or len(lines) == 1
    found = BenchmarkStore.open(path)
    assert len(found) >= len(large) - lost
    assert_only_losses(found.records(), large, lines)


def test_runs_without_provenance_say_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    assert len(BenchmarkStore.open(path).records(origin="imported")) == 0
    damage(path, place_of(path, "blocks/0/provenance"))
    (line,) = [line for line in repair_store(path) if "who measured" in line]
    store = BenchmarkStore.open(path)
    entries = {entry["command"]: entry for entry in store.info()["provenance"]}
    assert entries["check --repair: where this run came from was damaged"]["origin"] == "imported"
    count = int(re.findall(r"measured (\d+) rows", line)[0])
    assert 0 < count == len(store.records(origin="imported"))


def test_a_second_damaged_file_takes_no_ones_place(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    first = damage(path)
    repair_store(path)
    second = damage(path, 70_000)
    repair_store(path)
    assert (tmp_path / "x.h5.damaged").read_bytes() == first
    assert (tmp_path / "x.h5.damaged-2").read_bytes() == second
    assert check_store(path) == []


def test_a_file_that_says_nothing_of_itself_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    for spoiled in (content[:-1], content[:-3_000] + bytes([content[-3_000] ^ 1]) + content[-2_999:]):
        path.write_bytes(spoiled)
        with pytest.raises(StoreDamagedError, match="it can't be repaired: its directory is lost"):
            repair_store(path)
        assert path.read_bytes() == spoiled
        assert not list(tmp_path.glob("*.damaged"))


def test_a_small_file_is_lost_whole(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    BenchmarkStore.create(tmp_path / "x.h5", cell201).append(make_runs(cells))
    spoiled = damage(tmp_path / "x.h5")
    with pytest.raises(StoreDamagedError, match="can't be repaired: no row of it is sound; restore"):
        repair_store(tmp_path / "x.h5")
    assert (tmp_path / "x.h5").read_bytes() == spoiled


def test_sound_rows_of_a_large_segment_stay(tmp_path: Path, cell201: Cell201, large: Records) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    store.append(large[:50_000])
    store.append(large[50_000:])
    (biggest,) = sorted(files_of(store), key=lambda file: file.stat().st_size)[-1:]
    damage(biggest, 300_000)
    lines = repair_store(store.path)
    assert not biggest.exists()
    assert re.search(r"\d{4,5} of 50000 runs were saved", lines[1])
    assert check_store(store.path) == []
    assert_only_losses(BenchmarkStore.open(store.path).records(), large, lines)


def test_an_interrupted_repair_is_taken_up_again(
    tmp_path: Path, cell201: Cell201, large: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    store.append(large)
    damage(files_of(store)[1], 300_000)

    def killed(path: Path, to: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(repair, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            repair_store(store.path)
    half = BenchmarkStore.open(store.path).records()
    assert any("is damaged: moved into set-aside" in line for line in repair_store(store.path))
    assert check_store(store.path) == []
    assert_same_runs(by_key(BenchmarkStore.open(store.path).records()), half)
