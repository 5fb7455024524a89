"""Tables of reproductions: imported once, anew where something has changed, refused where not sound."""

import json
import shutil
import struct
import zlib
from pathlib import Path

import pytest

from surronas.errors import ImportFactsError, InputError, StoreDamagedError, StoreVersionError
from surronas.reproduction import TABLES, MissingTableError, how_to_get, is_at_hand, open_table, table_digest
from surronas.store import BenchmarkStore
from surronas.store.importers import importer_named

NAME = "nasbench-macro"
ROOT = Path(__file__).parents[2]


class Places:
    """A checkout, its folder of stores, and a copy of official files that a test may change."""

    def __init__(self, folder: Path, official: Path) -> None:
        self.checkout, self.stores = folder / "checkout", folder / "stores"
        self.checkout.mkdir()
        self.source = folder / "shared" / "data" / "benchmarks" / TABLES[NAME]
        self.source.parent.mkdir(parents=True)
        shutil.copy(official / "benchmarks" / TABLES[NAME], self.source)
        self.store, self.note = self.stores / f"{NAME}.h5", self.stores / f"{NAME}.source.json"

    def open(self) -> BenchmarkStore:
        return open_table(NAME, self.stores, self.checkout)


@pytest.fixture
def places(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("SURRONAS_SHARED", str(tmp_path / "shared"))
    return Places(tmp_path, shared)


def imported(path: Path) -> str:
    """What tells one import from the next."""
    return f"{path.stat().st_ino} {path.stat().st_mtime_ns}"


def test_a_table_is_imported_once(places: Places) -> None:
    assert len(places.open()) == 11_907
    first = imported(places.store)
    places.open()
    assert imported(places.store) == first


def test_a_source_that_has_changed_is_imported_anew(places: Places) -> None:
    places.open()
    first, digest = imported(places.store), table_digest(NAME, places.stores, places.checkout)
    places.source.write_text(places.source.read_text() + "\n")
    places.open()
    assert imported(places.store) != first
    assert table_digest(NAME, places.stores, places.checkout) != digest


@pytest.mark.parametrize("note", ["", "{}", '{"files": "00"}'])
def test_a_broken_note_of_an_import_is_no_import(places: Places, note: str) -> None:
    places.open()
    first = imported(places.store)
    places.note.write_text(note)
    places.open()
    assert imported(places.store) != first
    assert set(json.loads(places.note.read_text())) == {"files", "importers"}


def test_a_value_that_facts_contradict_is_refused_and_nothing_is_left(places: Places) -> None:
    table = json.loads(places.source.read_text())
    best = max(row["mean_acc"] for row in table.values())
    for row in table.values():
        if row["mean_acc"] == best:
            row["test_acc"] = [accuracy + 1 for accuracy in row["test_acc"]]
            row["mean_acc"] += 1
    places.source.write_text(json.dumps(table))
    for _ in range(2):
        with pytest.raises(ImportFactsError, match="does not hold what NAS-Bench-Macro"):
            places.open()
        assert not places.store.exists()


def test_a_value_that_the_reader_contradicts_is_refused(places: Places) -> None:
    table = json.loads(places.source.read_text())
    table["22212202"]["test_acc"][0] += 1
    places.source.write_text(json.dumps(table))
    with pytest.raises(InputError, match="network 22212202: mean_acc is"):
        places.open()


def test_a_truncated_source_is_refused_though_an_older_import_is_there(places: Places) -> None:
    places.open()
    places.source.write_bytes(places.source.read_bytes()[:-1000])
    with pytest.raises(InputError, match="can't read"):
        places.open()
    with pytest.raises(InputError, match="can't read"):
        places.open()


def test_an_import_outlives_its_source(places: Places) -> None:
    places.open()
    places.source.unlink()
    assert len(places.open()) == 11_907
    assert is_at_hand(NAME, places.stores, places.checkout)


def test_a_store_of_the_users_own_is_taken_as_it_is(places: Places) -> None:
    places.open()
    places.note.unlink()
    first = imported(places.store)
    places.source.write_text("changed")
    assert len(places.open()) == 11_907
    assert imported(places.store) == first


def test_a_damaged_store_is_refused(places: Places) -> None:
    places.open()
    content = bytearray(places.store.read_bytes())
    content[len(content) // 2] ^= 1
    places.store.write_bytes(content)
    with pytest.raises(StoreDamagedError, match="take the file again, or delete it and import it anew"):
        places.open()
    places.store.write_bytes(content[:-100])
    with pytest.raises(StoreDamagedError, match="truncated"):
        places.open()


def test_a_store_of_a_later_version_is_refused(places: Places) -> None:
    places.open()
    content = bytearray(places.store.read_bytes())
    tail = content[-40:-4]
    tail[8:12] = struct.pack("<I", 99)
    places.store.write_bytes(content[:-40] + tail + struct.pack("<I", zlib.crc32(tail)))
    with pytest.raises(StoreVersionError, match="version 99, this surronas reads up to"):
        places.open()


def test_another_table_under_this_name_is_refused(places: Places) -> None:
    places.open()
    other = places.stores / "nats-bench-tss.h5"
    shutil.copy(places.store, other)
    with pytest.raises(InputError, match="expected what surronas import nats-bench-tss makes"):
        open_table("nats-bench-tss", places.stores, places.checkout)


def test_what_is_missing_is_told_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURRONAS_SHARED", str(tmp_path / "nothing"))
    assert not is_at_hand(NAME, tmp_path, tmp_path)
    with pytest.raises(MissingTableError, match="missing nasbench-macro: get") as e:
        open_table(NAME, tmp_path, tmp_path)
    told = str(e.value)
    assert importer_named(NAME).by_hand in told
    assert "surronas fetch nasbench-macro FOLDER" in told
    assert f"surronas import nasbench-macro SOURCE {tmp_path / NAME}.h5" in told
    assert "surronas fetch" not in how_to_get("nats-bench-tss", tmp_path)
    with pytest.raises(InputError, match="unknown format 'nasbench-micro'"):
        open_table("nasbench-micro", tmp_path, tmp_path)


def test_the_shipped_table_is_part_of_the_checkout(tmp_path: Path) -> None:
    assert len(open_table("digits", tmp_path, ROOT)) == 19_398
    assert not is_at_hand("digits", tmp_path, tmp_path)
    assert "git checkout benchmarks_data/digits_cell201.h5" in how_to_get("digits", tmp_path)


def test_every_table_has_an_importer() -> None:
    for name in TABLES:
        assert importer_named(name).name == name


def test_every_official_file_at_hand_is_imported(shared: Path, tmp_path: Path) -> None:
    """The quick ones; the scripts import the others."""
    for name in ("nas-bench-nlp", "hat-latency", "hw-gpt-bench"):
        if is_at_hand(name, tmp_path, ROOT):
            assert len(open_table(name, tmp_path, ROOT)) > 0
