"""The committed results of all reproductions: of full runs, and as their lines say."""

import json
from pathlib import Path

import pytest

from surronas.reproduction import find_scripts

FOLDER = Path(__file__).parents[2] / "reproduce"
WITHOUT_DATA = {"bananas_nasbench101"}  # its official file is not at hand
SCRIPTS = [script.name for script in find_scripts(FOLDER) if script.name not in WITHOUT_DATA]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_committed_result_is_full_and_agrees_with_its_lines(name: str) -> None:
    result = json.loads((FOLDER / "results" / f"{name}.json").read_text())
    assert result["mode"] == "full"
    assert result["command"] == f"python reproduce/{name}.py"
    passed = [line["passed"] for line in result["lines"]]
    assert result["missed"] == passed.count(False) == 0
    assert result["asserted"] == passed.count(True) > 0
