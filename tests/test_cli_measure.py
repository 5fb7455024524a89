import json
from pathlib import Path

import numpy as np
import pytest

from surronas.cli import main
from surronas.store import BenchmarkStore
from surronas.training.costs import COST_METRICS, Conditions

CELLS = (
    "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
)
QUICK = ("--device", "cpu", "--seconds", "0.01")
HERE = Conditions(device="cpu").text


def answer(capsys, *arguments: object) -> dict:
    assert main([*(str(argument) for argument in arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def failure(capsys, *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("surronas: ")
    return error


@pytest.fixture
def cells(shipped: Path, tmp_path: Path) -> Path:
    """A store of 12 of the shipped cells."""
    whole = BenchmarkStore.open(shipped)
    whole.copy(tmp_path / "cells", whole.architectures[:: len(whole.architectures) // 12][:12])
    return tmp_path / "cells"


def test_architectures_are_measured_and_printed(capsys) -> None:
    found = answer(capsys, "measure", "--space", "cell201", *CELLS, *QUICK)
    assert [row["architecture"] for row in found["rows"]] == list(CELLS)
    assert found["device"] == HERE
    assert found["task"] == "digits"
    assert json.loads(found["recipe"])["name"] == "digits-6-epochs"
    assert found["new_values"] is None
    for metric in COST_METRICS:
        assert metric.name in found["rows"][0]
    assert found["rows"][0]["flops"] > found["rows"][1]["flops"] > 0
    assert main(["measure", "--space", "cell201", *CELLS, *QUICK, "--metric", "peak_memory_mb"]) == 0
    out, error = capsys.readouterr()
    assert out.splitlines()[0].split() == ["architecture", "peak_memory_mb"]
    assert f"{HERE}; digits, recipe digits-6-epochs" in out
    assert "2 of 2 networks measured" in error


def test_what_a_store_holds_is_measured_kept_and_compared(capsys, cells: Path, tmp_path: Path) -> None:
    arguments = ("measure", cells, *QUICK, "--append-to", cells, "--metric", "latency_ms")
    found = answer(capsys, *arguments)
    assert len(found["rows"]) == found["new_values"] == 12
    store = BenchmarkStore.open(cells)
    texts = [row["architecture"] for row in found["rows"]]
    kept = store.query(texts, "latency_ms", device=HERE)
    assert kept.tolist() == [row["latency_ms"] for row in found["rows"]]
    again = answer(capsys, *arguments)
    assert (again["new_values"], again["rows"]) == (0, found["rows"])
    compared = answer(
        capsys,
        "compare",
        cells,
        "--searchers",
        "random",
        "nsga2",
        *("--against", "latency_ms", "--device", HERE),
        *("--budget", 8, "--seeds", 2, "--training-seeds", "mean"),
    )
    assert "valid_accuracy against latency_ms" in compared["problems"][0]["what"]
    top = ("top", cells, "--metric", "valid_accuracy", "--metric", "latency_ms", "--pareto", "--device", HERE)
    assert main([str(argument) for argument in top]) == 0
    assert "on the Pareto front of 12 architectures" in capsys.readouterr().out


def test_a_store_is_made_for_what_is_drawn(capsys, tmp_path: Path) -> None:
    dest = tmp_path / "costs.h5"
    drawn = ("measure", "--space", "cell201", "--sample", 3, "--seed", 5, *QUICK, "--batch-size", 2)
    found = answer(capsys, *drawn, "--metric", "latency_p95_ms", "--append-to", dest)
    assert found["device"] == Conditions(device="cpu", batch_size=2).text
    store = BenchmarkStore.open(dest)
    assert store.canonical
    assert len(store.architectures) == len(found["rows"]) == 3
    same = answer(capsys, *drawn, "--metric", "params")
    assert [row["architecture"] for row in same["rows"]] == [row["architecture"] for row in found["rows"]]


def test_a_known_recipe_takes_the_place_of_the_stores(capsys, cells: Path) -> None:
    metric = ("--metric", "params", "--sample", 2)
    small = answer(capsys, "measure", cells, *metric)
    assert json.loads(small["recipe"])["name"] == "digits-6-epochs"
    large = answer(capsys, "measure", cells, *metric, "--recipe", "nasbench201-200")
    ratios = [b["params"] / a["params"] for a, b in zip(small["rows"], large["rows"], strict=True)]
    assert min(ratios) > 10
    assert answer(capsys, "measure", cells, *metric, "--recipe", '"epochs":6')["rows"] == small["rows"]
    written = answer(capsys, "measure", cells, *metric, "--recipe", large["recipe"])
    assert written["rows"] == large["rows"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "expected a store, or --space and architectures, got neither"),
        (["/nowhere/store"], "no store at"),
        (["STORE", "|none~0|"], "malformed cell201 string"),
        (["STORE", CELLS[0], "--sample", "2"], "expected architectures or --sample, got 1 and --sample"),
        (["--space", "cell201"], "expected architectures of space 'cell201', or --sample N, got neither"),
        (["STORE", "--sample", "99"], "has 12"),
        (["STORE", "--device", "cuda:99"], "found"),
        (["STORE", "--device", "tpu"], "expected a device"),
        (["STORE", "--recipe", "another"], "got 'another', which fits 0"),
        (["--space", "nasbench_macro", "--sample", "2", "--append-to", "STORE"], "is of 'cell201'"),
        (["STORE", "--append-to", "STORE/run"], "Not a directory"),
    ],
)
def test_bad_input_is_one_clear_line_and_nothing_is_made(
    capsys, cells: Path, arguments: list[str], words: str
) -> None:
    single = cells.with_suffix(".h5")
    BenchmarkStore.open(cells).copy(single)
    places = {"STORE": str(cells), "STORE/run": f"{single}/run"}
    before = sorted(cells.iterdir())
    assert words in failure(capsys, "measure", *(places.get(argument, argument) for argument in arguments))
    assert sorted(cells.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--batch-size", "0"],
        ["--seconds", "0"],
        ["--seconds", "x"],
        ["--runtime", "tvm"],
        ["--metric", "speed"],
    ],
)
def test_options_that_cannot_be_are_refused(capsys, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["measure", "store", *arguments])
    assert stop.value.code == 2
    assert "surronas measure: argument" in capsys.readouterr().err


def test_the_commands_metrics_are_those_that_are_measured() -> None:
    from surronas.commands.measure_arguments import _METRICS

    assert list(_METRICS) == [metric.name for metric in COST_METRICS]


def test_a_store_of_no_one_known_task_needs_a_task(capsys, tmp_path: Path, cell201) -> None:
    from surronas.store import new_records

    runs = new_records(2, 6, ["valid_accuracy"])
    runs["architecture"], runs["epochs"], runs["valid_accuracy"] = (
        cell201.sample(1, np.random.default_rng(0)),
        1,
        0.5,
    )
    runs["task"] = ["made-up", "digits"]
    store = BenchmarkStore.create(tmp_path / "two", cell201)
    store.append(runs)
    assert "expected --task as one of" in failure(capsys, "measure", tmp_path / "two")
