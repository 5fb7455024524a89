"""A folder like a checkout: the shipped table, and reproduction scripts of the test's own."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPT = '''"""A script of a test."""
import numpy as np
from claims import Report, Setting, reproduce

CLAIM = "digits: {name}"
SOURCE = "calculated"
DATA = {data}
{constants}
MINUTES = (0.1, 0.2)


def measure(report: Report, setting: Setting) -> None:
    {body}


if __name__ == "__main__":
    reproduce(__file__, measure)
'''
COUNT = 'report.near("digits", "cells", len(setting.table("digits").architectures), {})'
PASSES, MISSES = COUNT.format(6466), COUNT.format(6467)


def small_checkout(folder: Path) -> Path:
    """Return a new checkout without scripts."""
    (folder / "reproduce").mkdir(parents=True)
    for name in ("claims.py", "measuring.py"):
        shutil.copy(ROOT / "reproduce" / name, folder / "reproduce")
    (folder / "benchmarks_data").symlink_to(ROOT / "benchmarks_data")
    return folder


def add_script(
    checkout: Path, name: str, body: str, *, data: tuple[str, ...] = ("digits",), constants: str = ""
) -> Path:
    """Write a script whose ``measure`` is ``body``; return its path."""
    path = checkout / "reproduce" / f"{name}.py"
    indented = body.replace("\n", "\n    ")
    path.write_text(SCRIPT.format(name=name, body=indented, data=data, constants=constants))
    return path
