"""The wide view: columns side by side; filter, sort, pick, trade off, hand over."""

import csv
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_runs import make_runs

from surronas.errors import AmbiguousQueryError, InputError, MissingPackageError, MissingRowsError
from surronas.metrics.pareto import non_dominated
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Column, Metric, View

LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")
COLUMNS = {
    "accuracy": Column("valid_accuracy", seed="mean"),
    "first": Column("test_accuracy", task="digits", seed=0),
    "latency": Column("latency_ms", device="fpga"),
}


@pytest.fixture
def latency(cells: np.ndarray) -> np.ndarray:
    """(30,) milliseconds; the first five are missing."""
    values = np.random.default_rng(5).integers(1, 9, len(cells)).astype(float)
    values[:5] = np.nan
    return values


@pytest.fixture
def view(store: BenchmarkStore, cells: np.ndarray, latency: np.ndarray) -> View:
    store.attach(cells, {"latency_ms": latency}, device="fpga", metrics=[LATENCY])
    store.attach(cells, {"latency_ms": latency * 2}, device="edge")
    return store.view(COLUMNS, cells)


def test_each_column_is_a_query(view: View, store: BenchmarkStore, cells: np.ndarray, latency) -> None:
    assert (len(view), view.space) == (30, store.space)
    np.testing.assert_array_equal(view.architectures, cells)
    np.testing.assert_array_equal(view["accuracy"], store.query(cells, "valid_accuracy", seed="mean"))
    np.testing.assert_array_equal(view["first"], store.query(cells, "test_accuracy", seed=0))
    np.testing.assert_array_equal(view["latency"], latency)
    assert view.directions == {"accuracy": "maximize", "first": "maximize", "latency": "minimize"}
    assert view.strings() == store.space.to_strings(cells)
    assert repr(view) == "View(30 architectures of space 'cell201'; accuracy, first, latency)"


def test_all_architectures_by_default(view: View, store: BenchmarkStore) -> None:
    whole = store.view(COLUMNS)
    np.testing.assert_array_equal(whole.architectures, store.architectures)
    np.testing.assert_array_equal(np.sort(whole["accuracy"]), np.sort(view["accuracy"]))


def test_strings_and_twins_are_asked_for_as_in_a_query(path, cell201: Cell201) -> None:
    everything = cell201.enumerate()
    twins = everything[cell201.keys(everything) == cell201.keys(everything[100:101])][:3]
    store = BenchmarkStore.create(path, cell201)
    store.append(make_runs(twins[1:2], (0,)))
    view = store.view({"accuracy": Column("valid_accuracy")}, cell201.to_strings(twins), equivalent=True)
    assert not view.missing().any()
    with pytest.raises(MissingRowsError, match="1 of 1 architectures have no valid_accuracy"):
        store.view({"accuracy": Column("valid_accuracy")}, twins[:1])


def test_a_column_is_as_strict_as_a_query(view: View, store: BenchmarkStore, cells: np.ndarray) -> None:
    store.append(make_runs(cells, task="fashion"))
    with pytest.raises(AmbiguousQueryError, match="leaves the task open"):
        store.view({"a": Column("valid_accuracy", seed=0)})
    with pytest.raises(AmbiguousQueryError, match="leaves the device open"):
        store.view({"a": Column("latency_ms")})
    with pytest.raises(InputError, match="unknown metric 'speed'"):
        store.view({"a": Column("speed")})
    with pytest.raises(MissingRowsError, match="no runs at task 'audio'"):
        store.view({"a": Column("valid_accuracy", task="audio")})
    with pytest.raises(InputError, match='one value for each architecture, got seed="all"'):
        Column("valid_accuracy", seed="all")


def test_where_takes_a_mask_or_a_condition(view: View, latency: np.ndarray) -> None:
    fast = view.where(lambda v: v["latency"] < 5)
    np.testing.assert_array_equal(fast["latency"], latency[latency < 5])
    np.testing.assert_array_equal(view.where(latency < 5).architectures, fast.architectures)
    for wrong in (latency, np.ones(3, bool), np.flatnonzero(latency < 5)):
        with pytest.raises(InputError, match=r"expected a mask of \(30,\) booleans, got"):
            view.where(wrong)


def test_sort_puts_the_best_first_and_the_missing_last(view: View, latency: np.ndarray) -> None:
    assert (np.diff(view.sort("accuracy")["accuracy"]) <= 0).all()
    ranked = view.sort("latency")
    np.testing.assert_array_equal(ranked["latency"], np.sort(latency))
    np.testing.assert_array_equal(ranked.architectures[25:], view.architectures[:5])
    equal = ranked["latency"] == ranked["latency"][0]
    np.testing.assert_array_equal(
        ranked.architectures[equal], view.architectures[latency == np.nanmin(latency)]
    )  # equals keep their order
    slow = view.sort("latency", direction="maximize")
    assert slow["latency"][0] == np.nanmax(latency)
    assert np.isnan(slow["latency"][25:]).all()


def test_top_leaves_the_missing_out(view: View) -> None:
    best = view.top(3, "latency")
    np.testing.assert_array_equal(best["latency"], view.sort("latency")["latency"][:3])
    assert len(view.top(100, "latency")) == 25
    assert len(view.top(0, "latency")) == 0
    assert view.top(1, "accuracy", direction="minimize")["accuracy"] == view["accuracy"].min()
    with pytest.raises(InputError, match="k >= 0, got -1"):
        view.top(-1, "latency")


