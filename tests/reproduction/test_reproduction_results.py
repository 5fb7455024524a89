"""Results of reproductions are read as they are written, and refused where they aren't whole."""

import json
from pathlib import Path

import pytest

from surronas.errors import InputError
from surronas.reproduction.results import log_folder, read_result, result_path

LINES = [
    {"where": "digits", "what": "cells", "published": 3.0, "ours": 3.0, "limit": 0.0, "passed": True},
    {"where": "digits", "what": "tau", "ours": 0.1, "at least": 0.5, "why": "chance", "passed": False},
    {"where": "digits", "what": "runs", "published": None, "ours": 9.0, "passed": None},
]
WHOLE = {
    "claim": "counts",
    "mode": "quick",
    "date": "2026-11-22",
    "commit": "0123abc with uncommitted changes",
    "seconds": 1.5,
    "asserted": 2,
    "missed": 1,
    "lines": LINES,
    "data": {"digits": "ff"},
}


def test_a_result_is_what_the_script_wrote(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(WHOLE))
    result = read_result(path, "quick")
    assert result is not None
    assert (result.num_asserted, result.num_held, result.num_beside) == (2, 1, 1)
    assert result.missed == ("digits: tau: ours 0.1, at least 0.5, why chance",)
    assert (result.commit, result.uncommitted) == ("0123abc", True)


def test_no_result_is_none(tmp_path: Path) -> None:
    assert read_result(tmp_path / "absent.json", "full") is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"mode": "full"}, "expected mode 'quick', got 'full'"),
        ({"asserted": 3}, "asserted is 3, its lines say 2"),
        ({"missed": 0}, "missed is 0, its lines say 1"),
        ({"lines": [{**LINES[0], "passed": "yes"}]}, "got 'yes'"),
        ({"lines": [{"where": "digits"}]}, "no 'passed'"),
        ({"lines": 3}, "not iterable"),
        ({"date": 20261122}, "date: expected text"),
        ({"data": None}, "items"),
        ({"seconds": "soon"}, "soon"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(tmp_path: Path, change: dict, told: str) -> None:
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(WHOLE | change))
    with pytest.raises(InputError, match="is no result of a reproduction script") as error:
        read_result(path, "quick")
    assert told in str(error.value)


@pytest.mark.parametrize("text", [json.dumps(WHOLE)[:-30], "", "[]", '"text"', "null", "{}"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "counts.json"
    path.write_text(text)
    with pytest.raises(InputError, match="run its script anew"):
        read_result(path, "quick")


def test_full_results_lie_among_the_scripts_and_quick_ones_outside() -> None:
    script = Path("/checkout/reproduce/counts.py")
    assert result_path(script, "full") == Path("/checkout/reproduce/results/counts.json")
    assert result_path(script, "quick") == Path("/checkout/runs/reproduce/counts.json")
    assert log_folder(script.parent) == Path("/checkout/runs/reproduce")
