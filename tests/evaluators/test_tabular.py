from pathlib import Path

import numpy as np
import pytest

from surronas.errors import AmbiguousQueryError, InputError, MissingRowsError
from surronas.evaluators import TabularEvaluator
from surronas.search import run_search
from surronas.searchers import LocalSearch
from surronas.spaces import Architectures, Cell201
from surronas.spaces.known import space_named
from surronas.store import SEED_MEAN, BenchmarkStore, Metric, Records, new_records
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


@pytest.fixture
def means(cells: Architectures) -> Records:
    """The mean validation accuracies of the cells, as a source gives them that has no single seeds."""
    records = new_records(len(cells), 6, ["valid_accuracy", "test_accuracy"])
    records["architecture"], records["seed"], records["task"], records["epochs"] = cells, SEED_MEAN, "t", 12
    records["valid_accuracy"] = np.linspace(0.5, 0.6, len(cells))
    return records


def test_a_source_that_gives_means_alone_can_be_searched(
    tmp_path: Path, cell201: Cell201, cells: Architectures, means: Records
) -> None:
    store = BenchmarkStore.create(tmp_path / "means", cell201)
    store.append(means)
    evaluator = TabularEvaluator(store)
    assert evaluator.seeds == evaluator.seeds_of("valid_accuracy") == [SEED_MEAN]
    candidates = evaluator.architectures_with(evaluator.seeds)
    assert len(candidates) == 6
    found = run_search(
        LocalSearch(cell201, seed=0, candidates=candidates),
        evaluator,
        budget=6,
        metric="valid_accuracy",
        seeds=evaluator.seeds,
    )
    np.testing.assert_array_equal(found.architectures[found.best()], cells[-1])
    assert np.nanmax(found.values()) == 0.6


def test_single_seeds_come_before_the_mean_of_the_source(
    tmp_path: Path, cell201: Cell201, cells: Architectures, means: Records
) -> None:
    """The validation accuracies are means of the source; the test accuracies are of seed 111."""
    store = BenchmarkStore.create(tmp_path / "both", cell201)
    store.append(means)
    single = means.copy()
    single["seed"], single["valid_accuracy"], single["test_accuracy"] = 111, np.nan, 0.4
    store.append(single)
    evaluator = TabularEvaluator(store)
    assert evaluator.seeds == evaluator.seeds_of("test_accuracy") == [111]
    assert evaluator.seeds_of("valid_accuracy") == [SEED_MEAN]
    both = evaluator.evaluate(cells, [SEED_MEAN, 111])
    assert np.isnan(both["valid_accuracy"]).tolist() == [False, True] * 6
    with pytest.raises(InputError, match=r"expected a metric among train_loss, .*, got 'speed'"):
        evaluator.seeds_of("speed")
    with pytest.raises(MissingRowsError, match=r"no run there .* has a value of train_loss"):
        evaluator.seeds_of("train_loss")


def test_metrics_are_those_of_the_rows(store: BenchmarkStore, cells: Architectures) -> None:
    latency = Metric("latency_ms", None, "ms", "minimize", per="architecture")
    store.attach(cells, {"latency_ms": np.ones(len(cells))}, device="fpga", metrics=[latency])
    evaluator = TabularEvaluator(store)
    assert "latency_ms" not in {metric.name for metric in evaluator.metrics}
    names = evaluator.evaluate(cells, [0]).dtype.names
    assert {metric.name for metric in evaluator.metrics} <= set(names)


def test_a_space_too_large_to_number_is_searched(tmp_path: Path, rng: np.random.Generator) -> None:
    space = space_named("gpt_m")
    assert not space.numbered
    networks = space.sample(7, rng)
    records = new_records(7, space.num_decisions, ["valid_loss"])
    records["architecture"], records["task"], records["valid_loss"] = networks, "text", np.arange(7) + 1.0
    store = BenchmarkStore.create(tmp_path / "large", space)
    store.append(records[:6])
    evaluator = TabularEvaluator(store)
    assert len(evaluator.architectures) == 6
    found = evaluator.evaluate(networks[:6], [0])
    np.testing.assert_array_equal(found["architecture"], networks[:6])
    np.testing.assert_array_equal(found["valid_loss"], records["valid_loss"][:6])
    with pytest.raises(MissingRowsError, match=r"no run of .* with seed 0"):
        evaluator.evaluate(networks, [0])
