"""Metrics and the record type."""

import json

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store import TRAINING_METRICS, Metric, concatenate_records, new_records, record_dtype


@pytest.mark.parametrize("metric", TRAINING_METRICS, ids=lambda metric: metric.name)
def test_metric_survives_json(metric: Metric) -> None:
    assert Metric.from_json(json.loads(json.dumps(metric.to_json()))) == metric


def test_metric_of_a_later_version_is_read_without_what_it_added() -> None:
    assert Metric.from_json({"name": "latency", "unit": "ms", "battery": 3}) == Metric("latency", unit="ms")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "two words"}, "expected a metric name of letters.*got 'two words'"),
        ({"name": "seed"}, "expected a metric name.*got 'seed'"),
        ({"name": "provenance"}, "expected a metric name.*got 'provenance'"),
        ({"name": "loss_curve"}, "ends in '_curve'"),
        ({"name": "loss", "split": "validation"}, "expected split to be one of.*got 'validation'"),
        ({"name": "loss", "direction": "up"}, "expected direction.*got 'up'"),
        ({"name": "loss", "per": "epoch"}, "expected per.*got 'epoch'"),
        ({"unit": "s"}, "expected a metric with a name"),
    ],
)
def test_impossible_metric_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Metric.from_json(given)


def test_record_type_has_keys_then_metrics_then_curves() -> None:
    dtype = record_dtype(6, ["valid_accuracy", "params"], ["valid_accuracy"], num_epochs=12)
    keys = ("architecture", "task", "recipe", "epochs", "seed", "device", "status", "origin")
    assert dtype.names == (*keys, "valid_accuracy", "params", "valid_accuracy_curve")
    assert dtype["architecture"].shape == (6,)
    assert dtype["valid_accuracy_curve"].shape == (12,)
    assert (dtype["valid_accuracy"], dtype["valid_accuracy_curve"].base) == (np.float64, np.float32)


def test_new_records_measure_nothing() -> None:
    records = new_records(3, 6, TRAINING_METRICS, ["train_loss"], 5)
    assert np.isnan(records["flops"]).all()
    assert np.isnan(records["train_loss_curve"]).all()
    assert set(records["status"]) == {"ok"}
    assert records["recipe"].tolist() == ["", "", ""]


def test_concatenation_pads_curves_and_missing_metrics_with_nan() -> None:
    short, long = new_records(1, 6, ["a"], ["a"], 2), new_records(2, 6, ["b", "a"], ["a"], 3)
    short["a"], short["a_curve"], short["recipe"], long["b"] = 1, 2, "{}", 3
    joined = concatenate_records([short, long])
    np.testing.assert_array_equal(joined["a"], [1, np.nan, np.nan])
    np.testing.assert_array_equal(joined["b"], [np.nan, 3, 3])
    np.testing.assert_array_equal(joined["a_curve"][0], [2, 2, np.nan])
    assert joined["recipe"].tolist() == ["{}", "", ""]


def test_records_of_two_spaces_do_not_join() -> None:
    with pytest.raises(InputError, match=r"one search space, got decision shapes \[\(5,\), \(6,\)\]"):
        concatenate_records([new_records(1, 5, []), new_records(1, 6, [])])
    with pytest.raises(InputError, match="one search space"):
        concatenate_records([])