def test_a_direction_has_to_be_known(view: View) -> None:
    neutral = View(view.space, view.architectures, {"zen": view["first"]}, {"zen": None})
    for ask in (lambda: neutral.sort("zen"), lambda: neutral.top(1, "zen"), lambda: neutral.pareto("zen")):
        with pytest.raises(InputError, match=r"column 'zen' does not say .* direction=\"maximize\""):
            ask()
    assert neutral.top(1, "zen", direction="minimize")["zen"] == view["first"].min()
    with pytest.raises(InputError, match="got 'up'"):
        view.sort("first", direction="up")
    with pytest.raises(InputError, match="unknown column 'speed'; the view has accuracy, first, latency"):
        view.sort("speed")


def test_the_pareto_front_is_what_nothing_beats(view: View) -> None:
    front = view.pareto("accuracy", "latency")
    assert view.missing("accuracy", "latency").sum() == 5
    costs = np.stack([-view["accuracy"], view["latency"]], axis=1)[5:]
    expected = [not ((costs <= row).all(1) & (costs < row).any(1)).any() for row in costs]
    np.testing.assert_array_equal(front.architectures, view.architectures[5:][expected])
    assert len(view.pareto("accuracy")) == 1
    with pytest.raises(InputError, match="expected the columns to trade off, got none"):
        view.pareto()


@settings(max_examples=200, deadline=None)
@given(
    n=st.integers(0, 700), columns=st.integers(1, 4), levels=st.integers(1, 50), seed=st.integers(0, 2**32)
)
def test_non_dominated_is_exact_with_ties(n: int, columns: int, levels: int, seed: int) -> None:
    costs = np.random.default_rng(seed).integers(0, levels, (n, columns)).astype(float)
    expected = [not ((costs <= row).all(1) & (costs < row).any(1)).any() for row in costs]
    np.testing.assert_array_equal(non_dominated(costs), np.array(expected, bool))


def test_non_dominated_keeps_a_front_of_many_blocks() -> None:
    x = np.random.default_rng(0).permutation(3000).astype(float)
    assert non_dominated(np.stack([x, -x], axis=1)).all()
    assert non_dominated(np.stack([x, x, x], axis=1)).sum() == 1


def test_a_sample_is_drawn_without_replacement(view: View, rng: np.random.Generator) -> None:
    drawn = view.sample(10, rng)
    assert len(np.unique(drawn.architectures, axis=0)) == 10
    again = view.sample(10, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn["accuracy"], again["accuracy"])
    with pytest.raises(InputError, match="from 0 to 30, got 31"):
        view.sample(31, rng)


def test_an_empty_view_can_be_asked_everything(view: View, rng: np.random.Generator) -> None:
    nothing = view.where(np.zeros(30, bool))
    for empty in (
        nothing.sort("latency"),
        nothing.top(3, "latency"),
        nothing.pareto("accuracy", "latency"),
        nothing.sample(0, rng),
    ):
        assert (len(empty), empty.to_numpy().shape, empty.strings()) == (0, (0,), [])


def test_numpy_rows(view: View) -> None:
    table = view.to_numpy()
    assert table.dtype.names == ("architecture", "accuracy", "first", "latency")
    np.testing.assert_array_equal(table["architecture"], view.architectures)
    np.testing.assert_array_equal(table["latency"], view["latency"])


def test_a_data_frame(view: View) -> None:
    frame = view.to_pandas()
    assert list(frame.columns) == ["architecture", "accuracy", "first", "latency"]
    assert frame["architecture"].tolist() == view.strings()
    np.testing.assert_array_equal(frame["latency"], view["latency"])


def test_files_hold_every_digit(view: View, tmp_path: Path) -> None:
    view.to_csv(tmp_path / "view.csv")
    with (tmp_path / "view.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["architecture"] for row in rows] == view.strings()
    assert [float(row["accuracy"]) for row in rows] == view["accuracy"].tolist()
    assert [row["latency"] == "" for row in rows] == np.isnan(view["latency"]).tolist()
    view.to_parquet(tmp_path / "view.parquet")
    frame = pandas.read_parquet(tmp_path / "view.parquet")
    np.testing.assert_array_equal(frame["accuracy"], view["accuracy"])
    assert frame["latency"].isna().sum() == 5


def test_missing_packages_are_named(view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match="needs pandas"):
        view.to_pandas()
    with pytest.raises(MissingPackageError, match="needs pyarrow"):
        view.to_parquet(tmp_path / "view.parquet")


def test_columns_have_to_fit(view: View) -> None:
    cells = view.architectures
    with pytest.raises(InputError, match=r"expected columns of shape \(30,\) and a direction for each"):
        View(view.space, cells, {"a": np.zeros(3)}, {"a": None})
    with pytest.raises(InputError, match="expected columns of shape"):
        View(view.space, cells, {"a": np.zeros(30)}, {})
    with pytest.raises(InputError, match="other than 'architecture'"):
        View(view.space, cells, {"architecture": np.zeros(30)}, {"architecture": None})
