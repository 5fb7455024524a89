from pathlib import Path

import numpy as np
import pytest

from surronas.errors import AmbiguousQueryError, InputError
from surronas.evaluation import target_of, target_of_arrays
from surronas.spaces import Cell201
from surronas.store import SEED_MEAN, BenchmarkStore, Metric, new_records
from surronas.store.origins import origins

TEST = Metric("test_accuracy", "test", "fraction", "maximize")
LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")


def test_the_target_is_what_the_store_answers(small_store: BenchmarkStore) -> None:
    target = target_of(small_store)
    np.testing.assert_array_equal(target.architectures, small_store.architectures)
    expected = small_store.query(small_store.architectures, "valid_accuracy", seed="mean")
    np.testing.assert_array_equal(target.values, expected)
    assert target.words == "valid_accuracy (validation split), task digits, 6 epochs, mean over 3 seeds"
    assert target.notes == ()
    assert target.by_seed.shape == (60, 3)
    assert target_of(small_store, seed=1).words.endswith("seed 1")


def test_a_test_metric_is_never_silent(small_store: BenchmarkStore, tmp_path: Path, cells) -> None:
    asked = target_of(small_store, "test_accuracy")
    assert asked.notes == ("target: test accuracy, as asked (the table has valid_accuracy too)",)
    store = BenchmarkStore.create(tmp_path / "test-only", small_store.space, metrics=[TEST])
    store.append(made_up_runs(cells[:30]))
    found = target_of(store)
    assert found.metric.name == "test_accuracy"
    assert found.notes == ("target: test accuracy (the table has no validation split)",)


def test_failed_rows_are_left_out_and_counted(tmp_path: Path, cell201: Cell201, cells) -> None:
    store = BenchmarkStore.create(tmp_path / "store", cell201, metrics=[TEST, LATENCY])
    runs = made_up_runs(cells[:50])
    runs["status"][:3], runs["test_accuracy"][:3] = "diverged", np.nan
    store.append(runs)
    store.attach(cells[50:57], {"latency_ms": np.ones(7)})
    target = target_of(store)
    assert len(target) == 47
    assert target.notes[1:] == (
        "left out: 3 architectures whose runs failed",
        "left out: 7 architectures without a value",
    )


def test_a_column_of_architectures_is_a_target_too(small_store: BenchmarkStore) -> None:
    values = np.arange(60.0)
    values[5] = np.nan
    small_store.attach(small_store.architectures, {"latency_ms": values}, device="phone", metrics=[LATENCY])
    target = target_of(small_store, "latency_ms", device="phone")
    assert target.words == "latency_ms, device phone"
    assert target.notes == ("left out: 1 architectures without a value",)
    assert target.scores[0] > target.scores[1]


def test_rows_without_a_value_are_left_out_of_arrays(cell201: Cell201, cells) -> None:
    values = np.arange(30.0)
    values[[2, 7]] = np.nan, np.inf
    target = target_of_arrays(cell201, cells[:30], values)
    assert len(target) == 28
    assert target.notes == ("left out: 2 architectures without a finite value",)
    with pytest.raises(InputError, match=r"expected one value for each of 30 architectures, got \(29,\)"):
        target_of_arrays(cell201, cells[:30], values[:29])
    with pytest.raises(InputError, match="expected 20 architectures or more with a value of score, got 19"):
        target_of_arrays(cell201, cells[:19], np.arange(19.0))


def test_questions_without_one_answer_are_refused(small_store: BenchmarkStore, tmp_path: Path, cells) -> None:
    with pytest.raises(InputError, match='expected one seed or "mean"'):
        target_of(small_store, seed="all")
    with pytest.raises(InputError, match=r"expected a metric among .*valid_accuracy.*, got 'accuracy'"):
        target_of(small_store, "accuracy")
    store = BenchmarkStore.create(tmp_path / "two", small_store.space, metrics=[TEST, LATENCY])
    store.attach(cells[:30], {"latency_ms": np.ones(30)})
    with pytest.raises(InputError, match="neither valid_accuracy nor test_accuracy there; name a metric"):
        target_of(store)
    for epochs in (12, 200):
        store.append(made_up_runs(cells[:30], epochs=epochs))
    with pytest.raises(AmbiguousQueryError, match="leaves the epochs open"):
        target_of(store)


def test_the_mean_of_the_source_is_named(tmp_path: Path, cell201: Cell201, cells) -> None:
    store = BenchmarkStore.create(tmp_path / "means", cell201, metrics=[TEST])
    store.append(made_up_runs(cells[:30], seed=SEED_MEAN))
    target = target_of(store)
    assert target.words.endswith("the source's own mean over seeds")
    assert not target.of_seeds


def test_origins_tell_which_command_a_row_is_of(tmp_path: Path, cell201: Cell201, cells) -> None:
    store = BenchmarkStore.create(tmp_path / "store", cell201, metrics=[TEST])
    store.append(made_up_runs(cells[:20]), command="surronas search one")
    store.append(made_up_runs(cells[10:25], seed=1), command="surronas search two")
    found = dict(zip(cell201.to_strings(store.architectures), origins(store), strict=True))
    assert [found[text] for text in cell201.to_strings(cells[[0, 10, 24]])] == [
        "search: surronas search one",
        "search: surronas search one",
        "search: surronas search two",
    ]
    assert set(origins(store, task="other")) == {""}


def made_up_runs(cells: np.ndarray, *, seed: int = 0, epochs: int = 12) -> np.ndarray:
    runs = new_records(len(cells), cells.shape[1], ["test_accuracy"])
    runs["architecture"], runs["task"], runs["recipe"] = cells, "made-up", '{"made": "up"}'
    runs["seed"], runs["epochs"] = seed, epochs
    runs["test_accuracy"] = np.random.default_rng(abs(seed)).uniform(0.5, 0.9, len(cells))
    return runs
