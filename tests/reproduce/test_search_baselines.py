"""The script that holds classic searches to published numbers: how lines are judged, its result."""

import importlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "reproduce"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def test_three_standard_errors_pass_and_more_is_a_miss(script, capsys: pytest.CaptureFixture[str]) -> None:
    report = script("claims").Report()
    values = np.tile([1.0, 3.0], 50)  # mean 2
    spread = float(values.std(ddof=1))
    report.mean("table", "near", values, 2.42, spread, 100)  # limit .4264
    report.mean("table", "far", values, 2.43, spread, 100)
    report.mean("table", "exact", values, 2.31, 1.0, math.inf)  # limit .3
    report.share("table", "share", np.tile([True, False], 50), 0.6, 500)
    assert [line["passed"] for line in report.lines] == [True, False, False, True]
    assert [line.rsplit(None, 1)[1] for line in capsys.readouterr().out.splitlines()] == [
        "pass",
        "MISS",
        "MISS",
        "pass",
    ]


def test_few_seeds_of_a_quick_run_have_wider_limits_and_full_ones_the_published(script) -> None:
    baselines, report = script("search_baselines"), script("claims").Report()
    values = np.array([93.0, 93.2] * 8)
    baselines.near(report, "Macro", "quick", values, 93.17, True)  # 3 standard errors: .0775
    baselines.near(report, "Macro", "full", values, 93.17, False)
    assert [line["passed"] for line in report.lines] == [True, False]


def test_the_committed_result_holds_every_published_row(script) -> None:
    baselines = script("search_baselines")
    result = json.loads((FOLDER / "results" / "search_baselines.json").read_text())
    assert result["mode"] == "full"
    assert result["missed"] == sum(line["passed"] is False for line in result["lines"]) == 0
    told = {(line["where"], line["what"]): line.get("published") for line in result["lines"]}
    for task, methods in baselines.CURVES.items():
        for method, rows in methods.items():
            for budget, (mean, _) in zip(baselines.BUDGETS, rows, strict=True):
                assert told[task, f"{method}, best of {budget}"] == mean
        assert told[task, "LS first improvement, queries to optimum"] == baselines.TO_OPTIMUM[task][0]
    for method, (_, rows) in baselines.MACRO.items():
        assert {("NAS-Bench-Macro", f"{method}, best of {budget}") for budget in rows} <= set(told)
