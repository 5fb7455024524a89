"""What a store answers."""

import json

import numpy as np
import pytest
from store_runs import AXES, RECIPE, make_runs

from surronas.errors import AmbiguousQueryError, ArchitectureError, InputError, MissingRowsError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records


def of_seed(runs: Records, metric: str, seed: int) -> np.ndarray:
    return runs[metric][runs["seed"] == seed]


@pytest.mark.parametrize("metric", ["valid_accuracy", "test_accuracy", "train_loss"])
@pytest.mark.parametrize("seed", [0, 1])
def test_one_seed_comes_back_exactly(store: BenchmarkStore, runs: Records, cells: np.ndarray, metric, seed):
    np.testing.assert_array_equal(store.query(cells, metric, **AXES, seed=seed), of_seed(runs, metric, seed))


def test_axes_with_one_value_may_stay_open(store: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    np.testing.assert_array_equal(store.query(cells, "train_loss", seed=1), of_seed(runs, "train_loss", 1))


def test_architectures_may_be_strings_lists_or_one_row(store: BenchmarkStore, cells: np.ndarray) -> None:
    expected = store.query(cells, "valid_accuracy", seed=0)
    strings = store.space.to_strings(cells)
    for given in (
        strings,
        np.array(strings),
        cells.tolist(),
        cells.astype(np.int64),
        np.asfortranarray(cells),
    ):
        np.testing.assert_array_equal(store.query(given, "valid_accuracy", seed=0), expected)
    assert store.query(cells[3], "valid_accuracy", seed=0).shape == (1,)
    assert store.query(strings[3], "valid_accuracy", seed=0) == expected[3]
    assert store.query([], "valid_accuracy", seed=0).shape == (0,)


def test_mean_and_all_seeds(store: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    each = np.stack([of_seed(runs, "valid_accuracy", seed) for seed in (0, 1)], axis=1)
    np.testing.assert_array_equal(store.query(cells, "valid_accuracy", seed="all"), each)
    np.testing.assert_allclose(store.query(cells, "valid_accuracy", seed="mean"), each.mean(1), rtol=1e-15)


def test_mean_is_over_the_seeds_that_are_there(store: BenchmarkStore, cells: np.ndarray) -> None:
    store.append(make_runs(cells[:1], (2,)))
    each = store.query(cells[:2], "valid_accuracy", seed="all")
    assert np.isnan(each).tolist() == [[False, False, False], [False, False, True]]
    np.testing.assert_allclose(
        store.query(cells[:2], "valid_accuracy", seed="mean"), np.nanmean(each, axis=1), rtol=1e-15
    )


def test_constants_need_no_seed_or_epochs(store: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    store.append(make_runs(cells, epochs=2))
    np.testing.assert_array_equal(store.query(cells, "params"), of_seed(runs, "params", 0))
    np.testing.assert_array_equal(store.query(cells, "params", **AXES, seed=1), of_seed(runs, "params", 0))


def test_curves_come_back_exactly(store: BenchmarkStore, runs: Records, cells: np.ndarray) -> None:
    found = store.curves(cells[::-1], "valid_accuracy", **AXES, seed=1)
    np.testing.assert_array_equal(found, of_seed(runs, "valid_accuracy_curve", 1)[::-1])
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("left_open", "message"),
    [
        ("task", "leaves the task open.*'digits', 'fashion'; pass task="),
        ("epochs", "leaves the epochs open.*2, 4; pass epochs="),
        ("seed", 'leaves the seed open.*0, 1; pass seed=, or seed="mean"'),
        ("recipe", "leaves the recipe open.*learning_rate.*pass recipe="),
    ],
)
def test_ambiguity_is_an_error(
    store: BenchmarkStore, cells: np.ndarray, left_open: str, message: str
) -> None:
    store.append(make_runs(cells, task="fashion"))
    store.append(make_runs(cells, epochs=2))
    other = make_runs(cells)
    other["recipe"] = "{}"
    store.append(other)
    axes = {**AXES, "seed": 0, left_open: None}
    for ask in (store.query, store.curves):
        with pytest.raises(AmbiguousQueryError, match=message):
            ask(cells, "valid_accuracy", **axes)


def test_missing_rows_say_what_is_there(store: BenchmarkStore, cell201: Cell201, cells: np.ndarray) -> None:
    with pytest.raises(
        MissingRowsError, match=r"30 of 30 .* seed 5: row 0 \|.*seed 0 \(ok\), 1 \(ok\).*27 more"
    ):
        store.query(cells, "valid_accuracy", seed=5)
    absent = np.setdiff1d(np.arange(15_625), cell201.codes(cells))[:1]
    mixed = np.concatenate([cells[:2], cell201.from_codes(absent)])
    with pytest.raises(MissingRowsError, match=r'1 of 3 .*row 2 .*not in the store at all.*missing="nan"'):
        store.query(mixed, "valid_accuracy", seed=0)
    with pytest.raises(MissingRowsError, match=r"no runs at task 'audio'; it holds task 'digits', epochs 4"):
        store.query(cells, "valid_accuracy", task="audio", seed=0)
    with pytest.raises(MissingRowsError, match="ok, not measured"):
        store.query(cells, "test_loss", seed=0)
    with pytest.raises(MissingRowsError, match="no runs; it holds task"):
        store.query(cells, "flops")
    with pytest.raises(MissingRowsError, match="curve of an ok run"):
        store.curves(cells, "test_accuracy", seed=0)
    with pytest.raises(MissingRowsError, match="no runs at task 'audio'"):
        store.curves(cells, "valid_accuracy", task="audio")


def test_missing_rows_are_nan_on_request(store: BenchmarkStore, cell201: Cell201, cells: np.ndarray) -> None:
    everything = cell201.enumerate()
    found = store.query(everything, "valid_accuracy", seed=0, missing="nan")
    np.testing.assert_array_equal(np.flatnonzero(~np.isnan(found)), np.sort(cell201.codes(cells)))
    for axes in ({"seed": 9}, {"task": "audio"}, {"seed": 0, "epochs": 77}):
        assert np.isnan(store.query(cells, "valid_accuracy", **axes, missing="nan")).all()
    assert store.query(everything, "valid_accuracy", seed="all", missing="nan").shape == (15_625, 2)
    assert np.isnan(store.curves(everything, "train_loss", seed=0, missing="nan")).any()
    assert store.curves(cells, "train_loss", task="x", epochs=3, missing="nan").shape == (30, 3)
    with pytest.raises(MissingRowsError):  # NaN on request leaves no trace
        store.query(cells, "valid_accuracy", task="audio")


def test_a_failed_run_gives_no_value(store: BenchmarkStore, cells: np.ndarray) -> None:
    failed = make_runs(cells[:1], (7,))
    failed["status"], failed["valid_accuracy"] = "diverged", 0.1
    store.append(failed)
    with pytest.raises(MissingRowsError, match=r"7 \(diverged\)"):
        store.query(cells[:1], "valid_accuracy", seed=7)
    assert np.isnan(store.query(cells[0], "valid_accuracy", seed=7, missing="nan")).all()
    assert np.isnan(store.curves(cells[0], "valid_accuracy", seed=7, missing="nan")).all()
    np.testing.assert_array_equal(
        store.query(cells[0], "valid_accuracy", seed="mean"),
        store.query(cells[0], "valid_accuracy", seed="all")[:, :2].mean(axis=1),
    )
    assert store.contains(cells[:2], seed=7).tolist() == [True, False]
    assert store.records(seed=7)["valid_accuracy"].tolist() == [0.1]


def test_contains_leaves_open_axes_open(store: BenchmarkStore, cell201: Cell201, cells: np.ndarray) -> None:
    assert store.contains(cells).all()
    assert store.contains(cells, **AXES, seed=1).all()
    assert not store.contains(cells, seed=2).any()
    assert not store.contains(cells, task="audio").any()
    assert store.contains(cell201.enumerate()).sum() == len(cells)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"metric": "accuracy"},
            InputError,
            "unknown metric 'accuracy'; the store has train_loss, train_acc",
        ),
        ({"missing": "zero"}, InputError, "missing=\"nan\", got 'zero'"),
        ({"seed": "median"}, InputError, "expected seed to be an integer.*got 'median'"),
        ({"seed": [0, 1]}, InputError, r"expected seed to be an integer.*got \[0, 1\]"),
        ({"architectures": [[0, 1, 2]]}, ArchitectureError, "another space"),
        ({"architectures": [[0, 1, 2, 3, 4, 5]]}, ArchitectureError, "expects 0 to 4"),
        ({"architectures": np.full((1, 6), -1, np.int8)}, ArchitectureError, "expects 0 to 4"),
        ({"architectures": ["conv"]}, ArchitectureError, "malformed"),
        ({"architectures": ["conv", [0] * 6]}, ArchitectureError, "got a mixture"),
    ],
)
def test_bad_questions_are_refused(store, cells, arguments, error, message) -> None:
    given = {"architectures": cells, "metric": "valid_accuracy", "seed": 0} | arguments
    with pytest.raises(error, match=message):
        store.query(given.pop("architectures"), given.pop("metric"), **given)


