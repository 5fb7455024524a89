"""The script that holds classic searches to published numbers: a short run of it, and how it judges."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "reproduce"


@pytest.fixture
def baselines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import search_baselines

    return search_baselines


def test_three_standard_errors_pass_and_more_is_a_miss(baselines, capsys: pytest.CaptureFixture[str]) -> None:
    report = baselines.Report()
    values = np.tile([1.0, 3.0], 50)  # mean 2
    report.add_mean("table", "near", values, 2.42, 1.0, 100)  # limit .4243
    report.add_mean("table", "far", values, 2.43, 1.0, 100)
    report.add_mean("table", "exact", values, 2.31, 1.0, math.inf)  # limit .3
    report.add_share("table", "share", np.tile([True, False], 50), 0.6)
    assert [line["passed"] for line in report.lines] == [True, False, False, True]
    assert [line.rsplit(None, 1)[1] for line in capsys.readouterr().out.splitlines()] == [
        "pass",
        "MISS",
        "MISS",
        "pass",
    ]


def test_the_committed_result_holds_every_published_row(baselines) -> None:
    result = json.loads(baselines.RESULT.read_text())
    assert {"command", "date", "hardware", "versions", "seeds"} <= set(result)
    assert result["missed"] == sum(not line["passed"] for line in result["lines"])
    told = {(line["table"], line["what"]) for line in result["lines"]}
    for task, methods in baselines.CURVES.items():
        for method in methods:
            assert {(task, f"{method}, best of {budget}") for budget in baselines.BUDGETS} <= told


@pytest.mark.slow
def test_a_short_run_is_within_its_limits(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, str(FOLDER / "search_baselines.py"), "--quick", "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, env={"SURRONAS_SHARED": str(shared.parent)})
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(out.read_text())["missed"] == 0
