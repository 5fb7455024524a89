"""Runs written for people and other programs."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from store_runs import RECIPE, make_runs

from surronas.errors import InputError, MissingPackageError, StoreError
from surronas.spaces import Cell201
from surronas.store import Metric, Records, new_records
from surronas.store.handover import records_to_pandas, write_runs


@pytest.fixture
def few(cell201: Cell201) -> Records:
    """Four runs: two cells, two seeds; one diverged with an infinite loss and without a curve."""
    runs = make_runs(cell201.from_codes(np.array([7, 9000])))
    runs["status"][3], runs["train_loss"][3], runs["valid_accuracy"][3] = "diverged", np.inf, np.nan
    runs["valid_accuracy_curve"][3] = np.nan
    runs["train_loss_curve"][0, 2] = np.nan
    return runs


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        file.readline()
        return list(csv.DictReader(file))


def test_csv_has_a_line_for_each_run_and_no_curves(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    write_runs(few, cell201, tmp_path / "runs.csv")
    lines = (tmp_path / "runs.csv").read_text().splitlines()
    assert lines[0] == '# surronas: {"space": "cell201"}'
    assert lines[1].startswith("architecture,task,recipe,epochs,seed,device,status,origin,train_loss,")
    rows = csv_rows(tmp_path / "runs.csv")
    assert [row["architecture"] for row in rows] == cell201.to_strings(few["architecture"])
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "diverged"]
    assert rows[0]["recipe"] == RECIPE
    assert (rows[3]["train_loss"], rows[3]["valid_accuracy"], rows[0]["test_loss"]) == ("inf", "", "")
    assert [float(row["train_loss"]) for row in rows] == few["train_loss"].tolist()
    assert not any(name.endswith("_curve") for name in rows[0])


def test_json_lines_keep_curves(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    write_runs(few, cell201, tmp_path / "runs.jsonl")
    head, *rows = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert head == {"surronas": {"space": "cell201"}}
    assert rows[3]["valid_accuracy_curve"] is None
    assert rows[3]["valid_accuracy"] is None
    assert rows[3]["train_loss"] == "inf"
    assert rows[0]["train_loss_curve"][2] is None
    np.testing.assert_array_equal(
        np.array(rows[1]["valid_accuracy_curve"], np.float32), few["valid_accuracy_curve"][1]
    )
    assert [row["seed"] for row in rows] == few["seed"].tolist()


def test_parquet_reads_back_in_pandas(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    write_runs(few, cell201, tmp_path / "runs.parquet")
    table = pandas.read_parquet(tmp_path / "runs.parquet")
    assert table["architecture"].tolist() == cell201.to_strings(few["architecture"])
    np.testing.assert_array_equal(table["valid_accuracy"], few["valid_accuracy"])
    np.testing.assert_array_equal(table["train_loss"], few["train_loss"])
    np.testing.assert_array_equal(table["train_loss_curve"][1], few["train_loss_curve"][1])
    assert table["valid_accuracy_curve"][3] is None
    assert table["test_loss"].isna().all()


def test_a_data_frame_has_the_columns_of_the_schema(cell201: Cell201, few: Records) -> None:
    table = records_to_pandas(few, cell201)
    assert list(table.columns[:8]) == [
        *("architecture", "task", "recipe", "epochs", "seed", "device", "status", "origin")
    ]
    np.testing.assert_array_equal(table["valid_accuracy"], few["valid_accuracy"])
    np.testing.assert_array_equal(table["train_loss_curve"][2], few["train_loss_curve"][2])
    assert table["seed"].dtype == np.int64
    mean = table[table.status == "ok"].groupby("architecture").valid_accuracy.mean()
    assert len(mean) == 2


def test_curves_are_as_long_as_their_runs(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    few["epochs"][0], few["train_loss_curve"][0, 2:] = 2, np.nan
    few["valid_accuracy_curve"][0, 2:] = np.nan
    assert [len(curve) for curve in records_to_pandas(few, cell201)["train_loss_curve"]] == [2, 4, 4, 4]


def test_metrics_are_declared_where_their_names_do_not_say_it(tmp_path: Path, cell201: Cell201) -> None:
    f1 = Metric("valid_f1", "valid", "fraction", "maximize", "harmonic mean", "a paper", "MIT")
    runs = new_records(1, 6, ["valid_f1", "test_perplexity"])
    write_runs(runs, cell201, tmp_path / "runs.jsonl", metrics=[f1])
    told = json.loads((tmp_path / "runs.jsonl").read_text().splitlines()[0])
    assert [Metric.from_json(metric) for metric in told["surronas"]["metrics"]] == [f1]
    with pytest.raises(InputError, match=r"unknown column 'valid_f1'.*declare it with split"):
        write_runs(runs, cell201, tmp_path / "other.csv")


def test_nothing_to_hand_over_is_a_file_without_rows(tmp_path: Path, cell201: Cell201) -> None:
    for suffix, lines in ((".csv", 2), (".jsonl", 1)):
        write_runs(new_records(0, 6, ["test_loss"]), cell201, tmp_path / f"runs{suffix}")
        assert len((tmp_path / f"runs{suffix}").read_text().splitlines()) == lines


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("precious")
    few["device"][2] = "a\rb"
    with pytest.raises(InputError, match=r"carriage return; write a \.jsonl"):
        write_runs(few, cell201, path)
    few["device"][2] = "\ud800"
    with pytest.raises(InputError, match=r"no Unicode .* write a \.jsonl"):
        write_runs(few, cell201, path)
    assert path.read_text() == "precious"
    with pytest.raises(StoreError, match="can't write"):
        write_runs(few, cell201, tmp_path / "nowhere" / "runs.jsonl")
    assert [file.name for file in tmp_path.iterdir()] == ["runs.csv"]


def test_an_unknown_suffix_is_refused(tmp_path: Path, cell201: Cell201, few: Records) -> None:
    with pytest.raises(InputError, match=r"ends in \.csv, \.jsonl or \.parquet, got .*runs\.xlsx"):
        write_runs(few, cell201, tmp_path / "runs.xlsx")


def test_missing_packages_are_named(
    tmp_path: Path, cell201: Cell201, few: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r"needs pandas: pip install 'surronas\[tables\]'"):
        records_to_pandas(few, cell201)
    with pytest.raises(MissingPackageError, match=r"needs pyarrow: pip install 'surronas\[tables\]'"):
        write_runs(few, cell201, tmp_path / "runs.parquet")
    assert not list(tmp_path.iterdir())
    write_runs(few, cell201, tmp_path / "runs.csv")
    write_runs(few, cell201, tmp_path / "runs.jsonl")
