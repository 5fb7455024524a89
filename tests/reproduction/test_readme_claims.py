"""The README's table of reproductions: a row for each script, whatever its last result."""

from pathlib import Path

import pytest
from small_checkout import MISSES, PASSES, ROOT, add_script, small_checkout

from surronas.cli import main
from surronas.errors import InputError


@pytest.fixture
def claims_tables(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "reproduce"))
    from readme_claims import claims_tables

    return claims_tables


def test_each_script_has_a_row(claims_tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = small_checkout(tmp_path / "checkout")
    constants = 'OPTIONAL_DATA = ("nasbench-macro",)'
    add_script(checkout, "held", PASSES + '\nreport.beside("a", "b", 1.0, 2.0)', constants=constants)
    add_script(checkout, "missed", PASSES + "\n" + MISSES)
    monkeypatch.setenv("SURRONAS_SHARED", str(tmp_path / "nothing"))
    assert main(["reproduce", "--full", "--folder", str(checkout / "reproduce")]) == 1
    add_script(checkout, "waiting", PASSES)
    text = claims_tables(checkout / "reproduce")["claims"]
    assert text.startswith("3 scripts; 2 of 3 asserted lines hold; 1 without a full run yet.\n")
    held, missed, waiting = [line for line in text.splitlines() if line.startswith("| `")]
    told = "| `held.py` | digits: held | 1 of 1 | 1 | digits; if at hand nasbench-macro | "
    assert held.startswith(told)
    assert "| 1 of 2 | 0 | digits | " in missed
    assert waiting == "| `waiting.py` | digits: waiting |  |  | digits | not yet |"
    assert text.endswith(
        "These do not hold:\n\n- `missed.py`: digits: cells: published 6467.0, ours 6466.0, limit 0.0\n"
    )
    (checkout / "reproduce" / "results" / "held.json").write_text("{")
    with pytest.raises(InputError, match="run its script anew"):
        claims_tables(checkout / "reproduce")
