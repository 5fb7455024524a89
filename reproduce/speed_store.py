"""Speed and memory of the store, beside its bounds and its peers in the same run.

    python reproduce/speed_store.py [--scale tiny] [--out FILE]

Builds a store in the shape of NAS-Bench-201 (15,625 cells x 3 tasks x 3 seeds, three 200-epoch curves) and
one in the shape of NAS-Bench-101 (423,624 cells x 4 budgets x 3 seeds), with generated numbers, through the
public calls. Peers: nats_bench on its official sample, an SQLite table with an index and a pandas multi-index
over the same numbers. Ours and the peers take turns; medians are printed and written to
reproduce/results/speed_store.json. One thread; run it on an idle machine, with 4 GB free in the temporary
folder.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import functools
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import Calls, Figures, about, alternating, beside, figure, run
from store_peers import Nats, Pandas, Sqlite, why_no_nats, why_no_pandas
from store_shapes import SCALES, Scale, Shape, new_runs
from store_steps import in_process

from surronas import BenchmarkStore

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "reproduce" / "results" / "speed_store.json"

CURVES = 50  # read one after the other in each turn

Step = Callable[[str], dict[str, float]]  # runs a step on the shape's store, in a process of its own


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", choices=SCALES, default="full")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    notes = [note for note in (why_no_nats(), why_no_pandas()) if note]
    print(*notes, sep="\n", end="\n" * bool(notes))
    figures: Figures = {}
    circumstances = about() | {"scale": given.scale, "notes": notes}
    with tempfile.TemporaryDirectory() as folder:
        for name in SCALES[given.scale].shapes:
            figures |= measure(name, given.scale, Path(folder))
    told = {"about": circumstances, "figures": figures}
    given.out.write_text(json.dumps(told, indent=1) + "\n")


def measure(name: str, scale: str, folder: Path) -> Figures:
    """Return all figures of one shape; prints each group as it is done."""
    steps = functools.partial(in_process, scale=scale, shape=name, path=folder / name)
    sizes = SCALES[scale]
    shape = sizes.shapes[name]()
    groups: list[Callable[[], Figures]] = [
        lambda: building(shape, steps),
        lambda: opening(shape, steps, folder / name, sizes),
        lambda: looking_up(shape, folder, sizes),
        lambda: curves(shape, folder / name, sizes),
        lambda: appending(shape, folder, sizes),
        lambda: appending_curves(shape, folder / name, sizes),
    ]
    figures: Figures = {}
    for group in groups:
        for what, line in group().items():
            figures[f"{name}: {what}"] = line
            print(
                f"{name + ': ' + what:64} {line['measured']:>9} {line['unit']:3} {line['beside']}", flush=True
            )
    return figures


def building(shape: Shape, step: Step) -> Figures:
    """Time the appending of all batches and the merging, and their peaks of memory."""
    build, merge = (step(name) for name in ("build", "merge"))
    rows = f"{shape.num_runs:,} rows in {build['batches']:.0f} batches"
    bound = f"bound: 200 MB + 2 x largest column = {200 + 2 * merge['column_mb']:.0f} MB"
    return {
        f"append {rows}": figure(build["seconds"], "s"),
        "peak memory of that, over what it began with": figure(build["peak_mb"], "MB"),
        "merge": figure(merge["seconds"], "s", f"file of {merge['file_mb']:.0f} MB"),
        "peak memory of merging, over numpy and h5py": figure(merge["peak_mb"], "MB", bound),
    }


def opening(shape: Shape, step: Step, path: Path, sizes: Scale) -> Figures:
    """Time the opening in fresh processes, and whole processes of one query."""
    opened = [step("open") for _ in range(sizes.repeats)]
    cell = shape.space.to_strings(shape.architectures[:1])[0]
    query = f"query({cell!r}, 'valid_accuracy', seed=0, **{shape.axes!r})"
    ours = f"import surronas; surronas.BenchmarkStore.open({str(path)!r}).{query}"
    whole = alternating(
        {
            "ours": lambda: run(ours),
            "numpy and h5py imported": lambda: run("import numpy, h5py"),
            "bare Python": lambda: run("pass"),
        },
        2 * sizes.repeats,
    )
    seconds, memory = (statistics.median(taken[kind] for taken in opened) for kind in ("seconds", "mb"))
    return {
        "open, cold process, after imports": figure(1e3 * seconds, "ms", "bound: 10 ms"),
        "memory of import and open, over numpy and h5py": figure(memory, "MB", "bound: 30 MB"),
        "whole process: import, open, query": beside(whole, 1e3, "ms", "bound: 1.3 x numpy and h5py"),
    }


def looking_up(shape: Shape, folder: Path, sizes: Scale) -> Figures:
    """Time queries of one, of all and of a million architectures."""
    store, rng = BenchmarkStore.open(folder / shape.name), np.random.default_rng(3)
    codes, axes = shape.space.codes(shape.architectures), (shape.tasks[0], shape.epochs[-1], 0)
    sqlite, pandas = Sqlite(folder / f"{shape.name}.db"), None if why_no_pandas() else Pandas()
    rows = runs_of(shape, store)
    for peer in (sqlite, pandas) if pandas else (sqlite,):
        peer.fill(rows)
    query = functools.partial(store.query, metric="valid_accuracy", seed=0, **shape.axes)
    picks, many = (rng.integers(0, len(codes), n) for n in (sizes.singles, sizes.many))
    singles, single_codes = shape.architectures[picks], codes[picks].tolist()
    queried, queried_codes = shape.architectures[many], codes[many]
    start = time.perf_counter()
    query(queried)
    first = time.perf_counter() - start
    each: Calls = {
        "ours": lambda: [query(cell) for cell in singles],
        "SQLite": lambda: [sqlite.one(code, *axes) for code in single_codes],
    }
    whole: Calls = {"ours": lambda: query(shape.architectures), "SQLite": lambda: sqlite.column(*axes)}
    batch: Calls = {"ours": lambda: query(queried)}
    if pandas:
        each["pandas"] = lambda: [pandas.one(code, *axes) for code in single_codes]
        whole["pandas"] = lambda: pandas.column(*axes)
        batch["pandas"] = lambda: pandas.many(queried_codes, *axes)
    if not why_no_nats():
        each["nats_bench, warm"] = functools.partial(Nats().one, sizes.singles)
    one, all_of_them, at_once = (alternating(calls, sizes.repeats) for calls in (each, whole, batch))
    at_once[f"SQLite, one by one, from {sizes.singles:,}"] = one["SQLite"] * sizes.many / sizes.singles
    bounds = (
        "bound: 1 ms" if len(codes) <= 15_625 else "",
        f"bound: 100 ms; the first call {1e3 * first:.0f} ms",
    )
    return {
        "one lookup": beside(one, 1e6 / sizes.singles, "us", "bound: 15 us"),
        f"one metric of all {len(codes):,}": beside(all_of_them, 1e3, "ms", bounds[0]),
        f"{sizes.many:,} random lookups in one call": beside(at_once, 1e3, "ms", bounds[1]),
    }


def runs_of(shape: Shape, store: BenchmarkStore) -> list[tuple[object, ...]]:
    """Return the runs that the peers hold: all tasks and seeds, at the last number of epochs."""
    codes, epochs = shape.space.codes(shape.architectures).tolist(), shape.epochs[-1]
    rows: list[tuple[object, ...]] = []
    for task in shape.tasks:
        valid, test = (
            store.query(shape.architectures, metric, task=task, epochs=epochs, seed="all")
            for metric in ("valid_accuracy", "test_accuracy")
        )
        for seed in shape.seeds:
            values = zip(codes, valid[:, seed].tolist(), test[:, seed].tolist(), strict=True)
            rows += [(code, task, epochs, seed, *pair) for code, *pair in values]
    return rows


def curves(shape: Shape, path: Path, sizes: Scale) -> Figures:
    """Time the reading of whole learning curves one by one, each of an architecture not read before."""
    if not shape.curves:
        return {}
    store, order = BenchmarkStore.open(path), np.random.default_rng(5).permutation(len(shape.architectures))
    cells = itertools.cycle(shape.architectures[order])
    curve = functools.partial(store.curves, metric="valid_accuracy", seed=0, **shape.axes)
    calls: Calls = {"ours": lambda: [curve(next(cells)) for _ in range(CURVES)]}
    if not why_no_nats():
        calls["nats_bench, warm"] = Nats().curve
    taken = alternating(calls, sizes.repeats)
    taken["ours"] /= CURVES
    return {"whole curve of one architecture": beside(taken, 1e6, "us", "bound: 200 us")}


def appending(shape: Shape, folder: Path, sizes: Scale) -> Figures:
    """Time durable appends of one row, and of 10,000 rows in one batch."""
    store, sqlite = BenchmarkStore.open(folder / shape.name), Sqlite(folder / f"{shape.name}.db")
    figures: Figures = {}
    for n, bound in ((1, 20), (sizes.batch, 200)):
        repeats = sizes.repeats if n > 1 else 3 * sizes.repeats
        calls = new_runs(shape, n, shape.epochs[-1], (), repeats)
        rows = iter([[(i, "new", k, n, 0.5, 0.5) for i in range(n)] for k in range(repeats + 1)])
        taken = alternating(
            {
                "ours": lambda calls=calls: store.append(next(calls)),
                "SQLite, synced": lambda rows=rows: sqlite.append(next(rows)),
            },
            repeats,
        )
        figures[f"append {n:,} rows, durable"] = beside(taken, 1e3, "ms", f"bound: {bound} ms")
    return figures


def appending_curves(shape: Shape, path: Path, sizes: Scale) -> Figures:
    """Time durable appends of 10,000 rows with learning curves."""
    figures: Figures = {}
    for epochs, bound in ((12, "bound: 200 ms"), (200, "")) if shape.curves else ():
        store, batches = (
            BenchmarkStore.open(path),
            new_runs(shape, sizes.batch, epochs, shape.curves, sizes.repeats),
        )
        taken = alternating({"ours": lambda s=store, b=batches: s.append(next(b))}, sizes.repeats)
        name = f"append {sizes.batch:,} rows with {len(shape.curves)} curves of {epochs} epochs"
        figures[name] = beside(taken, 1e3, "ms", bound)
    return figures


if __name__ == "__main__":
    main()
