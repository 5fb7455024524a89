"""What may enter a store, and that it comes out as it went in."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_runs import AXES, assert_same_runs, by_key, make_runs

from surronas.errors import ArchitectureError, DuplicateRowsError, InputError, StoreError
from surronas.spaces import Cell201
from surronas.store import (
    SEED_MEAN,
    STATUSES,
    TRAINING_METRICS,
    BenchmarkStore,
    Metric,
    Records,
    concatenate_records,
    new_records,
)


def test_records_come_back_as_they_went_in(store: BenchmarkStore, runs: Records) -> None:
    assert_same_runs(store.records(), runs)
    assert_same_runs(BenchmarkStore.open(store.path).records(), runs)
    found = store.records()
    np.testing.assert_array_equal(found["architecture"], by_key(found)["architecture"])  # as promised


def test_table_is_records_without_curves(store: BenchmarkStore) -> None:
    table = store.table(seed=1)
    assert not [name for name in table.dtype.names if name.endswith("_curve")]
    assert table["seed"].tolist() == [1] * 30
    assert len(store.table(task="audio")) == len(store.table(origin="benchmark")) == 0
    assert len(store.table(**AXES, origin="search")) == 60


def test_records_of_some_architectures(store: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    wanted = (runs["architecture"][:, None] == cells[:4]).all(axis=2).any(axis=1)
    assert_same_runs(store.records(cells[:4]), runs[wanted])
    assert len(store.records(np.empty((0, 6), np.int8))) == 0


def test_records_move_from_store_to_store(store: BenchmarkStore, cells: np.ndarray, tmp_path: Path) -> None:
    failed = make_runs(cells[:3], (8,), task="fashion", epochs=7)
    failed["status"], failed["origin"], failed["device"] = "out_of_memory", "imported", "H200"
    failed["train_loss"] = np.inf
    failed["valid_accuracy_curve"][:, 2:] = np.nan
    store.append(failed)
    for name in ("copy.h5", "copy"):
        copy = BenchmarkStore.create(tmp_path / name, store.space)
        assert copy.append(store.records()) == 63
        assert_same_runs(copy.records(), store.records())


run = st.tuples(
    st.integers(0, 40),
    st.integers(SEED_MEAN, 3),
    st.sampled_from(["a", "b"]),
    st.integers(0, 3),
    st.sampled_from(STATUSES),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(run, unique_by=lambda r: r[:4], min_size=1, max_size=25),
    cuts=st.sets(st.integers(0, 25)),
    kind=st.sampled_from(["s.h5", "s"]),
    data=st.data(),
)
def test_any_split_into_batches_answers_alike(rows, cuts, kind, data, tmp_path_factory) -> None:
    space = Cell201()
    runs = new_records(len(rows), 6, TRAINING_METRICS, ["valid_accuracy"], 3)
    for record, (code, seed, task, epochs, status) in zip(runs, rows, strict=True):
        record["architecture"] = space.from_codes(np.array([code]))[0]
        record["seed"], record["task"], record["epochs"], record["status"] = seed, task, epochs, status
        record["valid_accuracy"] = data.draw(st.floats(0, 1) | st.just(np.nan))
        record["valid_accuracy_curve"][:epochs] = data.draw(st.floats(0, 1, width=32))
        record["params"] = code if code % 3 else np.nan
    store = BenchmarkStore.create(tmp_path_factory.mktemp("split") / kind, space)
    for batch in np.split(runs, sorted(cut for cut in cuts if cut < len(rows))):
        assert store.append(batch) == len(batch)
    for _ in range(2):  # before and after merging
        for record in runs:
            axes = dict(zip(("task", "recipe", "epochs", "seed"), record.item()[1:5], strict=True))
            shown = record["valid_accuracy"] if record["status"] == "ok" else np.nan
            found = store.query(record["architecture"], "valid_accuracy", **axes, missing="nan")
            np.testing.assert_array_equal(found, [shown])
        longest = max(row[3] for row in rows)
        back = concatenate_records([store.records(), new_records(0, 6, [], ["valid_accuracy"], 3)])
        assert longest == 0 or len(back) == len(runs)
        assert_same_runs(back, runs)
        store.merge()
    assert store.check() == []


@pytest.mark.parametrize("when", ["apart", "together"])
def test_repeated_runs_are_refused_by_name_or_skipped(path, cell201, cells, when) -> None:
    store, runs = BenchmarkStore.create(path, cell201), make_runs(cells)
    again = runs[:5].copy()
    again["valid_accuracy"] = 0.5
    if when == "apart":
        store.append(runs)
        batch = again
    else:
        batch = np.concatenate([runs, again])
    name = cell201.to_strings(cells[:1])[0].replace("|", r"\|").replace("+", r"\+")
    with pytest.raises(DuplicateRowsError, match=rf'5 of .*{name}, task \'digits\'.*existing="skip"'):
        store.append(batch)
    assert len(store) == (60 if when == "apart" else 0)
    assert store.append(batch, existing="skip") == (0 if when == "apart" else 60)
    assert_same_runs(store.records(), runs)  # what came first stays


def spoil(runs: Records, field: str, value: object, row: int = 3) -> Records:
    runs = runs.copy()
    runs[field][row] = value
    return runs


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("status", "fine", "row 3: expected status to be one of ok, diverged.*got 'fine'"),
        ("origin", "web", "row 3: expected origin.*got 'web'"),
        ("task", "", "row 3: expected a task name"),
        ("recipe", 5, "row 3: expected a task name, a recipe as JSON text.*recipe 5"),
        ("epochs", -1, "row 3: .*epochs >= 0.*epochs -1"),
        ("valid_accuracy", 94.2, r"row 3: expected valid_accuracy to be a fraction in \[0, 1\].*got 94.2"),
        ("valid_accuracy", -0.1, "expected valid_accuracy to be a fraction"),
        ("train_loss", np.inf, "row 3: expected train_loss to be a finite number.*got inf"),
        ("valid_accuracy_curve", [0.1, 0.2, 50, 0.3], "valid_accuracy to be a fraction.*got 50.0"),
        ("epochs", 3, "row 3: expected a train_loss curve with one value for each of its 3 epochs.*4 filled"),
        (
            "epochs",
            9,
            "row 3: expected a train_loss curve with one value for each of its 9 epochs.*got 4 places",
        ),
        ("params", 5, r"params is a constant.*the batch has .* got"),
    ],
)
def test_impossible_rows_are_refused(store, field, value, message) -> None:
    runs = make_runs(store.architectures, (5, 6))
    with pytest.raises(InputError, match=message):
        store.append(spoil(runs, field, value))
    assert len(store) == 60


def test_what_is_no_batch_of_records_is_refused(store: BenchmarkStore, cells: np.ndarray) -> None:
    for batch in ({"architecture": cells}, np.zeros(3), make_runs(cells).reshape(2, 30)):
        with pytest.raises(InputError, match=r"expected records, an \(n,\) structured array"):
            store.append(batch)
    with pytest.raises(InputError, match="records lack the fields task, recipe"):
        store.append(np.zeros(2, [("architecture", "i1", (6,)), ("epochs", "i4"), ("seed", "i8")]))
    with pytest.raises(InputError, match="unknown metric 'energy' in the records"):
        store.append(new_records(1, 6, ["energy"]))
    with pytest.raises(InputError, match="'params' is a constant of an architecture; it can't have a curve"):
        store.append(new_records(1, 6, [], ["params"], 3))
    with pytest.raises(ArchitectureError, match="another space"):
        store.append(new_records(1, 5, ["params"]))
    with pytest.raises(ArchitectureError, match="row 3 has 9 at decision 0"):
        store.append(spoil(make_runs(cells, (5,)), "architecture", 9))
    with pytest.raises(InputError, match=r"expected existing=.*got 'replace'"):
        store.append(make_runs(cells, (5,)), existing="replace")


def test_a_failed_run_may_hold_infinite_losses(store: BenchmarkStore, cells: np.ndarray) -> None:
    failed = make_runs(cells, (5,))
    failed["status"], failed["train_loss"] = "diverged", np.inf
    assert store.append(failed) == 30
    assert np.isinf(store.records(seed=5)["train_loss"]).all()


def test_constants_must_agree_with_the_store(store: BenchmarkStore, cells: np.ndarray) -> None:
    other = make_runs(cells, (5,))
    other["params"] += 1
    with pytest.raises(InputError, match=r"params is a constant.*the store has .* changed recipe"):
        store.append(other)
    other["params"] = np.nan
    assert store.append(other) == 30
    assert not np.isnan(store.records(seed=5)["params"]).any()


def test_a_constant_that_comes_later_is_added(path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    store, early, late = BenchmarkStore.create(path, cell201), make_runs(cells, (0,)), make_runs(cells, (1,))
    early["params"], late["flops"] = np.nan, 3e6
    store.append(early)
    store.append(late)
    store.merge()
    np.testing.assert_array_equal(store.query(cells, "params"), late["params"])
    np.testing.assert_array_equal(store.query(cells, "flops"), late["flops"])


def test_nothing_appended_changes_nothing(store: BenchmarkStore) -> None:
    before = sorted(store.path.parent.rglob("*.h5"))
    assert store.append(make_runs(np.empty((0, 6), np.int8))) == 0
    assert sorted(store.path.parent.rglob("*.h5")) == before


def test_provenance_is_kept(store: BenchmarkStore, cells: np.ndarray) -> None:
    store.append(make_runs(cells, (5,)))
    store.merge()
    entries = store.info()["provenance"]
    assert {entry["command"] for entry in entries} == {"make test", ""}
    assert {"surronas", "numpy"} <= next(e for e in entries if not e["command"])["versions"].keys()
    assert {entry["device"] for entry in entries} == {"cpu"}
    assert all(entry["created"].endswith("+00:00") for entry in entries)


def test_many_distinct_seeds_stay_small(tmp_path: Path, cell201: Cell201) -> None:
    runs = make_runs(cell201.from_codes(np.arange(500)), (0,))
    runs["seed"] = np.arange(500) * 7919
    store = BenchmarkStore.create(tmp_path / "seeds.h5", cell201)
    store.append(runs)
    assert_same_runs(store.records(), runs)
    assert store.path.stat().st_size < 200_000


def test_metrics_of_ones_own(path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    latency = Metric("latency", unit="ms", direction="minimize", source="measured here", licence="CC0")
    BenchmarkStore.create(path, cell201, metrics=[latency])
    store = BenchmarkStore.open(path)
    runs = new_records(2, 6, [latency])
    runs["architecture"], runs["task"], runs["latency"] = cells[:2], "phone", [1.5, np.nan]
    store.append(runs)
    assert store.metrics == (latency,)
    np.testing.assert_array_equal(store.query(cells[:2], "latency", missing="nan"), [1.5, np.nan])
    with pytest.raises(InputError, match="distinct names, got latency, latency"):
        BenchmarkStore.create(path.with_name("twice"), cell201, metrics=[latency, latency])


def test_a_path_marked_read_only_is_not_written(store: BenchmarkStore, runs: Records) -> None:
    mode = store.path.stat().st_mode
    store.path.chmod(mode & ~0o222)
    try:
        with pytest.raises(StoreError, match=r"can't write to .*: it is read-only; copy the store"):
            store.append(make_runs(store.architectures, (5,)))
        assert_same_runs(BenchmarkStore.open(store.path).records(), runs)
    finally:
        store.path.chmod(mode)


def test_a_copy_holds_what_was_selected(store: BenchmarkStore, cells: np.ndarray, tmp_path: Path) -> None:
    copied = store.copy(tmp_path / "copy", cells[:5], seeds=[1])
    assert (copied.canonical, copied.licence, len(copied)) == (store.canonical, "CC0", 5)
    assert_same_runs(copied.records(), store.records(cells[:5], seed=1))
    assert_same_runs(store.copy(tmp_path / "whole.h5").records(), store.records())
    kept, given = copied.info()["provenance"], store.info()["provenance"]
    assert {entry["command"] for entry in kept} == {entry["command"] for entry in given} == {"make test"}
    assert {entry["created"] for entry in kept} <= {entry["created"] for entry in given}
    params = store.query(cells[:5], "params", missing="nan")
    np.testing.assert_array_equal(copied.query(cells[:5], "params", missing="nan"), params)
    assert copied.check() == []
    with pytest.raises(StoreError, match="copy"):
        store.copy(tmp_path / "copy")
