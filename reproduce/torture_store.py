"""Torture of the store: killed processes, many writers at once, damaged files. Nothing may be lost or wrong.

    python reproduce/torture_store.py --count 500

kills 500 processes in the midst of appends, merges and imports, lets 8 processes append 2 x 500 rows each at
once, and damages 20 x 500 stores. Prints a table, writes reproduce/results/torture_store.json, and exits with
1 if anything was lost, doubled, wrong, unreadable or undetected.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from measuring import about
from torture_damage import make_sound, run_trials
from torture_rows import SPACE, faults
from torture_steps import IMPORTED

from surronas.errors import StoreError
from surronas.store import BenchmarkStore, check_store

RESULTS = Path(__file__).parent / "results" / "torture_store.json"
STEPS = Path(__file__).parent / "torture_steps.py"
WRITERS, SECONDS_ALIVE, TRIALS_A_TASK = 8, 0.6, 50
FRESH_AFTER = 40  # kills of one store; then a new one, so that looking at all of it stays quick
SIDES = ("append to a folder", "append to a file", "merge", "import")
BAD = (
    "lost",
    "doubled",
    "wrong",
    "unreadable",
    "inconsistent",
    "unsound",
    "half",
    "NOT",
    "READ",
    "hang",
    "crash",
)


def main() -> None:
    """Torture, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20, help="kills; the rest goes with it (default: 20)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    given = parser.parse_args()
    rng, start = np.random.default_rng(given.count), time.time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = {
            "kills": {side: kills(side, folder / side, given.count // 4, rng) for side in SIDES},
            "writers at once": writers(folder / "many", 2 * given.count),
            "damage": damage(folder / "damage", 20 * given.count),
        }
    show(told)
    facts = about() | {"command": f"python reproduce/torture_store.py --count {given.count}"}
    facts["seconds"] = round(time.time() - start)
    given.out.write_text(json.dumps({"about": facts, **told}, indent=1) + "\n")
    sys.exit(1 if bad(told) else 0)


def kills(side: str, place: Path, count: int, rng: np.random.Generator) -> dict[str, int]:
    """Kill processes of one kind at random moments, reading meanwhile; return what was counted."""
    place.mkdir(parents=True)
    told: Counter[str] = Counter(dict.fromkeys(("rows lost", "reads inconsistent", "stores unreadable"), 0))
    path, seconds = place, SECONDS_ALIVE
    for number in range(count):
        if side == "import":
            path = place / f"{number}{'.h5' if number % 2 else ''}"
            seconds = seconds if number else _seconds_of_import(place / "whole")
        elif number % FRESH_AFTER == 0:
            path = place / f"{number}{'.h5' if side == 'append to a file' else ''}"
            BenchmarkStore.create(path, SPACE)
        _kill_one(side, path, number, rng.uniform(0, seconds), told)
        if side == "import":
            _clear(place)
    return dict(told)


def _kill_one(side: str, path: Path, number: int, seconds: float, told: Counter[str]) -> None:
    """Start one process, read beside it, kill it, and compare what is there with what it has said."""
    strays = set(path.parent.rglob("*.partial"))
    process = start(
        "append" if side.startswith("append") else side, path, *([] if side == "import" else [number])
    )
    assert process.stdout is not None
    process.stdout.readline()
    end = time.monotonic() + seconds
    _watch(side, path, end, told)
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read().split()
    process.wait()
    told["kills"] += 1
    told["kills in the midst of a write"] += bool(set(path.parent.rglob("*.partial")) - strays)
    if side == "import":
        _look_at_import(path, said, told)
    else:
        _look(path, number, int(said[-1]) if said else 0, told)


def _watch(side: str, path: Path, end: float, told: Counter[str]) -> None:
    """Read the store again and again until ``end``: it only grows, and every number in it is right."""
    seen = 0
    while time.monotonic() < end:
        if side == "import" and not path.exists():
            time.sleep(0.005)
            continue
        store = BenchmarkStore.open(path)
        told["reads meanwhile"] += 1
        told["reads inconsistent"] += len(store) < seen or any(faults(store).values())
        seen = len(store)


def _look(path: Path, seed: int, acknowledged: int, told: Counter[str]) -> None:
    """Count what is wrong with a store after its writer of one seed was killed."""
    try:
        store = BenchmarkStore.open(path)
        held = len(store.records(seed=seed, curves=False))
        told.update(faults(store))
    except StoreError:
        told["stores unreadable"] += 1
        return
    told["rows acknowledged"] += acknowledged
    told["rows written, not yet acknowledged"] += max(0, held - acknowledged)
    told["rows lost"] += max(0, acknowledged - held)
    told["stores unsound"] += bool(store.check())


def _look_at_import(path: Path, said: list[str], told: Counter[str]) -> None:
    """Count what is wrong after an import was killed: all of it is there, or nothing."""
    told["imports finished before the kill"] += path.exists()
    told["rows lost"] += "done" in said and not path.exists()
    if path.exists():
        store = BenchmarkStore.open(path)
        told["half imports"] += len(store) != IMPORTED[0] * IMPORTED[1]
        told["stores unsound"] += bool(store.check())
        told.update(faults(store))


def _seconds_of_import(path: Path) -> float:
    """Return how long an import takes that is let be."""
    process = start("import", path)
    assert process.stdout is not None
    process.stdout.readline()
    begin = time.monotonic()
    process.wait()
    return 1.1 * (time.monotonic() - begin)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def writers(path: Path, rows: int) -> dict[str, int]:
    """Let processes append at once, each row by row; read meanwhile; return what was counted."""
    BenchmarkStore.create(path, SPACE)
    told, begin = Counter({"rows lost": 0, "reads inconsistent": 0}), time.monotonic()
    processes = [start("write", path, number, rows) for number in range(WRITERS)]
    seen = 0
    while any(process.poll() is None for process in processes):
        store = BenchmarkStore.open(path)
        told["reads meanwhile"] += 1
        told["reads inconsistent"] += len(store) < seen or any(faults(store).values())
        seen = len(store)
        time.sleep(0.2)
    told["writers failed, rows lost"] += sum(process.returncode != 0 for process in processes)
    store = BenchmarkStore.open(path)
    expected = WRITERS * (rows + len({code // 2 for code in range(9, rows, 10)}))
    told["rows lost"] += expected - len(store)
    told.update(faults(store))
    told["stores unsound"] += bool(check_store(path))
    counted = {"processes": WRITERS, "appends each": rows, "rows": len(store), **told}
    return counted | {"seconds": round(time.monotonic() - begin)}


def damage(folder: Path, trials: int) -> dict[str, int]:
    """Damage copies of sound stores, one at a time; return how many came out how."""
    folder.mkdir()
    make_sound(folder)
    tasks = [range(at, min(at + TRIALS_A_TASK, trials)) for at in range(0, trials, TRIALS_A_TASK)]
    told: Counter[str] = Counter({"NOT FOUND BY CHECK": 0, "READ WITHOUT A WORD": 0, "hang": 0, "crash": 0})
    with ProcessPoolExecutor(max_workers=2) as pool:  # a worker that dies breaks the pool: that would show
        for counted in pool.map(run_trials, [str(folder)] * len(tasks), tasks):
            told.update(counted)
    return dict(sorted(told.items()))


def start(step: str, path: Path, *numbers: int) -> subprocess.Popen[str]:
    """Start a process of torture_steps.py."""
    command = [sys.executable, str(STEPS), step, str(path), *map(str, numbers)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def show(told: dict[str, dict[str, object]]) -> None:
    """Print what was counted."""
    kinds = dict(told)
    for title, counted in {**kinds.pop("kills"), **kinds}.items():
        print(f"\n{title}")
        for name, number in counted.items():
            print(f"  {number:>9} {name}")


def bad(told: dict[str, object]) -> bool:
    """Return whether anything was counted that must not be."""
    return any(
        bad(value) if isinstance(value, dict) else bool(value) and any(word in name for word in BAD)
        for name, value in told.items()
    )


if __name__ == "__main__":
    main()
