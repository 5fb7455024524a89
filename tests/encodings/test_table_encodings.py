"""Columns and learning curves of a table as features."""

from pathlib import Path

import numpy as np
import pytest

from surronas.encodings import columns, concatenate, curve_features, learning_curves, one_hot
from surronas.encodings.learning_curves import NAMES
from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Cell201, TransNASMicro
from surronas.store import BenchmarkStore, Metric

TASK = "digits"
SPACE = Cell201()


@pytest.fixture(scope="module")
def store(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    """1,500 cells of the shipped store, with a proxy on two devices that half of its architectures lack."""
    store = BenchmarkStore.open(shipped).copy(tmp_path_factory.mktemp("store") / "digits.h5")
    known = store.architectures
    proxy = np.where(np.arange(len(known)) % 2, np.exp(np.arange(len(known)) / 10.0), np.nan)
    metric = Metric("proxy", direction="maximize", per="architecture")
    store.attach(known, {"proxy": proxy}, task=TASK, device="a", metrics=(metric,))
    store.attach(known, {"proxy": -proxy}, task=TASK, device="b")
    return store


def test_values_are_encoded_by_their_rank(store: BenchmarkStore) -> None:
    ranks, missing = columns(store, ["proxy"], device="a")(SPACE, store.architectures).T
    there = np.arange(len(ranks)) % 2 == 1
    np.testing.assert_array_equal(missing, ~there)
    np.testing.assert_allclose(ranks[there], (np.arange(there.sum()) + 0.5) / there.sum())
    np.testing.assert_array_equal(ranks[~there], 0.5)


def test_ties_share_their_middle_rank(store: BenchmarkStore) -> None:
    values, features = store.query(store.architectures, "params"), columns(store, ["params"])
    ranks = features(SPACE, store.architectures)[:, 0]
    for value in np.unique(values)[:5]:
        expected = np.mean(values < value) + np.mean(values == value) / 2
        np.testing.assert_allclose(ranks[values == value], expected)


def test_axes_are_those_of_a_query(store: BenchmarkStore) -> None:
    rows = store.architectures
    both = concatenate(columns(store, ["proxy"], device="a"), columns(store, ["proxy"], device="b"))
    features = both(SPACE, rows)
    np.testing.assert_allclose(features[:, 0] + features[:, 2], 1)  # the other way round
    accuracy = columns(store, ["valid_accuracy", "train_loss"], task=TASK, epochs=6, seed="mean")
    assert accuracy(SPACE, rows).shape == (len(rows), 4)


def test_columns_do_not_depend_on_the_batch(store: BenchmarkStore, rng: np.random.Generator) -> None:
    encoding, rows = (
        concatenate(columns(store, ["params"]), columns(store, ["proxy"], device="a")),
        SPACE.sample(30, rng),
    )
    features = encoding(SPACE, rows)
    np.testing.assert_array_equal(np.vstack([encoding(SPACE, row) for row in rows]), features)
    assert encoding(SPACE, rows[:0]).shape == (0, 4)
    unknown = ~store.contains(rows)
    assert unknown.any()
    np.testing.assert_array_equal(features[unknown], [[0.5, 1, 0.5, 1]] * unknown.sum())


def test_architectures_of_another_space(store: BenchmarkStore) -> None:
    for encoding in (columns(store, ["params"]), learning_curves(store, "valid_accuracy", 2, seed=0)):
        with pytest.raises(InputError, match="the table's space, got 'transnas_micro'"):
            encoding(TransNASMicro(), np.zeros((1, 6), np.int8))
        with pytest.raises(ArchitectureError, match="another space"):
            encoding(SPACE, np.zeros((1, 7), np.int8))


@pytest.mark.parametrize("metrics", ["params", []])
def test_metrics_are_a_list(store: BenchmarkStore, metrics: list[str]) -> None:
    with pytest.raises(InputError, match="list of metrics"):
        columns(store, metrics)


def test_a_column_without_values(store: BenchmarkStore) -> None:
    with pytest.raises(InputError, match="none at these axes"):
        columns(store, ["params"], device="a")


def test_golden_curve() -> None:
    flat, rising, gap = (
        [0.5] * 8,
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        [np.nan, 1, np.nan, 3, *[np.nan] * 4],
    )
    found = [dict(zip(NAMES, row, strict=True)) for row in curve_features([flat, rising, gap]).tolist()]
    for name, value in {"last": 0.5, "best": 0.5, "mean": 0.5, "end_slope": 0, "limit": 0.5}.items():
        np.testing.assert_allclose(found[0][name], value, atol=1e-12)
    expected = {"last": 0.7, "best": 0.7, "mean": 0.35, "end_mean": 0.65, "end_slope": 0.1, "measured": 1}
    for name, value in expected.items():
        np.testing.assert_allclose(found[1][name], value)
    assert found[1]["limit"] > 0.7
    np.testing.assert_allclose([found[2]["last"], found[2]["mean"], found[2]["measured"]], [3, 19 / 8, 0.25])


def test_a_curve_as_assumed_is_extrapolated_to_its_limit() -> None:
    epochs = np.arange(1, 21)
    limits = curve_features([0.9 - 0.5 / np.sqrt(epochs), 0.8 + 0.1 / np.sqrt(epochs)])[
        :, NAMES.index("limit")
    ]
    np.testing.assert_allclose(limits, [0.9, 0.8])


def test_a_curve_without_a_value_is_missing() -> None:
    features = curve_features(np.full((1, 4), np.nan))[0]
    assert np.isnan(features[:-1]).all()
    assert features[-1] == 0


def test_a_curve_of_one_epoch() -> None:
    np.testing.assert_allclose(curve_features([[0.5]])[0, [0, 1, 2, 3, 4, 6]], [0.5, 0.5, 0.5, 0.5, 0, 1])


@pytest.mark.parametrize("shape", [(3,), (3, 0), (1, 2, 3)])
def test_curves_of_a_wrong_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="expected learning curves of shape"):
        curve_features(np.zeros(shape))


