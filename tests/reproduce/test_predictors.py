"""The scripts on predictors, surrogate benchmarks and early stopping: their parts, results and quick runs."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from surronas.encodings import one_hot
from surronas.metrics import kendall_tau
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore

FOLDER = Path(__file__).parents[2] / "reproduce"
SCRIPTS = (
    *("predictor_study", "zero_cost_xgb", "pinat_table", "flan_table"),
    *("surrogate_benchmark", "multi_fidelity_search", "early_stopping"),
)
SHIPPED = Path(__file__).parents[2] / "benchmarks_data" / "digits_cell201.h5"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def result_of(name: str) -> dict:
    return json.loads((FOLDER / "results" / f"{name}.json").read_text())


def test_the_study_holds_every_calculated_number(script) -> None:
    study, lines = script("predictor_study"), result_of("predictor_study")["lines"]
    held = {(line["where"], line["what"]): line.get("published") for line in lines}
    for task, models in study.CALCULATED.items():
        for model, taus in models.items():
            for size, tau in zip(study.SIZES, taus, strict=True):
                assert tau is None or held[task, f"{model}, tau at {size}"] == tau


def test_tables_hold_every_published_row(script) -> None:
    pinat, flan, proxies = (script(name) for name in ("pinat_table", "flan_table", "zero_cost_xgb"))
    whats = {(line["where"], line["what"]) for line in result_of("pinat_table")["lines"]}
    assert {(column, f"our GP, tau at {n}") for column in pinat.COLUMNS for n in pinat.SIZES} <= whats
    whats = {(line["where"], line["what"]) for line in result_of("flan_table")["lines"]}
    for row in (flan.ADJACENCY, flan.PROXIES):
        assert {(row, f"our GP, tau at {n}") for n in flan.SIZES} <= whats
        assert {(f"{row}, halves", f"our XGBoost, tau at {n}") for n in flan.HALF_SIZES} <= whats
    whats = {(line["where"], line["what"]) for line in result_of("zero_cost_xgb")["lines"]}
    for task in proxies.WITH_ONE_HOT:
        assert {(task, f"XGBoost, one-hot and proxies, {n}: tau") for n in proxies.SIZES} <= whats
    for form, tasks in proxies.ALONE_TRANSNAS.items():
        assert {(f"{form} {task}", "XGBoost, proxies alone, 400: kendall_tau") for task in tasks} <= whats


def test_a_surrogate_that_ranks_badly_is_a_miss(script, capsys: pytest.CaptureFixture[str]) -> None:
    study, report = script("predictor_study"), script("claims").Report()
    taus = {name: {24: 0.3, 205: 0.6} for name in study.CALCULATED["CIFAR-10"]}
    study.ours_above(report, "CIFAR-10", taus | {"our GP": {24: 0.7, 205: 0.59}, "our XGBoost": {24: 0.65}})
    assert [line["passed"] for line in report.lines] == [True, False, True]
    assert "MISS" in capsys.readouterr().out


def test_limits_are_the_tolerance_or_three_standard_errors(script) -> None:
    predictors, report = script("predictors"), script("claims").Report()
    steady, wild = np.array([0.50, 0.51] * 15), np.array([0.2, 0.8] * 15)
    predictors.beside_calculated(report, "", "steady", steady, 0.53, 0.03, 30)
    predictors.beside_calculated(report, "", "off", steady, 0.54, 0.03, 30)
    predictors.beside_calculated(report, "", "wild", wild, 0.7, 0.03, 30)
    predictors.beside_calculated(report, "", "known", steady, 0.54, 0.03, 30, 0.055)  # limit .0323
    assert [line["passed"] for line in report.lines] == [True, False, True, False]
    assert report.lines[3]["limit"] == pytest.approx(3 * 0.055 / np.sqrt(2) * np.sqrt(2 / 30), rel=0.02)


def test_a_cell_has_up_to_four_of_155_paths(script, cell201: Cell201) -> None:
    predictors, cells = script("predictors"), cell201.enumerate()[::7]
    features = predictors.all_paths(cell201, cells)
    assert features.shape == (len(cells), 155)
    equal = (cells[:, [0, 4]] == cells[:, [1, 5]]).all(axis=1)  # both paths of two edges
    assert (features.sum(axis=1) == 4 - equal).all()
    assert (features[:, :5].argmax(axis=1) == cells[:, 3]).all()  # the direct edge, input to output


def test_the_hamming_process_learns_an_additive_function(script, rng: np.random.Generator) -> None:
    predictors, space = script("predictors"), Cell201()
    X = one_hot(space, space.sample(300, rng))
    y = X @ rng.normal(size=X.shape[1])
    process = predictors.HammingProcess().fit(X[:150], y[:150])
    assert kendall_tau(y[150:], process.predict(X[150:])) > 0.9
    constant = predictors.Standardised(predictors.HammingProcess()).fit(X[:5], np.full(5, 0.3))
    assert constant.predict(X[:3]) == pytest.approx(0.3)


def test_brackets_stop_two_of_three_and_say_who_was_top(script) -> None:
    early = script("early_stopping")
    curves = early.Curves(BenchmarkStore.open(SHIPPED), "valid_accuracy", (0,))
    places, epochs = curves.trained("successive halving", 3, 27)
    assert len(set(places.tolist())) == 27
    assert sorted(epochs.tolist()) == [2] * 18 + [6] * 9
    after_two = curves.scores[0, places, 1]
    assert after_two[epochs == 6].min() >= after_two[epochs == 2].max()
    assert 0.1 <= curves.top.mean() < 0.11
    (row,) = early.mistakes(curves, range(2))["successive halving"]
    assert row["stopped_share"] == pytest.approx(2 / 3, abs=1e-4)
    assert row["unavoidable_share_of_the_top"] == 0 <= row["stopped_share_of_the_top"] < 2 / 3


def test_curves_of_the_figure_are_those_of_one_bracket() -> None:
    result = result_of("early_stopping")
    stops = [curve["stopped_after"] for curve in result["curves"]]
    assert (stops.count(2), stops.count(None)) == (18, 9)
    assert all(len(curve["epochs"]) == len(curve["valid_accuracy"]) == 6 for curve in result["curves"])
    by_epoch = result["correlation_with_final_by_epoch"]
    assert len(by_epoch) == 6
    assert by_epoch[-1] == 1.0


def test_regrets_of_a_search_never_grow(script) -> None:
    benchmark, store = script("surrogate_benchmark"), BenchmarkStore.open(SHIPPED)
    pool = benchmark.Pool(store.space, store.architectures[:300])
    values = store.query(pool.architectures, "valid_accuracy", seed="mean")
    found = benchmark.regrets(pool, values, 12, range(2))
    for runs in found.values():
        assert runs.shape == (2, 12)
        assert (np.diff(runs, axis=1) <= 0).all()
        assert (runs >= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_quick_run_passes(name: str, shared: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--out", str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["mode"] == "quick"
    assert result["asserted"] > 0 == result["missed"]
