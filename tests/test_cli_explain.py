"""The command that explains a surrogate."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_cli import CELL, answer, failure

from surronas.cli import main
from surronas.spaces import space_named
from surronas.store import BenchmarkStore, Metric

QUICK = ("--train-size", 40, "--sample", 8)


@pytest.fixture
def store(shipped: Path, tmp_path: Path) -> Path:
    """A hundred cells of the shipped store."""
    source = BenchmarkStore.open(shipped)
    source.copy(tmp_path / "small.h5", source.architectures[::15])
    return tmp_path / "small.h5"


def test_explain_tells_choices_structures_and_the_best(capsys, store: Path) -> None:
    found = answer(capsys, "explain", store, *QUICK, "--top", 2)
    opened = BenchmarkStore.open(store)
    values = opened.query(opened.architectures, "valid_accuracy", seed="mean")
    assert [each["measured"] for each in found["architectures"]] == sorted(values)[:-3:-1]
    for each in found["architectures"]:
        gain = sum(part["contribution"] for part in each["contributions"])
        assert gain == pytest.approx(each["predicted"] - found["background_mean"])
    assert found["num_learned"] == 40
    assert found["num_judged"] == 60
    assert -1 <= found["kendall_tau"] <= 1
    assert sum(each["architectures"] for each in found["choices"]) == 8 * 6
    assert all(each["architectures"] >= 2 for kind in ("paths", "substructures") for each in found[kind])
    assert "surronas" in found["versions"]


def test_explain_prints_tables(capsys, store: Path) -> None:
    assert main(["explain", str(store), *map(str, QUICK), "--surrogate", "bayesian-ridge"]) == 0
    out = capsys.readouterr().out
    assert "target     valid_accuracy (validation split)" in out
    assert "bayesian-ridge on default, learned from 40 architectures; Kendall tau" in out
    for words in ("exact Shapley values, fraction", "paths from input to output", "substructures, an"):
        assert words in out
    assert "over the mean of 30 others; measured 0." in out


def test_explain_takes_architectures_that_the_store_does_not_hold(capsys, store: Path) -> None:
    found = answer(capsys, "explain", store, *QUICK, "--architecture", CELL, "--encoding", "one-hot")
    (each,) = found["architectures"]
    assert each["architecture"] == CELL
    assert each["measured"] is None
    parts = {part["decision"]: part["choice"] for part in each["contributions"]}
    assert parts["0→1"] == "nor_conv_3x3"
    assert parts["0→2"] == "none"


def test_explain_writes_numbers_and_figures(capsys, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "why"
    assert main(["explain", str(store), *map(str, QUICK), "--out", str(out)]) == 0
    figures = ("choices", "paths", "substructures", "architecture_1")
    assert {path.name for path in out.iterdir()} == {
        *("explanation.json", "explanation.txt"),
        *(f"{name}.{kind}" for name in figures for kind in ("png", "pdf")),
    }
    assert (out / "explanation.txt").read_text() in capsys.readouterr().out + "\n"
    assert json.loads((out / "explanation.json").read_text())["space"] == "cell201"


def test_explain_copes_with_decisions_that_are_no_edges_and_costs(capsys, tmp_path: Path) -> None:
    """Operations on nodes have no drawing; 26 decisions are sampled, with errors; less is better."""
    space = space_named("cell101")
    networks = space.sample(60, np.random.default_rng(0))
    latency = Metric("latency_ms", None, "ms", "minimize", per="architecture", description="", source="made")
    store = BenchmarkStore.create(tmp_path / "s.h5", space)
    store.attach(networks, {"latency_ms": (networks > 0).sum(axis=1) + 1.0}, metrics=[latency])
    quick = ["--metric", "latency_ms", *map(str, QUICK), "--surrogate", "nearest-neighbors"]
    assert main(["explain", str(tmp_path / "s.h5"), *quick, "--out", str(tmp_path / "why")]) == 0
    out = capsys.readouterr().out
    assert "sampled Shapley values, ms" in out
    assert "±" in out[out.index("over the mean of") :]
    assert not list((tmp_path / "why").glob("architecture*"))
    found = json.loads((tmp_path / "why" / "explanation.json").read_text())
    assert found["architectures"][0]["measured"] == (networks > 0).sum(axis=1).min() + 1


def test_explain_tells_what_is_wrong(capsys, store: Path) -> None:
    assert "expected --out as a folder" in failure(capsys, "explain", store, "--out", store)
    assert "malformed cell201 string" in failure(capsys, "explain", store, "--architecture", "|none~0|")
    assert "expected a metric among" in failure(capsys, "explain", store, "--metric", "accuracy")
    with pytest.raises(SystemExit):
        main(["explain", str(store), "--architecture", CELL, "--top", "2"])
    assert "not allowed with" in capsys.readouterr().err
