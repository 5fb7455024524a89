"""Measured costs in a store, and searches that trade accuracy against them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError, StoreError
from surronas.evaluators import TabularEvaluator
from surronas.metrics import pareto_front
from surronas.objectives import Pareto
from surronas.search import run_search
from surronas.searchers.nsga2 import NSGA2
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric
from surronas.training import DIGITS_RECIPE, digits
from surronas.training.costs import COST_METRICS, Conditions, attach_costs, held_costs, measuring

SPACE, NUM_CELLS = Cell201(), 24
HERE = Conditions(device="cpu")


@pytest.fixture
def store(shipped: Path, tmp_path: Path) -> BenchmarkStore:
    whole = BenchmarkStore.open(shipped)
    chosen = np.random.default_rng(0).permutation(len(whole.architectures))[:NUM_CELLS]
    return whole.copy(tmp_path / "cells", whole.architectures[np.sort(chosen)])


def attach(
    store: BenchmarkStore,
    cells: np.ndarray,
    conditions: Conditions = HERE,
    metrics: Sequence[str] = tuple(metric.name for metric in COST_METRICS),
) -> int:
    return attach_costs(
        store, cells, digits(), DIGITS_RECIPE, conditions=conditions, metrics=metrics, seconds=0.01
    )


def latencies(store: BenchmarkStore, cells: np.ndarray, conditions: Conditions = HERE) -> np.ndarray:
    return held_costs(store, cells, "latency_ms", digits(), DIGITS_RECIPE, conditions)


def test_a_search_trades_accuracy_against_the_latency_measured_here(store: BenchmarkStore) -> None:
    cells = store.architectures
    assert attach(store, cells, metrics=["latency_ms", "peak_memory_mb"]) == 2 * NUM_CELLS
    evaluator = TabularEvaluator(store, device=HERE.text)
    searcher = NSGA2(SPACE, seed=0, candidates=cells, population_size=8)
    goal = Pareto(("valid_accuracy", "latency_ms"))
    found = run_search(searcher, evaluator, budget=NUM_CELLS, seeds=evaluator.seeds, objective=goal)
    latency = store.query(cells, "latency_ms", device=HERE.text)
    accuracy = store.query(cells, "valid_accuracy", seed="mean")
    front = cells[pareto_front(np.stack([accuracy, -latency], axis=1))]
    assert {tuple(cell) for cell in found.architectures[found.front()]} == {tuple(cell) for cell in front}
    known = evaluator.known(cells[:3])
    np.testing.assert_array_equal(known["latency_ms"], latency[:3])


def test_columns_have_units_directions_and_a_device(store: BenchmarkStore) -> None:
    attach(store, store.architectures[:2], replace(HERE, batch_size=2))
    columns = {(c["metric"], c["device"]): c["architectures"] for c in store.info()["columns"]}
    text = replace(HERE, batch_size=2).text
    assert text.endswith("batch 2")
    for name in ("latency_ms", "latency_p95_ms", "latency_min_ms", "peak_memory_mb", "train_peak_memory_mb"):
        assert columns[name, text] == 2
    assert columns["params", ""] == columns["flops", ""] == NUM_CELLS  # as the trainings had it
    known = {metric.name: metric for metric in store.metrics}
    for metric in COST_METRICS:
        if metric.name != "energy_mj":
            assert known[metric.name] == metric
            assert metric.unit
            assert metric.direction == "minimize"
            assert metric.description


def test_what_is_measured_is_not_measured_again(
    store: BenchmarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = store.architectures[:6]
    attach(store, cells[:3])
    before = latencies(store, cells)
    assert np.isnan(before[3:]).all()
    monkeypatch.setattr(measuring, "GROUP", 2)  # several groups, each kept when it ends
    attach(store, cells)
    after = latencies(store, cells)
    np.testing.assert_array_equal(after[:3], before[:3])
    assert (after > 0).all()
    assert attach(store, cells) == 0
    batch = replace(HERE, batch_size=4)
    assert attach(store, cells[:1], batch) == 5  # another device text: further columns
    assert latencies(store, cells[:1], batch) > 0
    np.testing.assert_array_equal(latencies(store, cells), after)


def test_a_missing_metric_is_added_to_what_is_there(store: BenchmarkStore) -> None:
    cells = store.architectures[:2]
    for metrics in (["latency_ms"], ["peak_memory_mb"], ["peak_memory_mb", "latency_ms"]):
        assert attach(store, cells, metrics=metrics) == (0 if len(metrics) == 2 else 2)


def test_stores_that_cannot_take_costs_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    of_runs = BenchmarkStore.create(tmp_path / "runs", SPACE, metrics=[Metric("latency_ms", unit="ms")])
    with pytest.raises(InputError, match="expected a store without latency_ms as a metric of runs"):
        attach(of_runs, SPACE.sample(1, np.random.default_rng(0)))
    locked = BenchmarkStore.create(tmp_path / "locked.h5", SPACE)
    (tmp_path / "locked.h5").chmod(0o444)
    with pytest.raises(StoreError, match="it is read-only"):
        attach(locked, SPACE.sample(1, np.random.default_rng(0)))
