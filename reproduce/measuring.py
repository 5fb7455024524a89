"""What the speed scripts share: calls that take turns, and the lines of a table with peers beside."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import h5py
import numpy as np

Calls = dict[str, Callable[[], object]]
Figures = dict[str, dict[str, object]]


def alternating(calls: Calls, repeats: int) -> dict[str, float]:
    """Return the median seconds of each call; they take turns, and the first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def figure(
    measured: float, unit: str, bound: str = "", peers: dict[str, float] | None = None
) -> dict[str, object]:
    """Return one line of a table: ours, its bound, and the peers with their ratio to ours."""
    told = [f"{name} {peer:.4g} {unit}, {peer / measured:.3g} x ours" for name, peer in (peers or {}).items()]
    return {
        "measured": float(f"{measured:.4g}"),
        "unit": unit,
        "beside": "; ".join(filter(None, [bound, *told])),
    }


def beside(taken: dict[str, float], scale: float, unit: str, bound: str) -> dict[str, object]:
    """Return a line of a table from the seconds of ours and of the peers; ``scale`` makes them ``unit``."""
    peers = {name: scale * seconds for name, seconds in taken.items() if name != "ours"}
    return figure(scale * taken["ours"], unit, bound, peers)


def run(code: str) -> None:
    """Run a Python process to its end."""
    subprocess.run([sys.executable, "-c", code], check=True)


def about() -> dict[str, object]:
    """Return when, on what (and how busy it is now) and by which versions something was measured."""
    return {
        "date": date.today().isoformat(),
        "hardware": _processor(),
        "cores": os.cpu_count(),
        "load before": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        "numpy": np.__version__,
        "h5py": h5py.__version__,
    }


def _processor() -> str:
    """Return the processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
