import subprocess
import sys

import numpy as np
import pytest
from training.tiny import GOOD, TINY, tiny_task

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Cell201
from surronas.store import ORIGINS, TRAINING_METRICS, BenchmarkStore
from surronas.training import TrainingEvaluator
from surronas.training.result import CURVES

SPACE = Cell201()


@pytest.fixture(scope="module")
def evaluator() -> TrainingEvaluator:
    return TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu")


def test_isomorphic_cells_give_equal_runs(evaluator: TrainingEvaluator) -> None:
    everything = SPACE.enumerate()
    keys = SPACE.keys(everything)
    for key in SPACE.keys(np.array([[2, 0, 1, 4, 2, 0], [1, 3, 4, 2, 0, 3]], dtype=np.int8)):
        twins = everything[keys == key][:3]
        assert len(twins) > 1
        rows = evaluator.evaluate(twins, [0])
        np.testing.assert_array_equal(rows["architecture"], twins)
        for name in [*CURVES, "params", "flops", *(f"{curve}_curve" for curve in CURVES)]:
            np.testing.assert_array_equal(rows[name], np.broadcast_to(rows[name][:1], rows[name].shape))


def test_metrics_are_those_after_the_last_epoch(evaluator: TrainingEvaluator) -> None:
    (row,) = evaluator.evaluate([GOOD], [0])
    for name in CURVES:
        assert row[name] == row[f"{name}_curve"][-1]
    assert row["train_seconds"] > 0
    assert row["params"] > 0
    assert row["flops"] > 0


def test_a_row_names_where_it_belongs(evaluator: TrainingEvaluator) -> None:
    (row,) = evaluator.evaluate([GOOD], [11])
    at = evaluator.axes
    assert (row["task"], row["recipe"], row["epochs"]) == (at.task, at.recipe, at.epochs)
    assert (at.task, at.recipe, at.epochs) == ("tiny-digits", TINY.to_json(), 2)
    assert row["seed"] == 11
    assert row["origin"] in ORIGINS
    assert row["device"]


def test_rows_go_into_a_store_as_they_are(evaluator: TrainingEvaluator, tmp_path) -> None:
    store = BenchmarkStore.create(tmp_path / "store", SPACE)
    rows = evaluator.evaluate([GOOD, (0, 0, 0, 1, 0, 0)], [0, 1])
    assert store.append(rows) == 4
    assert {metric.name for metric in TRAINING_METRICS} <= set(rows.dtype.names)
    np.testing.assert_array_equal(store.query([GOOD], "valid_accuracy", seed=1), rows["valid_accuracy"][1:2])


def test_a_stream_needs_a_seed_for_each_architecture(evaluator: TrainingEvaluator) -> None:
    with pytest.raises(InputError, match="expected a seed for each of 2 architectures, got 1"):
        next(evaluator.stream([GOOD, GOOD], [0]))


def test_architectures_of_another_space_are_refused(evaluator: TrainingEvaluator) -> None:
    with pytest.raises(ArchitectureError, match="another space"):
        evaluator.evaluate(np.zeros((1, 7), dtype=np.int8), [0])


def test_without_torch_training_says_what_to_install() -> None:
    script = "import sys; sys.modules['torch'] = None; import surronas.training"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "MissingPackageError: real training needs torch" in run.stderr
    assert "pip install 'surronas[train]'" in run.stderr