def test_bad_curve_questions_are_refused(store: BenchmarkStore, cells: np.ndarray) -> None:
    with pytest.raises(InputError, match="unknown metric 'loss'"):
        store.curves(cells, "loss", seed=0)
    with pytest.raises(InputError, match='expected missing="raise"'):
        store.curves(cells, "train_loss", seed=0, missing="no")


def test_an_empty_store_says_so(path, cell201: Cell201, cells: np.ndarray) -> None:
    empty = BenchmarkStore.create(path, cell201)
    assert len(empty) == 0
    assert empty.architectures.shape == (0, 6)
    assert empty.tasks == empty.recipes == empty.epochs() == empty.seeds() == []
    assert not empty.contains(cells).any()
    assert len(empty.records()) == 0
    assert empty.info()["runs"] == 0
    assert np.isnan(empty.query(cells, "valid_accuracy", missing="nan")).all()
    assert empty.query(cells, "valid_accuracy", seed="all", missing="nan").shape == (30, 0)
    assert empty.query(empty.architectures, "valid_accuracy").shape == (0,)
    with pytest.raises(MissingRowsError, match="no runs yet"):
        empty.query(cells, "valid_accuracy")


def test_a_canonical_store_answers_for_twins(path, cell201: Cell201) -> None:
    store = BenchmarkStore.create(path, cell201, canonical=True)
    classes = cell201.canonical(cell201.enumerate())
    twins = np.flatnonzero((classes == classes[100]).all(axis=1))[:3]
    store.append(make_runs(cell201.from_codes(twins[1:2]), (0,)))
    values = store.query(cell201.from_codes(twins), "valid_accuracy")
    assert len(np.unique(values)) == 1
    np.testing.assert_array_equal(store.architectures, classes[100:101])
    assert store.contains(cell201.from_codes(twins)).all()
    assert BenchmarkStore.open(path).canonical


