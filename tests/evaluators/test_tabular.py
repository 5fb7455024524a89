from pathlib import Path

import numpy as np
import pytest

from surronas.errors import AmbiguousQueryError, MissingRowsError
from surronas.evaluators import TabularEvaluator
from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore, Records
from surronas.training import TrainingEvaluator


def at(runs: Records, **axes: object) -> Records:
    """A copy of the runs at another task, recipe or number of epochs."""
    moved = runs.copy()
    for axis, value in axes.items():
        moved[axis] = value
    return moved


def test_gives_the_records_that_training_gave(
    store: BenchmarkStore, runs: Records, cells: Architectures, seeds: list[int]
) -> None:
    records = TabularEvaluator(store).evaluate(cells, seeds)
    for name in records.dtype.names:
        np.testing.assert_array_equal(records[name], runs[name], err_msg=name)


def test_a_failed_run_is_a_row_with_its_status(
    tmp_path: Path, cell201: Cell201, runs: Records, cells: Architectures, seeds: list[int]
) -> None:
    failed = runs.copy()
    failed["status"][3] = "killed"
    for name in failed.dtype.names[8:]:
        failed[name][3] = np.nan
    store = BenchmarkStore.create(tmp_path / "failed", cell201)
    store.append(failed)
    row = TabularEvaluator(store).evaluate(cells[1], seeds[1:])[0]
    assert row["status"] == "killed"
    assert np.isnan(row["valid_accuracy"])


def test_twins_answer_for_each_other_where_the_store_keeps_canonical_forms(
    tmp_path: Path, cell201: Cell201, training: TrainingEvaluator
) -> None:
    everything = cell201.enumerate()
    key = cell201.keys(np.array([[2, 0, 1, 4, 2, 0]], dtype=np.int8))[0]
    one, twin = everything[cell201.keys(everything) == key][1:3]
    store = BenchmarkStore.create(tmp_path / "canonical", cell201, canonical=True)
    trained = training.evaluate(one, [0])
    store.append(trained)
    found = TabularEvaluator(store).evaluate(twin, [0])
    np.testing.assert_allclose(found["valid_loss"], trained["valid_loss"], rtol=1e-6)
    assert cell201.keys(found["architecture"])[0] == key


def test_names_its_candidates_and_seeds(
    store: BenchmarkStore, cell201: Cell201, cells: Architectures, seeds: list[int]
) -> None:
    evaluator = TabularEvaluator(store)
    np.testing.assert_array_equal(
        np.sort(cell201.codes(evaluator.architectures)), np.sort(cell201.codes(cells))
    )
    assert len(evaluator.evaluate(evaluator.architectures, seeds)) == 12


def test_a_run_that_is_not_there_is_named(
    store: BenchmarkStore, cell201: Cell201, cells: Architectures
) -> None:
    evaluator = TabularEvaluator(store)
    text = cell201.to_strings(cells[2:3])[0].replace("|", r"\|").replace("+", r"\+")
    with pytest.raises(MissingRowsError, match=rf"no run of {text} with seed 7 in .* seeds \[0, 4\]"):
        evaluator.evaluate(cells[2:], [0, 7])
    stranger = next(cell for cell in cell201.enumerate() if not (cells == cell).all(axis=1).any())
    with pytest.raises(MissingRowsError, match=r"holds 6 architectures .*candidates=evaluator.architectures"):
        evaluator.evaluate([cells[0], stranger], [0])


def test_a_hole_in_the_table_is_missing_not_another_seed(
    tmp_path: Path, cell201: Cell201, runs: Records, cells: Architectures
) -> None:
    store = BenchmarkStore.create(tmp_path / "holes", cell201)
    store.append(runs[1:])  # the first cell lacks seed 4
    evaluator = TabularEvaluator(store)
    assert evaluator.evaluate(cells[0], [0])["seed"].tolist() == [0]
    with pytest.raises(MissingRowsError, match="with seed 4"):
        evaluator.evaluate(cells, [4])


def test_candidates_of_a_search_have_all_its_seeds(
    tmp_path: Path, cell201: Cell201, runs: Records, cells: Architectures, seeds: list[int]
) -> None:
    store = BenchmarkStore.create(tmp_path / "holes", cell201)
    store.append(runs[1:])  # the first cell lacks seed 4
    evaluator = TabularEvaluator(store)
    assert evaluator.seeds == [0, 4]
    complete = evaluator.architectures_with(seeds)
    np.testing.assert_array_equal(np.sort(cell201.codes(complete)), np.sort(cell201.codes(cells[1:])))
    assert len(evaluator.evaluate(complete, seeds)) == 10
    assert len(evaluator.architectures_with([0])) == 6
    with pytest.raises(
        MissingRowsError, match=r"expected architectures with seeds \[0, 9\] .* seeds \[0, 4\]"
    ):
        evaluator.architectures_with([0, 9])


def test_a_task_that_is_not_there_is_refused(store: BenchmarkStore) -> None:
    with pytest.raises(MissingRowsError, match=r"expected runs of task 'cifar10'.*holds tasks \['tiny-dig"):
        TabularEvaluator(store, task="cifar10")


@pytest.mark.parametrize(
    ("axis", "value", "message"),
    [
        ("task", "other", "several values of task: other, tiny-digits; name one"),
        ("recipe", "{}", "several values of recipe: .*; name one"),
        ("epochs", 1, "several values of epochs: 1, 2; name one"),
    ],
)
def test_an_axis_with_several_values_has_to_be_named(
    store: BenchmarkStore, runs: Records, cells: Architectures, axis: str, value: object, message: str
) -> None:
    there = runs[axis][0].item() if hasattr(runs[axis][0], "item") else runs[axis][0]
    other = at(runs, **{axis: value})
    other["valid_accuracy"] = 0.5
    store.append(other[[name for name in other.dtype.names if not name.endswith("_curve")]])
    with pytest.raises(AmbiguousQueryError, match=message):
        TabularEvaluator(store)
    named = TabularEvaluator(store, **{axis: there})
    np.testing.assert_allclose(
        named.evaluate(cells, [4])["valid_accuracy"], runs["valid_accuracy"][::2], rtol=1e-6
    )
    assert (TabularEvaluator(store, **{axis: value}).evaluate(cells, [4])["valid_accuracy"] == 0.5).all()
