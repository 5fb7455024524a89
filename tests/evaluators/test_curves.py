from pathlib import Path

import numpy as np
import pytest

from surronas.errors import AmbiguousQueryError, ArchitectureError, InputError, MissingRowsError
from surronas.evaluators import CurveEvaluator
from surronas.spaces import Architectures, Cell201
from surronas.store import SEED_MEAN, BenchmarkStore, new_records

NUM_CELLS, NUM_EPOCHS = 6, 4
METRICS = ["valid_accuracy", "valid_loss", "test_accuracy", "train_seconds"]


def runs(cells: Architectures, epochs: int, seed: int, curves: bool = True, recipe: str = "{}") -> np.ndarray:
    """Return one run a cell: accuracy 0.1 * number + 0.01 * epoch + 0.001 * seed, 10 s an epoch."""
    names = ["valid_accuracy", "valid_loss"] if curves else []
    records = new_records(len(cells), 6, METRICS, curves=names, num_epochs=epochs)
    records["architecture"], records["task"], records["recipe"] = cells, "toy", recipe
    records["epochs"], records["seed"], records["train_seconds"] = epochs, seed, 10.0 * epochs
    curve = 0.1 * np.arange(len(cells))[:, None] + 0.01 * np.arange(1, epochs + 1) + 0.001 * seed
    records["valid_accuracy"], records["valid_loss"] = curve[:, -1], 1 - curve[:, -1]
    records["test_accuracy"] = curve[:, -1] / 2
    if curves:
        records["valid_accuracy_curve"], records["valid_loss_curve"] = curve, 1 - curve
    return records


@pytest.fixture
def toys(cell201: Cell201) -> Architectures:
    """(6, 6) cells of distinct networks, in the order of a store."""
    cells = cell201.canonical(cell201.sample(40, np.random.default_rng(5)))
    codes, first = np.unique(cell201.codes(cells), return_index=True)
    return cells[first][np.argsort(codes)][:NUM_CELLS]


@pytest.fixture
def table(tmp_path: Path, cell201: Cell201) -> BenchmarkStore:
    return BenchmarkStore.create(tmp_path / "curves", cell201)


def test_curves_answer_epoch_by_epoch(table: BenchmarkStore, toys: Architectures) -> None:
    table.append(runs(toys, NUM_EPOCHS, seed=3))
    curves = CurveEvaluator(table)
    assert curves.fidelities == (1, 2, 3, 4)
    assert (curves.max_epochs, curves.continues, curves.timed) == (4, True, True)
    np.testing.assert_array_equal(curves.architectures, toys)
    np.testing.assert_allclose(curves.scores(toys[[2, 0]], [1, 4]), [0.213, 0.043], atol=1e-6)
    np.testing.assert_allclose(curves.scores(toys[5], 2), [0.523], atol=1e-6)
    epochs, seconds = curves.costs(toys[:3], [1, 2, 4])
    assert epochs.tolist() == [1, 2, 4]
    np.testing.assert_allclose(seconds, [10, 20, 40])


def test_less_is_better_where_the_metric_says_so(table: BenchmarkStore, toys: Architectures) -> None:
    table.append(runs(toys, NUM_EPOCHS, seed=0))
    curves = CurveEvaluator(table, metric="valid_loss")
    np.testing.assert_allclose(curves.scores(toys[1], 4), [-(1 - 0.14)], atol=1e-6)
    np.testing.assert_allclose(curves.final_values(toys[1], "valid_loss"), [1 - 0.14], atol=1e-6)


def test_the_mean_over_seeds_costs_the_epochs_of_all(table: BenchmarkStore, toys: Architectures) -> None:
    for seed in (0, 4):
        table.append(runs(toys, NUM_EPOCHS, seed)[0 if seed else 1 :])
    with pytest.raises(
        AmbiguousQueryError, match=r'several seeds: \[0, 4\]; pass seed=, one of them or "mean"'
    ):
        CurveEvaluator(table)
    curves = CurveEvaluator(table, seed="mean")
    np.testing.assert_array_equal(curves.architectures, toys[1:])  # the first cell has one seed alone
    np.testing.assert_allclose(curves.scores(toys[1], 3), [0.132], atol=1e-6)
    np.testing.assert_allclose(np.ravel(curves.costs(toys[1], 3)), [6, 60])
    np.testing.assert_allclose(curves.final_values(toys[1], "test_accuracy"), [0.071], atol=1e-6)
    assert len(CurveEvaluator(table, seed=4).architectures) == 6


def test_final_values_of_several_lengths_are_trainings_of_their_own(
    table: BenchmarkStore, toys: Architectures
) -> None:
    for epochs in (2, 12):
        table.append(runs(toys, epochs, seed=epochs, curves=False, recipe=f'{{"epochs": {epochs}}}'))
    curves = CurveEvaluator(table)
    assert curves.fidelities == (2, 12)
    assert not curves.continues
    np.testing.assert_allclose(curves.scores(toys[[1, 1]], [2, 12]), [0.122, 0.232], atol=1e-6)
    np.testing.assert_allclose(curves.costs(toys[[1, 1]], [2, 12]), [[2, 12], [20, 120]])
    np.testing.assert_allclose(curves.final_values(toys[1], "test_accuracy"), [0.116], atol=1e-6)
    with pytest.raises(
        MissingRowsError, match=r"epochs among \(2, 12\) .*, got 6; give the searcher fitting"
    ):
        curves.scores(toys[1], 6)


def test_curves_or_ends_where_the_store_has_both(table: BenchmarkStore, toys: Architectures) -> None:
    for epochs in (2, 12):
        table.append(runs(toys, epochs, seed=0))
    assert CurveEvaluator(table).fidelities == (2, 12)
    assert CurveEvaluator(table, epochs=(12, 2)).fidelities == (2, 12)
    assert CurveEvaluator(table, epochs=12).fidelities == tuple(range(1, 13))


