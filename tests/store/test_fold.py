"""Folding keeps every number, whether curves are packed anew or copied as they are; memory stays bounded."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from store_runs import assert_same_runs, make_runs

from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records, concatenate_records

EPOCHS = 200  # ten curves to a chunk


def batches(how: str) -> list[Records]:
    """Batches whose runs, once folded, lie one behind the other, or between each other."""
    cells = Cell201().enumerate()[:137]
    if how == "between each other":
        return [make_runs(part, epochs=EPOCHS) for part in (cells[::2], cells[1::2])]
    if how == "one behind the other":
        return [make_runs(cells, (seed,), epochs=EPOCHS) for seed in (0, 1, 2)]
    if how == "a few in front":
        return [make_runs(cells[3:], (5,), epochs=EPOCHS), make_runs(cells[:3], (5,), epochs=EPOCHS)]
    return [make_runs(cells, (seed,), task=f"task {seed}", epochs=EPOCHS) for seed in (0, 1)]


@pytest.mark.parametrize(
    "how", ["between each other", "one behind the other", "a few in front", "in tasks of their own"]
)
def test_no_number_changes_by_merging(path: Path, cell201: Cell201, how: str) -> None:
    store = BenchmarkStore.create(path, cell201)
    for batch in batches(how):
        store.append(batch)
    before = store.records()
    store.merge()
    assert_same_runs(store.records(), before)
    assert_same_runs(store.records(), concatenate_records(batches(how)))
    assert store.check() == []
    assert store.info()["segments"] == 1


def test_packed_curves_are_copied_as_they_are(tmp_path: Path, cell201: Cell201) -> None:
    store = BenchmarkStore.create(tmp_path / "s", cell201)
    for batch in batches("in tasks of their own"):
        store.append(batch)
    chunks = [packed(segment) for segment in store._table.segments]
    store.merge()
    assert packed(store._table.segments[0]) == [chunk for of_segment in chunks for chunk in of_segment]


def packed(segment) -> list[bytes]:
    """All packed chunks of curves in a segment, in order."""
    return [
        bytes(chunk)
        for block in segment.blocks
        for metric in block.curve_metrics
        for chunk in block.packed_chunks(metric, range(-(-block.num_runs // block.chunk_rows(metric))))
    ]


def test_a_copy_of_runs_without_curves_has_none(path: Path, cell201: Cell201) -> None:
    cells = cell201.enumerate()[:40]
    runs = make_runs(cells, (0, 1), epochs=EPOCHS)
    for name in ("train_loss_curve", "valid_accuracy_curve"):
        runs[name][runs["seed"] == 1] = np.nan
    store = BenchmarkStore.create(path, cell201)
    store.append(runs)
    copied = store.copy(path.with_name("copy.h5"), seeds=[1])
    assert "valid_accuracy_curve" not in copied.records().dtype.names
    assert copied.check() == []


@pytest.mark.slow
def test_merging_needs_a_few_columns_of_memory_not_the_file(tmp_path: Path) -> None:
    steps = Path(__file__).parents[2] / "reproduce" / "store_steps.py"
    told = {}
    for step in ("build", "merge"):
        command = [sys.executable, steps, step, "full", "nasbench201", tmp_path / "s"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        told = {name: float(value) for name, value in json.loads(output).items()}
    assert told["file_mb"] > 200
    assert told["peak_mb"] < 200 + 2 * told["column_mb"]
