"""Adding one store's rows to another: each once, with its own provenance; contradictions are refused."""

from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import DuplicateRowsError, InputError, StoreDamagedError
from surronas.spaces import Cell201, NatsSize
from surronas.store import BenchmarkStore, Metric, Records, new_records

LATENCY = Metric("latency_ms", unit="ms", direction="minimize", per="architecture")


class Halved(Cell201):
    """Another space."""

    name = "halved"


@pytest.fixture
def other(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> BenchmarkStore:
    """A folder with twenty runs that the store has too, ten that it lacks, and a column of its own."""
    made = BenchmarkStore.create(tmp_path / "other", cell201, licence="MIT")
    made.append(make_runs(cells)[:20], command="first", versions={"surronas": "1"})
    made.append(make_runs(cells[:10], (5,)), command="second", versions={"surronas": "2"})
    made.attach(cells[:7], {"latency_ms": np.arange(7.0)}, device="pi", metrics=[LATENCY], command="third")
    return made


def test_rows_that_are_in_both_are_refused_or_left_out(store: BenchmarkStore, other: BenchmarkStore) -> None:
    before = store.records()
    with pytest.raises(
        DuplicateRowsError,
        match=r"20 of 30 runs are in both stores: the first is \|.*, task 'digits'",
    ):
        store.merge(other)
    assert_same_runs(BenchmarkStore.open(store.path).records(), before)
    assert store.merge(other, existing="skip") == 10
    assert len(BenchmarkStore.open(store.path)) == len(store) == 70
    assert_same_runs(store.records(seed=0), before[before["seed"] == 0])
    assert_same_runs(store.records(seed=5), other.records(seed=5))
    assert store.check() == []


def test_all_that_belongs_to_the_rows_comes_with_them(
    store: BenchmarkStore, other: BenchmarkStore, cells: np.ndarray
) -> None:
    store.merge(other, existing="skip")
    assert store.query(cells[:7], "latency_ms", device="pi").tolist() == list(range(7))
    entries = {entry["command"]: entry for entry in store.info()["provenance"]}
    assert entries["second"] == next(e for e in other.info()["provenance"] if e["command"] == "second")
    assert entries["second"]["versions"] == {"surronas": "2"}
    curves = store.curves(cells[:10], "valid_accuracy", seed=5)
    np.testing.assert_array_equal(curves, other.curves(cells[:10], "valid_accuracy", seed=5))
    assert store.licence == "CC0"


def test_a_second_merge_changes_nothing(store: BenchmarkStore, other: BenchmarkStore) -> None:
    store.merge(other, existing="skip")
    before = {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")}
    assert store.merge(other, existing="skip") == 0
    assert store.merge(BenchmarkStore.open(store.path), existing="skip") == 0
    assert {file: file.read_bytes() for file in store.path.parent.rglob("*.h5")} == before


def test_an_empty_store_takes_everything(
    path: Path, other: BenchmarkStore, cell201: Cell201, cells: np.ndarray
) -> None:
    store = BenchmarkStore.create(path, cell201)
    assert store.merge(other) == 30
    assert_same_runs(store.records(), other.records())
    store.append(make_runs(cells, (8,)))
    assert len(BenchmarkStore.open(path)) == 60


def test_of_twin_runs_in_the_other_the_one_that_counts_there_is_taken(
    path: Path, tmp_path: Path, cell201: Cell201, cells: np.ndarray
) -> None:
    first = BenchmarkStore.create(tmp_path / "twins", cell201)
    second = BenchmarkStore.open(first.path)
    second.refresh = lambda: None  # type: ignore[method-assign]  # neither sees the other's rows
    first.append(make_runs(cells))
    again = make_runs(cells)
    again["valid_accuracy"] = 0.5
    second.append(again)
    store = BenchmarkStore.create(path, cell201)
    assert store.merge(BenchmarkStore.open(first.path)) == 60
    assert_same_runs(store.records(), make_runs(cells))


def test_stores_that_do_not_fit_are_refused(
    store: BenchmarkStore, tmp_path: Path, cell201: Cell201, cells: np.ndarray
) -> None:
    halved = BenchmarkStore.create(tmp_path / "a", Halved())
    with pytest.raises(InputError, match=r"expected a store of space 'cell201' .*, got 'halved'"):
        store.merge(halved)
    canonical = BenchmarkStore.create(tmp_path / "b", cell201, canonical=True)
    with pytest.raises(InputError, match=r"got 'cell201' \(canonical: True\); append its records"):
        store.merge(canonical)
    seconds = BenchmarkStore.create(tmp_path / "c", cell201, metrics=[Metric("train_seconds", unit="h")])
    with pytest.raises(InputError, match="define metric 'train_seconds' in two ways"):
        store.merge(seconds)
    with pytest.raises(InputError, match='expected existing="raise" or existing="skip"'):
        store.merge(halved, existing="keep")


def test_another_value_of_a_column_is_refused(
    store: BenchmarkStore, tmp_path: Path, cell201: Cell201, cells: np.ndarray
) -> None:
    other = BenchmarkStore.create(tmp_path / "other", cell201)
    runs = make_runs(cells, (5,))
    runs["params"][3] += 1
    other.append(runs)
    with pytest.raises(InputError, match=r"params is a constant .*: the store has \d+\.0 for \|"):
        store.merge(other, existing="skip")
    assert len(store) == 60


def test_a_damaged_store_is_not_taken(store: BenchmarkStore, tmp_path: Path, cell201: Cell201) -> None:
    runs = make_runs(cell201.from_codes(np.arange(4_000)), (5,))
    other = BenchmarkStore.create(tmp_path / "other.h5", cell201)
    other.append(runs)
    content = bytearray(other.path.read_bytes())
    content[len(content) // 2] ^= 1
    other.path.write_bytes(content)
    with pytest.raises(StoreDamagedError, match="damaged at bytes"):
        store.merge(BenchmarkStore.open(other.path))
    assert len(BenchmarkStore.open(store.path)) == 60
    assert not list(tmp_path.rglob("*.partial"))


def test_spaces_beyond_numbers_merge_by_their_architectures(tmp_path: Path) -> None:
    space, stores = NatsSize(), []
    cells = space.sample(20, np.random.default_rng(0))
    for name, part in (("a", cells[:12]), ("b", cells[8:])):
        runs: Records = new_records(len(part), space.num_decisions, ["valid_accuracy"])
        runs["architecture"], runs["task"], runs["epochs"], runs["valid_accuracy"] = part, "t", 1, 0.5
        stores.append(BenchmarkStore.create(tmp_path / name, space))
        stores[-1].append(runs)
    assert stores[0].merge(stores[1], existing="skip") == 8
    assert len(stores[0].query(cells, "valid_accuracy")) == 20