def test_means_of_the_source_answer_where_there_is_nothing_else(
    table: BenchmarkStore, toys: Architectures
) -> None:
    for epochs in (2, 12):
        table.append(runs(toys, epochs, seed=SEED_MEAN, curves=False))
    curves = CurveEvaluator(table)
    assert len(curves.architectures) == 6
    assert curves.costs(toys[0], 12)[0] == 12


@pytest.mark.parametrize("with_curve", [True, False])
def test_a_failed_training_answers_until_it_fails(
    table: BenchmarkStore, toys: Architectures, with_curve: bool
) -> None:
    records = runs(toys, NUM_EPOCHS, seed=0)
    records["status"][1] = "diverged"
    for name in METRICS[:3]:
        records[name][1] = np.nan
    for name in ("valid_accuracy_curve", "valid_loss_curve"):
        records[name][1, 2 if with_curve else 0 :] = np.nan
    records["train_seconds"][1] = 27.0
    table.append(records)
    curves = CurveEvaluator(table)
    assert len(curves.architectures) == 6
    scores = curves.scores(toys[[1] * 4], [1, 2, 3, 4])
    expected = [0.11, 0.12, np.nan, np.nan] if with_curve else [np.nan] * 4
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    epochs, seconds = curves.costs(toys[[1] * 4], [1, 2, 3, 4])
    assert epochs.tolist() == (
        [1, 2, 3, 3] if with_curve else [1] * 4
    )  # it failed in the third, or the first
    np.testing.assert_allclose(seconds, [9, 18, 27, 27] if with_curve else [27] * 4)
    assert np.isnan(curves.final_values(toys[1], "valid_accuracy")).all()


def test_a_failed_end_is_a_failure(table: BenchmarkStore, toys: Architectures) -> None:
    for epochs in (2, 12):
        records = runs(toys, epochs, seed=0, curves=False)
        if epochs == 12:
            records["status"][1] = "killed"
            for name in METRICS:
                records[name][1] = np.nan
        table.append(records)
    curves = CurveEvaluator(table)
    np.testing.assert_allclose(curves.scores(toys[[1, 1]], [2, 12]), [0.12, np.nan], atol=1e-6)
    assert not curves.timed


def test_a_gap_is_not_a_failure(table: BenchmarkStore, toys: Architectures) -> None:
    records = runs(toys, NUM_EPOCHS, seed=0)
    records["valid_accuracy_curve"][2, 1] = np.nan
    table.append(records)
    curves = CurveEvaluator(table)
    np.testing.assert_array_equal(curves.architectures, np.delete(toys, 2, axis=0))
    text = table.space.to_strings(toys[2:3])[0].replace("|", r"\|").replace("+", r"\+")
    with pytest.raises(
        MissingRowsError, match=f"no such training of {text} .* candidates=curves.architectures"
    ):
        curves.scores(toys[2], 1)


def test_twins_answer_where_the_store_keeps_canonical_forms(tmp_path: Path, cell201: Cell201) -> None:
    everything = cell201.enumerate()
    one, twin = everything[cell201.keys(everything) == cell201.keys(np.array([[2, 0, 1, 4, 2, 0]]))[0]][1:3]
    store = BenchmarkStore.create(tmp_path / "canonical", cell201, canonical=True)
    store.append(runs(one[None], NUM_EPOCHS, seed=0))
    np.testing.assert_allclose(CurveEvaluator(store).scores(twin, 2), [0.02], atol=1e-6)


def test_the_test_split_is_for_reports_alone(table: BenchmarkStore, toys: Architectures) -> None:
    table.append(runs(toys, NUM_EPOCHS, seed=0))
    with pytest.raises(InputError, match="'test_accuracy' is measured on the test split"):
        CurveEvaluator(table, metric="test_accuracy")
    curves = CurveEvaluator(table)
    assert curves.test_metric == "test_accuracy"
    np.testing.assert_allclose(curves.final_values(toys[2], "test_accuracy"), [0.12], atol=1e-6)
    with pytest.raises(InputError, match="params"):
        curves.final_values(toys[2], "speed")


def test_what_is_not_there_is_named(table: BenchmarkStore, toys: Architectures) -> None:
    table.append(runs(toys, NUM_EPOCHS, seed=0, curves=False))
    with pytest.raises(MissingRowsError, match=r"expected curves of valid_accuracy .* \[4\] .* found none"):
        CurveEvaluator(table)
    with pytest.raises(
        MissingRowsError, match=r"trainings of 7 epochs with valid_accuracy .* holds epochs \[4\]"
    ):
        CurveEvaluator(table, epochs=(4, 7))
    with pytest.raises(
        MissingRowsError, match=r"trainings of task 'cifar10' and .*; it holds tasks \['toy'\]"
    ):
        CurveEvaluator(table, task="cifar10")
    with pytest.raises(InputError, match="expected a metric among"):
        CurveEvaluator(table, metric="speed")
    table.append(runs(toys, NUM_EPOCHS, seed=0, recipe='{"a": 1}'))
    with pytest.raises(AmbiguousQueryError, match=r"several values of recipe: .*; name one"):
        CurveEvaluator(table)


def test_architectures_of_another_space_are_refused(table: BenchmarkStore, toys: Architectures) -> None:
    table.append(runs(toys, NUM_EPOCHS, seed=0))
    with pytest.raises(ArchitectureError, match="space 'cell201'"):
        CurveEvaluator(table).scores(np.full((1, 6), 5, np.int8), 1)
