"""Steps that reproduce/speed_store.py measures in processes of their own: build, merge and open a store.

    python reproduce/store_steps.py STEP SCALE SHAPE PATH

Memory is what the kernel counts as resident, mapped files included; peaks are reset before a step (Linux).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"


def in_process(step: str, scale: str, shape: str, path: Path) -> dict[str, float]:
    """Return what a step says that runs in a process of its own."""
    command = [sys.executable, __file__, step, scale, shape, str(path)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return answer


def build(scale: str, shape: str, path: Path) -> dict[str, float]:
    """Append all runs of a shape to a new store."""
    from store_shapes import METRICS, SCALES

    from surronas import BenchmarkStore

    made = SCALES[scale].shapes[shape]()
    store = BenchmarkStore.create(path, made.space, metrics=METRICS, canonical=made.canonical)
    reset_peak()
    before, seconds, batches = resident_mb("VmRSS"), 0.0, 0
    for batch in made.batches():
        start = time.perf_counter()
        store.append(batch)
        seconds += time.perf_counter() - start
        batches += 1
    return {"seconds": seconds, "batches": batches, "peak_mb": resident_mb("VmHWM") - before}


def merge(scale: str, shape: str, path: Path) -> dict[str, float]:
    """Fold all segments of a store into one."""
    import h5py  # noqa: F401
    import numpy as np

    before = resident_mb("VmRSS")
    from surronas import BenchmarkStore

    store = BenchmarkStore.open(path)
    start = time.perf_counter()
    store.merge()
    seconds = time.perf_counter() - start
    peak = resident_mb("VmHWM") - before
    columns = store._table.segments[0].container.directory["columns"].values()
    largest = max(int(np.prod(size)) * np.dtype(dtype).itemsize for _, dtype, size in columns)
    return {
        "seconds": seconds,
        "peak_mb": peak,
        "column_mb": largest / 1e6,
        "file_mb": store.info()["bytes"] / 1e6,
    }


def open_store(scale: str, shape: str, path: Path) -> dict[str, float]:
    """Open a store."""
    import h5py  # noqa: F401
    import numpy  # noqa: F401

    before = resident_mb("VmRSS")
    from surronas import BenchmarkStore

    start = time.perf_counter()
    store = BenchmarkStore.open(path)
    seconds = time.perf_counter() - start
    num_runs = len(store)
    return {"seconds": seconds, "mb": resident_mb("VmRSS") - before, "runs": num_runs}


def resident_mb(field: str) -> float:
    """Return a line of /proc/self/status: VmRSS is what is resident now, VmHWM the peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"expected {field} in /proc/self/status; memory is measured on Linux only")


def reset_peak() -> None:
    """Forget the peak so far."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    steps = {"build": build, "merge": merge, "open": open_store}
    print(json.dumps(steps[sys.argv[1]](sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
