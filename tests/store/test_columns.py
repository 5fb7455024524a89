"""Columns of architectures: latency by device, proxies, parameters; attached, queried, merged, copied."""

from pathlib import Path

import numpy as np
import pytest
from store_runs import AXES

from surronas.errors import AmbiguousQueryError, InputError, MissingRowsError
from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore, Metric, new_records

LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")
PROXY = Metric("zen", None, "", None, "Zen-NAS score", "Lin 2021", "MIT", per="architecture")


@pytest.fixture
def latency(cells: np.ndarray) -> np.ndarray:
    return np.random.default_rng(5).random(len(cells)) + 1


@pytest.fixture
def with_latency(store: BenchmarkStore, cells: np.ndarray, latency: np.ndarray) -> BenchmarkStore:
    for factor, device in enumerate(["edgegpu", "fpga"], start=1):
        values = {"latency_ms": factor * latency}
        assert store.attach(cells, values, task="digits", device=device, metrics=[LATENCY]) == len(cells)
    return store


def test_a_column_is_asked_for_by_device(with_latency: BenchmarkStore, cells, latency) -> None:
    for _ in range(2):
        found = with_latency.query(cells, "latency_ms", task="digits", device="fpga")
        np.testing.assert_array_equal(found, 2 * latency)
        with pytest.raises(AmbiguousQueryError, match=r"leaves the device open .* 'edgegpu', 'fpga'"):
            with_latency.query(cells, "latency_ms")
        message = r"no latency_ms at device 'toaster'; it holds task 'digits', device 'edgegpu'; .* 'fpga'"
        with pytest.raises(MissingRowsError, match=message):
            with_latency.query(cells, "latency_ms", device="toaster")
        with_latency.merge()
        with_latency = BenchmarkStore.open(with_latency.path)


def test_a_column_without_a_task_holds_for_every_task(store: BenchmarkStore, cells, latency) -> None:
    store.attach(cells[:10], {"zen": latency[:10]}, metrics=[PROXY])
    store.attach(cells[5:], {"zen": latency[5:] + 1}, task="digits")
    np.testing.assert_array_equal(store.query(cells[:10], "zen", task="other"), latency[:10])
    expected = np.append(latency[:5], latency[5:] + 1)  # what is told of the task itself comes first
    np.testing.assert_array_equal(store.query(cells, "zen", task="digits"), expected)
    np.testing.assert_array_equal(store.query(cells, "zen"), expected)


def test_what_was_not_measured_is_left_out(store: BenchmarkStore, cells, latency) -> None:
    latency[3:] = np.nan
    assert store.attach(cells, {"zen": latency}, metrics=[PROXY]) == 3
    np.testing.assert_array_equal(store.query(cells, "zen", missing="nan"), latency)
    with pytest.raises(MissingRowsError, match="27 of 30 architectures have no zen"):
        store.query(cells, "zen")


def test_architectures_without_runs_can_have_columns(store: BenchmarkStore, cell201: Cell201) -> None:
    everything = cell201.enumerate()
    store.attach(everything, {"zen": np.arange(len(everything))}, metrics=[PROXY])
    np.testing.assert_array_equal(store.query(everything, "zen"), np.arange(len(everything)))
    assert len(store) == 60
    assert store.check() == []


def test_the_same_value_again_is_nothing_new_and_another_is_refused(with_latency, cells, latency) -> None:
    before = with_latency.info()["segments"]
    assert with_latency.attach(cells, {"latency_ms": latency}, task="digits", device="edgegpu") == 0
    assert with_latency.info()["segments"] == before
    with pytest.raises(InputError, match=r"latency_ms .* the store has 1.* got 2"):
        with_latency.attach(cells[:1], {"latency_ms": latency[:1] + 1}, task="digits", device="edgegpu")
    with pytest.raises(InputError, match="the batch has"):
        with_latency.attach(cells[[0, 0]], {"latency_ms": [1, 2]}, device="new")


def test_a_column_tells_where_it_comes_from(store: BenchmarkStore, cells, latency) -> None:
    store.attach(cells, {"zen": latency}, task="digits", metrics=[PROXY], command="surronas import zen")
    (column,) = [column for column in store.info()["columns"] if column["metric"] == "zen"]
    assert column == {"metric": "zen", "task": "digits", "recipe": "", "device": "", "architectures": 30}
    (metric,) = [metric for metric in store.info()["metrics"] if metric["name"] == "zen"]
    assert (metric["source"], metric["licence"], metric["missing"]) == ("Lin 2021", "MIT", 0)


def test_columns_come_along_in_a_copy(with_latency: BenchmarkStore, cells, latency, tmp_path: Path) -> None:
    copy = with_latency.copy(tmp_path / "copy.h5", cells[:7], tasks=["digits"])
    np.testing.assert_array_equal(copy.query(cells[:7], "latency_ms", device="edgegpu"), latency[:7])
    with pytest.raises(MissingRowsError):
        copy.query(cells[7:], "latency_ms", device="edgegpu")


def test_records_leave_columns_on_devices_out(with_latency: BenchmarkStore, cells, latency) -> None:
    with_latency.attach(cells, {"zen": latency}, metrics=[PROXY])
    records = with_latency.records(cells, **AXES, seed=0)
    assert "latency_ms" not in records.dtype.names
    np.testing.assert_array_equal(np.sort(records["zen"]), np.sort(latency))


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        ({"speed": [1.0]}, {}, "unknown metric 'speed'; the store has .*; pass it in metrics="),
        ({"valid_accuracy": [1.0]}, {}, r"'valid_accuracy' is measured by runs; append\(\) records"),
        ({"zen": [1.0, 2.0]}, {}, r"expected zen with shape \(1,\), one value an architecture, got \(2,\)"),
        ({"zen": [np.inf]}, {}, r"row 0: expected zen from .* got inf"),
        ({"zen": [1.0]}, {"origin": "thin air"}, "expected origin to be one of .*, got 'thin air'"),
        ({"zen": [1.0]}, {"metrics": [Metric("zen", unit="mm", per="architecture")]}, "defined otherwise"),
    ],
)
def test_what_is_no_column_is_refused(store: BenchmarkStore, cells, values, more, message: str) -> None:
    store.attach(cells, {"zen": np.ones(30)}, metrics=[PROXY])
    with pytest.raises(InputError, match=message):
        store.attach(cells[:1], values, **more)


def test_runs_can_bring_a_metric_that_the_store_does_not_know(store: BenchmarkStore, cells, runs) -> None:
    calibration = Metric("valid_calibration_error", "valid", "fraction", "minimize")
    more = new_records(30, 6, [*TRAINING_METRICS, calibration])
    for name in ("architecture", "task", "recipe", "epochs"):
        more[name] = runs[:30][name]
    more["seed"], more["valid_calibration_error"] = 77, 0.125
    with pytest.raises(InputError, match="unknown metric 'valid_calibration_error'"):
        store.append(more)
    assert store.append(more, metrics=[calibration]) == 30
    for _ in range(2):
        assert (store.query(cells, "valid_calibration_error", seed=77) == 0.125).all()
        assert np.isnan(store.query(cells, "valid_calibration_error", seed=0, missing="nan")).all()
        store.merge()
        store = BenchmarkStore.open(store.path)
    with pytest.raises(InputError, match="defined otherwise in the store: split 'valid', got 'test'"):
        store.append(more, metrics=[Metric("valid_calibration_error", "test", "fraction", "minimize")])
