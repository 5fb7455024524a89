import numpy as np
import pytest

from surronas.errors import InputError
from surronas.evaluators import mean_scores, search_metric
from surronas.evaluators import test_counterpart as counterpart_of  # pytest would collect its own name
from surronas.store import TRAINING_METRICS, Metric, Records, new_records

ACCURACY = search_metric(TRAINING_METRICS, "valid_accuracy")
LOSS = search_metric(TRAINING_METRICS, "valid_loss")


def records_of(values: list[float], name: str = "valid_accuracy") -> Records:
    records = new_records(len(values), 6, TRAINING_METRICS)
    records[name] = values
    return records


def test_finds_the_metric_by_name() -> None:
    assert (ACCURACY.split, ACCURACY.direction) == ("valid", "maximize")
    assert search_metric(TRAINING_METRICS, "params").direction == "minimize"


@pytest.mark.parametrize("name", ["test_accuracy", "test_loss"])
def test_a_search_must_not_see_the_test_split(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' is measured on the test split, which a search must not"):
        search_metric(TRAINING_METRICS, name)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected a metric among train_loss, .*, got 'val_acc'"):
        search_metric(TRAINING_METRICS, "val_acc")


def test_a_metric_without_direction_is_refused() -> None:
    with pytest.raises(InputError, match="'depth' does not say whether more is better"):
        search_metric([Metric("depth")], "depth")


def test_scores_are_means_over_the_seeds_of_each_architecture() -> None:
    scores = mean_scores(records_of([0.1, 0.3, 0.5, 0.5, 0.9, 0.8]), 2, ACCURACY)
    np.testing.assert_allclose(scores, [0.2, 0.5, 0.85])


def test_less_is_better_where_the_metric_says_so() -> None:
    np.testing.assert_allclose(mean_scores(records_of([1.0, 3.0], "valid_loss"), 1, LOSS), [-1, -3])


@pytest.mark.parametrize("status", ["diverged", "out_of_memory", "killed", "failed"])
def test_a_failed_seed_leaves_no_score(status: str) -> None:
    records = records_of([0.1, 0.3, 0.5, 0.7])
    records["status"][1] = status  # even if a number stands there
    np.testing.assert_array_equal(mean_scores(records, 2, ACCURACY), [np.nan, 0.6])


def test_a_metric_that_was_not_measured_is_no_score() -> None:
    np.testing.assert_array_equal(mean_scores(records_of([0.1, np.nan]), 1, ACCURACY), [0.1, np.nan])


def test_the_test_metric_beside_a_validation_metric() -> None:
    assert counterpart_of(TRAINING_METRICS, "valid_loss") == "test_loss"
    for name in ("train_loss", "test_loss", "valid_top5", "params"):
        assert counterpart_of(TRAINING_METRICS, name) is None
    assert {metric.name: metric.sign for metric in TRAINING_METRICS}["valid_loss"] == -1.0
    assert {metric.name: metric.sign for metric in TRAINING_METRICS}["valid_accuracy"] == 1.0