def test_axes_are_listed(store: BenchmarkStore, cells: np.ndarray) -> None:
    store.append(make_runs(cells[:3], (5,), task="fashion", epochs=9))
    assert store.tasks == ["digits", "fashion"]
    assert store.recipes == [RECIPE]
    assert (store.epochs(), store.epochs(task="fashion")) == ([4, 9], [9])
    assert (store.seeds(), store.seeds(epochs=4), store.seeds(recipe="{}")) == ([0, 1, 5], [0, 1], [])
    assert (len(store), len(store.architectures)) == (63, 30)
    assert (store.description, store.licence) == ("made for tests", "CC0")
    assert repr(store).endswith("63 runs, space 'cell201')")


def test_info_counts(store: BenchmarkStore, cells: np.ndarray) -> None:
    failed = make_runs(cells[:1], (7,))
    failed["status"], failed["origin"], failed["params"] = "killed", "benchmark", np.nan
    store.append(failed, command="by hand")
    facts = json.loads(json.dumps(store.info()))
    assert (facts["runs"], facts["architectures"], facts["space"]) == (61, 30, "cell201")
    assert facts["statuses"] == {"ok": 60, "killed": 1}
    assert facts["origins"] == {"search": 60, "benchmark": 1}
    assert facts["sections"][0]["seeds"][2] == {"seed": 7, "runs": 1}
    missing = {metric["name"]: metric["missing"] for metric in facts["metrics"]}
    assert (missing["valid_accuracy"], missing["params"], missing["test_loss"]) == (0, 0, 1)
    assert [entry["runs"] for entry in facts["provenance"] if entry["command"] == "by hand"] == [1]
    assert facts["bytes"] > 0


def test_a_recipe_is_named_by_a_part_of_its_text(store: BenchmarkStore, cells, runs) -> None:
    other = runs.copy()
    other["recipe"], other["valid_accuracy"] = '{"learning_rate":0.2,"mine":true}', 0.5
    store.append(other)
    with pytest.raises(AmbiguousQueryError, match="leaves the recipe open"):
        store.query(cells, "valid_accuracy", seed=0)
    assert (store.query(cells, "valid_accuracy", recipe="mine", seed=0) == 0.5).all()
    assert (store.query(cells, "params", recipe="0.1") == store.query(cells, "params", recipe="mine")).all()
    assert len(store.records(recipe="mine")) == 60
    with pytest.raises(AmbiguousQueryError, match=r"2 recipes contain 'rate'.*give more of the text"):
        store.query(cells, "valid_accuracy", recipe="rate", seed=0)
    with pytest.raises(MissingRowsError):
        store.query(cells, "valid_accuracy", recipe="yours", seed=0)
