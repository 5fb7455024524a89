"""Stores written by earlier versions are read, number by number, by every version to come."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from golden_runs import CELLS, COLUMNS, COMMAND, DESCRIPTION, FIRST_BATCH, LICENCE, RECIPE, RUNS, VERSIONS

from surronas.store import SEED_MEAN, BenchmarkStore

DATA = Path(__file__).parents[1] / "data"
STRINGS = [text for text, _ in CELLS]


@pytest.fixture(params=["golden_v2", "golden_v2.h5"])
def golden(request: pytest.FixtureRequest) -> BenchmarkStore:
    return BenchmarkStore.open(DATA / request.param)


def test_what_the_store_says_of_itself(golden: BenchmarkStore) -> None:
    assert (golden.space.name, golden.canonical, golden.description, golden.licence) == (
        "cell201", False, DESCRIPTION, LICENCE
    )  # fmt: skip
    assert [metric.name for metric in golden.metrics] == [
        "valid_accuracy", "train_loss", "params", "latency_ms", "naswot"
    ]  # fmt: skip
    accuracy = golden.metrics[0]
    assert (accuracy.split, accuracy.unit, accuracy.direction) == ("valid", "fraction", "maximize")
    assert (accuracy.description, accuracy.source, accuracy.licence) == ("of 5,000 images", "a source", "MIT")
    assert golden.architectures.tolist() == [list(decisions) for _, decisions in CELLS]
    assert (golden.tasks, golden.recipes) == (["cifar10", "cifar100"], [RECIPE])
    assert (golden.epochs(), golden.seeds(task="cifar10")) == ([1, 3], [777, 888])
    assert golden.check() == []


def test_every_run(golden: BenchmarkStore) -> None:
    records = golden.records()
    assert len(records) == len(golden) == len(RUNS)
    by_key = {(r["architecture"].tobytes(), str(r["task"]), int(r["seed"])): r for r in records}
    for cell, task, epochs, seed, device, status, origin, accuracy, loss, params, curve in RUNS:
        row = by_key[np.array(CELLS[cell][1], np.int8).tobytes(), task, seed]
        assert (row["epochs"], row["device"], row["status"]) == (epochs, device, status)
        assert (row["origin"], row["recipe"]) == (origin, RECIPE)
        np.testing.assert_array_equal(row["valid_accuracy"], accuracy)
        np.testing.assert_array_equal(row["train_loss"], loss)
        np.testing.assert_array_equal(row["params"], params)
        np.testing.assert_array_equal(row["valid_accuracy_curve"][:epochs], np.float32(curve)[:epochs])


def test_every_query(golden: BenchmarkStore) -> None:
    for cell, task, epochs, seed, _, status, _, accuracy, _, params, curve in RUNS:
        axes = {"task": task, "epochs": epochs, "missing": "nan"}
        answered = accuracy if status == "ok" else np.nan
        if seed == SEED_MEAN:
            assert golden.query(STRINGS[cell], "valid_accuracy", **axes, seed="mean")[0] == answered
            continue
        found = golden.query(STRINGS[cell], "valid_accuracy", **axes, seed=seed)[0]
        np.testing.assert_array_equal(found, answered)
        shown = np.float32(curve)[:epochs] if status == "ok" else np.full(epochs, np.nan)
        np.testing.assert_array_equal(
            golden.curves(STRINGS[cell], "valid_accuracy", **axes, seed=seed)[0], shown
        )
        np.testing.assert_array_equal(
            golden.query(STRINGS[cell], "params", task=task, missing="nan")[0], params
        )


def test_every_column(golden: BenchmarkStore) -> None:
    for (metric, task, device), values in COLUMNS.items():
        asked = {"task": task} if task else {}
        asked |= {"device": device} if device else {}
        np.testing.assert_array_equal(golden.query(STRINGS, metric, missing="nan", **asked), values)


def test_provenance(golden: BenchmarkStore) -> None:
    told = {(p["origin"], p["device"]): p for p in golden.info()["provenance"]}
    assert {key: entry["runs"] for key, entry in told.items()} == {
        ("benchmark", "gpu"): FIRST_BATCH,
        ("imported", "cpu"): len(RUNS) - FIRST_BATCH,
    }
    assert all((p["command"], p["versions"]) == (COMMAND, VERSIONS) for p in told.values())


def test_hdf5_reads_the_file_by_itself() -> None:
    with h5py.File(DATA / "golden_v2.h5") as file:
        assert file.attrs["space"] == "cell201"
        assert file["architectures/decisions"][()].tolist() == [list(decisions) for _, decisions in CELLS]


@pytest.mark.parametrize("name", ["golden_v2", "golden_v2.h5"])
def test_it_can_be_added_to(name: str, tmp_path: Path) -> None:
    whole = shutil.copytree if (DATA / name).is_dir() else shutil.copy
    store = BenchmarkStore.open(whole(DATA / name, tmp_path / name))
    before = store.records()
    extra = before[:1].copy()
    extra["seed"] = 4_321
    assert store.append(extra) == 1
    store.merge()
    assert len(store) == len(RUNS) + 1
    assert store.append(before, existing="skip") == 0
    assert store.check() == []


def test_a_benchmark_of_layout_version_1() -> None:
    first = DATA / "golden_v1.h5"  # the first 1,500 cells of the digits benchmark, as they once shipped
    store = BenchmarkStore.open(first)
    with h5py.File(first) as file:
        assert file.attrs["version"] == "1"
    assert (len(store), len(store.architectures), store.seeds(), store.epochs()) == (
        4_500,
        1_500,
        [0, 1, 2],
        [6],
    )
    assert store.check() == []
    cells = [
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_1x1~0|skip_connect~1|avg_pool_3x3~2|",
    ]
    assert store.space.to_strings(store.architectures[[0, 777]]) == cells
    golden = {
        "valid_accuracy": [0.083984375, 0.87109375],
        "test_accuracy": [0.10638298094272614, 0.8588007688522339],
        "train_loss": [2.3002398014068604, 0.8286227583885193],
    }
    for metric, values in golden.items():
        assert store.query(cells, metric, seed=0).tolist() == values
    assert store.query(cells, "params").tolist() == [378.0, 3290.0]
    curve = [0.140625, 0.314453125, 0.578125, 0.791015625, 0.84765625, 0.87109375]
    assert store.curves(cells[1], "valid_accuracy", seed=0).tolist() == [curve]
