"""Flipped bits and truncated files: found by check and by the query that touches them, no wrong number."""

from pathlib import Path

import numpy as np
import pytest
from store_runs import make_runs

from surronas.errors import StoreDamagedError, StoreError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records, check_store, curve_chunks
from surronas.store.container import BLOCK


@pytest.fixture(scope="module")
def runs() -> Records:
    """Enough runs to span several checksummed blocks."""
    cells = Cell201().from_codes(np.random.default_rng(3).permutation(15_625)[:2_500])
    made = make_runs(cells)
    made["status"][::50] = "diverged"
    return made


@pytest.fixture(scope="module")
def content(runs: Records, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound file store."""
    path = tmp_path_factory.mktemp("sound") / "sound.h5"
    BenchmarkStore.create(path, Cell201()).append(runs)
    assert check_store(path) == []
    assert path.stat().st_size > 3 * BLOCK
    return path.read_bytes()


def read_everything(path: Path, runs: Records) -> None:
    """Ask for all that the store holds; whatever is answered must be what was stored."""
    store = BenchmarkStore.open(path)
    for seed in (0, 1):
        mine = runs[(runs["seed"] == seed)]
        for metric in ("valid_accuracy", "test_accuracy", "train_loss"):
            shown = np.where(mine["status"] == "ok", mine[metric], np.nan)
            found = store.query(mine["architecture"], metric, seed=seed, missing="nan")
            np.testing.assert_array_equal(found, shown)
        shown = np.where((mine["status"] == "ok")[:, None], mine["valid_accuracy_curve"], np.nan)
        found = store.curves(mine["architecture"], "valid_accuracy", seed=seed, missing="nan")
        np.testing.assert_array_equal(found, shown)
    np.testing.assert_array_equal(store.query(mine["architecture"], "params"), mine["params"])
    assert len(store.records()) == len(runs)


def assert_harmless(path: Path, runs: Records) -> bool:
    """Read a damaged file: it answers rightly or says that it is damaged. Return whether it said so."""
    assert check_store(path), "check() found nothing"
    try:
        read_everything(path, runs)
    except StoreDamagedError:
        return True
    return False


def flip(content: bytes, bit: int) -> bytes:
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << (bit % 8)
    return bytes(flipped)


def assert_flips_harmless(content: bytes, runs: Records, path: Path, bits: np.ndarray) -> None:
    found = 0
    for bit in bits.tolist():
        path.write_bytes(flip(content, bit))
        found += assert_harmless(path, runs)
    assert found > len(bits) / 2  # most bytes are numbers that are read


def test_flipped_bits(content: bytes, runs: Records, tmp_path: Path, rng: np.random.Generator) -> None:
    bits = rng.integers(8 * len(content), size=120)
    in_footer = 8 * len(content) - 1 - rng.integers(8 * 2_000, size=60)
    in_header = rng.integers(8 * 4_096, size=20)
    assert_flips_harmless(content, runs, tmp_path / "x.h5", np.concatenate([bits, in_footer, in_header]))


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_ten_thousand_flipped_bits(content: bytes, runs: Records, tmp_path: Path) -> None:
    bits = np.random.default_rng(9).integers(8 * len(content), size=10_000)
    assert_flips_harmless(content, runs, tmp_path / "x.h5", bits)


def test_truncation_is_seen_at_open(content: bytes, tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "x.h5"
    lengths = [*rng.integers(8, len(content), size=150), len(content) - 1, len(content) - 40, BLOCK]
    for length in lengths:
        path.write_bytes(content[:length])
        with pytest.raises(StoreError, match="truncated or damaged" if length >= 48 else "surronas store"):
            BenchmarkStore.open(path)
        assert check_store(path)
    for spoiled in (
        content + b"\0",
        content + content,
        content[100:],
        content[:BLOCK] + content[2 * BLOCK :],
    ):
        path.write_bytes(spoiled)
        assert check_store(path)
        with pytest.raises(StoreError, match=r"damaged|not a surronas store"):
            read_everything(path, np.empty(0))


def test_check_names_what_is_damaged(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(flip(content, 8 * (BLOCK + 100)))
    (line,) = check_store(path)
    assert f"damaged at bytes {BLOCK} to {2 * BLOCK}, in or beside" in line
    assert "blocks/0/" in line


def test_damage_in_one_column_leaves_the_others_readable(
    content: bytes, runs: Records, tmp_path: Path
) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(content)
    columns = BenchmarkStore.open(path)._table.segments[0].container.directory["columns"]
    blocks_of = {name: column[0] // BLOCK for name, column in columns.items() if column[0]}
    last = max(blocks_of["blocks/0/valid_accuracy"] + 1, 1)
    path.write_bytes(flip(content, 8 * (last * BLOCK + 9)))
    store, answered = BenchmarkStore.open(path), []
    for metric in ("valid_accuracy", "test_accuracy", "train_loss", "params"):
        try:
            store.query(runs["architecture"][1:2], metric, seed=0)
            answered.append(metric)
        except StoreDamagedError:
            pass
    assert 0 < len(answered) < 4


def test_check_sees_where_hdf5_and_the_directory_disagree(tmp_path: Path, runs: Records, monkeypatch) -> None:
    path = tmp_path / "x.h5"
    BenchmarkStore.create(path, Cell201()).append(runs)
    monkeypatch.setattr("surronas.store.segment.inflate", lambda *chunk: curve_chunks.inflate(*chunk) + 1)
    lines = check_store(path)
    assert any("HDF5 reads blocks/0/curves/valid_accuracy otherwise" in line for line in lines)


def test_merging_refuses_damaged_segments(tmp_path: Path, runs: Records) -> None:
    store = BenchmarkStore.create(tmp_path / "s", Cell201())
    for batch in np.array_split(runs, 2):
        store.append(batch)
    files = sorted(store.path.glob("segment-*"))
    sound = files[2].read_bytes()
    files[2].write_bytes(flip(sound, 8 * (BLOCK + 1_000)))
    with pytest.raises(StoreDamagedError, match="damaged at bytes"):
        BenchmarkStore.open(store.path).merge()
    assert sorted(store.path.glob("segment-*")) == files
    files[2].write_bytes(sound)
    read_everything(store.path, runs)