def test_early_epochs_of_a_table(store: BenchmarkStore) -> None:
    rows = store.architectures[:50]
    encoding = learning_curves(store, "valid_accuracy", 3, task=TASK, seed=0)
    early = store.curves(rows, "valid_accuracy", task=TASK, seed=0)[:, :3]
    np.testing.assert_array_equal(encoding(SPACE, rows), curve_features(early))
    both = concatenate(one_hot, encoding)
    assert both(SPACE, rows).shape == (50, 30 + 7)


def test_architectures_without_a_curve_have_medians(store: BenchmarkStore, rng: np.random.Generator) -> None:
    encoding, rows = learning_curves(store, "valid_accuracy", 3, task=TASK, seed=0), SPACE.sample(30, rng)
    unknown = rows[~store.contains(rows)]
    all_of_them = encoding(SPACE, store.architectures)
    expected = np.append(np.median(all_of_them[:, :-1], axis=0), 0)
    np.testing.assert_allclose(encoding(SPACE, unknown), np.tile(expected, (len(unknown), 1)))


def test_fewer_than_one_epoch(store: BenchmarkStore) -> None:
    with pytest.raises(InputError, match="at least 1, got 0"):
        learning_curves(store, "valid_accuracy", 0)


def test_no_curves_at_all(store: BenchmarkStore, tmp_path: Path) -> None:
    records = store.records(store.architectures[:5], seed=0)
    records["valid_accuracy_curve"] = np.nan
    empty = BenchmarkStore.create(tmp_path / "flat.h5", SPACE, metrics=store.metrics)
    empty.append(records)
    with pytest.raises(InputError, match="the table has none"):
        learning_curves(empty, "valid_accuracy", 3, seed=0)
