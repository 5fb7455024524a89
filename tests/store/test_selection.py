"""Copies of a part of a store: what each axis keeps, and what comes along."""

from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric, concatenate_records

LATENCY = Metric("latency_ms", unit="ms", direction="minimize", per="architecture")


@pytest.fixture
def mixed(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> BenchmarkStore:
    """Two tasks, two numbers of epochs, three seeds, two origins, and a column for every task."""
    store = BenchmarkStore.create(tmp_path / "mixed", cell201)
    for task, epochs, seeds in (("digits", 4, (0, 1)), ("digits", 2, (0,)), ("letters", 4, (2,))):
        runs = make_runs(cells, seeds, task=task, epochs=epochs)
        runs["origin"][::2] = "benchmark"
        store.append(runs)
    store.attach(cells, {"latency_ms": np.arange(30.0)}, device="pi", metrics=[LATENCY])
    return store


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ({}, lambda runs: runs["seed"] >= 0),
        ({"tasks": ["letters"]}, lambda runs: runs["task"] == "letters"),
        ({"tasks": ["letters", "digits"]}, lambda runs: runs["seed"] >= 0),
        ({"epochs": [2]}, lambda runs: runs["epochs"] == 2),
        ({"epochs": [2, 4], "tasks": ["digits"]}, lambda runs: runs["task"] == "digits"),
        ({"seeds": [1, 2]}, lambda runs: runs["seed"] > 0),
        ({"origins": ["benchmark"]}, lambda runs: runs["origin"] == "benchmark"),
        ({"recipes": ['{"learning_rate":0.1}']}, lambda runs: runs["seed"] >= 0),
        (
            {"origins": ["search"], "seeds": [0]},
            lambda runs: (runs["origin"] == "search") & (runs["seed"] == 0),
        ),
    ],
)
@pytest.mark.parametrize("name", ["copy", "copy.h5"])
def test_a_copy_keeps_what_every_axis_keeps(
    mixed: BenchmarkStore, tmp_path: Path, name, chosen, kept
) -> None:
    copied, runs = mixed.copy(tmp_path / name, **chosen), mixed.records()
    padded = concatenate_records([copied.records(), runs[:0]])  # with room for all epochs
    assert_same_runs(padded, runs[kept(runs)])
    assert copied.check() == []


def test_columns_come_with_the_architectures_that_have_a_run(
    mixed: BenchmarkStore, tmp_path: Path, cells: np.ndarray
) -> None:
    of_task = mixed.copy(tmp_path / "a", cells[:9], tasks=["letters"])
    assert of_task.query(cells[:9], "latency_ms", device="pi").tolist() == list(range(9))
    assert len(of_task.architectures) == 9
    by_origin = mixed.copy(tmp_path / "b", origins=["benchmark"], seeds=[0], epochs=[2])
    assert len(by_origin.architectures) == len(by_origin) == 15
    assert np.isnan(by_origin.query(cells, "latency_ms", device="pi", missing="nan")).sum() == 15


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"tasks": ["numbers"]}, "no runs of task 'numbers'; it has 'digits', 'letters'"),
        ({"recipes": ["{}"]}, "no runs of recipe '{}'; it has "),
        ({"epochs": [4, 3]}, "no runs of epochs 3; it has 2, 4"),
        ({"seeds": [7]}, "no runs of seed 7; it has 0, 1, 2"),
        ({"origins": ["bench"]}, "no runs of origin 'bench'; it has "),
    ],
)
def test_a_value_that_the_store_lacks_is_refused(mixed: BenchmarkStore, tmp_path: Path, chosen, told) -> None:
    with pytest.raises(InputError, match=told):
        mixed.copy(tmp_path / "copy", **chosen)
    assert not (tmp_path / "copy").exists()
