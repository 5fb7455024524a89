"""The torture of the store, in small: nothing is lost, doubled, wrong or undetected."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "reproduce" / "torture_store.py"


def test_torture_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "torture.json"
    command = [sys.executable, SCRIPT, "--count", "4", "--out", out]
    subprocess.run(command, check=True, timeout=200, stdout=subprocess.DEVNULL)
    told = json.loads(out.read_text())
    assert [kind["kills"] for kind in told["kills"].values()] == [1] * 4
    assert told["writers at once"]["rows"] == 8 * 8
    assert (
        told["damage"]["found by check"]
        == told["damage"]["flipped bits"] + told["damage"]["truncations"]
        == 80
    )
