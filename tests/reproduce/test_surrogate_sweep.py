"""The sweep's script: what it prints and writes on the store that ships."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "reproduce" / "surrogate_sweep.py"


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict]:
    out = tmp_path_factory.mktemp("sweep") / "result.json"
    only = ("--quick", "--seeds", "2", "--only", "digits, shipped store", "--out", str(out))
    run = subprocess.run([sys.executable, str(SCRIPT), *only], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout, json.loads(out.read_text())


def test_a_line_holds_both_surrogates_and_how_it_was_made(swept) -> None:
    line = swept[1]["sweep"]["digits, shipped store"]
    assert [row["surrogate"] for row in line["rows"]] == ["Gaussian process", "XGBoost"]
    assert line["rows"][0]["sizes"] == [16, 64, 256]
    assert {"date", "hardware", "versions", "target", "notes", "split", "ceilings"} <= set(line)
    assert line["rows"][0]["failed_fits"] == [0, 0, 0]


def test_what_is_printed_is_what_is_written(swept) -> None:
    printed, result = swept
    for row in result["sweep"]["digits, shipped store"]["rows"]:
        taus = "".join(f"{tau:8.3f}" for tau in row["kendall_tau"])
        assert f"  {row['surrogate']:42s}{taus}" in printed
    assert set(result["verdicts"]) == {"Gaussian process", "XGBoost"}
    assert "90 % intervals hold 85 to 95 % at n >= 64 on" in printed
