"""The benchmark of the store runs, small; its numbers are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "reproduce" / "speed_store.py"


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured on Linux only")
def test_speed_store_measures_every_line_of_the_table(tmp_path: Path) -> None:
    out = tmp_path / "speed.json"
    subprocess.run([sys.executable, SCRIPT, "--scale", "tiny", "--out", out], check=True, timeout=200)
    told = json.loads(out.read_text())
    assert told["about"]["scale"] == "tiny"
    for shape in ("nasbench201", "nasbench101"):
        lines = [name for name in told["figures"] if name.startswith(f"{shape}: ")]
        assert len(lines) == (15 if shape == "nasbench201" else 12)
        assert all(told["figures"][name]["measured"] > 0 for name in lines)
