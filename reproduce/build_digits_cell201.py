"""Train Cell201 networks on `digits` for real and write the shipped benchmark with its data card.

    python reproduce/build_digits_cell201.py                             # the shipped table, complete
    python reproduce/build_digits_cell201.py --num-architectures 1500    # a part of it, drawn uniformly

Architectures are the canonical forms of the 6,466 classes in one fixed random order, so a longer run
extends a shorter one. Finished trainings are kept in the work folder: interrupt it at any moment, and
the same command goes on. The shipped file and its card are written at the end, aside and renamed.
"""

import argparse
import hashlib
import itertools
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

from surronas import __version__
from surronas.metrics import kendall_tau, spearman
from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore
from surronas.training import DIGITS_RECIPE, TrainingEvaluator, digits

SEEDS = (0, 1, 2)
NUM_CLASSES = 6466
ORDER_SEED = 201  # the order in which the 6,466 classes are trained
AXES = {"task": "digits", "recipe": DIGITS_RECIPE.to_json(), "epochs": DIGITS_RECIPE.epochs}
COMMAND = "python reproduce/build_digits_cell201.py"
ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "reproduce" / "results" / "digits_cell201.json"
DESTINATION = ROOT / "benchmarks_data" / "digits_cell201.h5"
TIME = "167 minutes of wall time in two processes on two shared cores, 2026-11-22"  # of all 6,466 cells
LICENCE = "Apache-2.0 (the table); images: UCI Optical Recognition of Handwritten Digits, CC BY 4.0"
DESCRIPTION = "Cell201 networks trained on scikit-learn's 8x8 digits, every epoch of every run"


def main() -> None:
    """Train what is missing, then write the file and the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--num-architectures", type=int, default=NUM_CLASSES)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "digits_cell201", help="work folder")
    parser.add_argument("--out", type=Path, default=DESTINATION)
    arguments = parser.parse_args()
    architectures = chosen_architectures(arguments.num_architectures)
    work = open_or_create(arguments.work)
    train_missing(work, architectures, arguments.workers)
    write_benchmark(work, architectures, arguments.out)


def chosen_architectures(number: int) -> Architectures:
    """Return the first (number, 6) canonical cells of the fixed order."""
    space = Cell201()
    cells = np.random.default_rng(ORDER_SEED).permutation(space.enumerate())
    canonical = (space.canonical(cells) == cells).all(axis=1)
    return cells[canonical][:number]


def open_or_create(path: Path) -> BenchmarkStore:
    """Return the store of finished trainings, new if there is none."""
    if path.exists():
        return BenchmarkStore.open(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return BenchmarkStore.create(path, Cell201(), canonical=True, description=DESCRIPTION, licence=LICENCE)


def train_missing(work: BenchmarkStore, architectures: Architectures, workers: int) -> None:
    """Train every architecture and seed that the work folder does not hold, and keep each as it ends."""
    done = np.stack([work.contains(architectures, seed=seed, **AXES) for seed in SEEDS], axis=1)  # (n, seeds)
    rows, seeds = np.nonzero(~done)
    print(f"{int(done.sum())} trainings are there, {int((~done).sum())} to go", flush=True)
    started, finished = time.perf_counter(), 0
    with TrainingEvaluator(
        work.space, digits(), DIGITS_RECIPE, device="cpu", num_workers=workers, origin="benchmark"
    ) as evaluator:
        for row in evaluator.stream(architectures[rows], np.array(SEEDS)[seeds].tolist()):
            work.append(row, command=COMMAND, versions=versions())
            finished += 1
            speed = (time.perf_counter() - started) / finished
            print(f"{len(work)} rows, {speed:.2f} s a training", flush=True)


def versions() -> dict[str, str]:
    """Return the versions that decide the numbers."""
    return {
        "surronas": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def write_benchmark(work: BenchmarkStore, architectures: Architectures, out: Path) -> None:
    """Write the file aside, rename it into place, and write the card beside it."""
    aside = out.with_name(f".{out.stem}.new.h5")
    aside.unlink(missing_ok=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    new = work.copy(aside, architectures, tasks=[AXES["task"]], recipes=[AXES["recipe"]], seeds=SEEDS)
    if damage := new.check():
        raise SystemExit(f"the new file is damaged: {damage}")
    aside.rename(out)
    aside.with_name(aside.name + ".lock").unlink(missing_ok=True)
    write_card(BenchmarkStore.open(out), out)


def write_card(store: BenchmarkStore, out: Path) -> None:
    """Write the data card beside the file, its figures as JSON under results, and print the card."""
    what, signal = contents(store, out), signal_of(store)
    RESULTS.write_text(json.dumps({"contents": what, "signal": signal}, indent=1) + "\n")
    what, signal = ({k: v.replace("|", "\\|") for k, v in each.items()} for each in (what, signal))
    lines = [f"# {out.name}", "", f"{DESCRIPTION}. Nothing in it is taken from anywhere else.", ""]
    lines += ["| what | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in what.items())]
    lines += ["", "## Does it carry signal?", "", "| question | measured | wanted |", "|---|---|---|"]
    lines += [f"| {question} | {value} | {WANTED.get(question, '')} |" for question, value in signal.items()]
    card = "\n".join([*lines, ""])
    out.with_suffix(".md").write_text(card)
    print(card)


def contents(store: BenchmarkStore, out: Path) -> dict[str, str]:
    """Return what the file holds and how it was made."""
    rows = store.table()
    seconds = rows["train_seconds"]
    number = len(store.architectures)
    statuses = [f"{(rows['status'] == status).sum()} {status}" for status in np.unique(rows["status"])]
    return {
        "made by": f"`{COMMAND}`" if number == NUM_CLASSES else f"`{COMMAND} --num-architectures {number}`",
        "architectures": (
            f"all {number:,} distinct NAS-Bench-201 cells, canonical forms"
            if number == NUM_CLASSES
            else f"{number:,} of {NUM_CLASSES:,} distinct NAS-Bench-201 cells, drawn uniformly"
        ),
        "training seeds": ", ".join(map(str, store.seeds())),
        "training runs": ", ".join(statuses),
        "task": digits().description,
        "split": "`numpy.random.default_rng(0).permutation(1797)`, cut in the order train, valid, test",
        "recipe": f"`{DIGITS_RECIPE.to_json()}`",
        "units of the recipe": "; ".join(f"{name}: {unit}" for name, unit in DIGITS_RECIPE.units().items()),
        "metrics": "loss (nats) and accuracy (fraction) of train, valid and test after every epoch; "
        "train seconds, parameters, FLOPs of one image forward",
        "hardware": f"{', '.join(sorted(set(rows['device'].tolist())))}, CPU, one thread a training",
        "trained with": "; ".join(trained_with(store)),
        "seconds of training steps a run, as trained": (
            f"median {np.median(seconds):.2f}, 95 % {np.quantile(seconds, 0.95):.2f}"
        ),
        "training steps of all runs": f"{seconds.sum() / 3600:.2f} hours of one core, as trained",
        **({"time to make it": TIME} if number == NUM_CLASSES else {}),
        "licence": LICENCE,
        "size": f"{out.stat().st_size / 1e6:.2f} MB",
        "sha256": f"`{hashlib.sha256(out.read_bytes()).hexdigest()}`",
    }


def trained_with(store: BenchmarkStore) -> list[str]:
    """Return the distinct versions that the runs were trained with, from their provenance."""
    entries = store.info()["provenance"]
    return sorted({", ".join(f"{name} {v}" for name, v in entry["versions"].items()) for entry in entries})


SPEARMAN = "Spearman between the valid accuracies of two seeds (pairs 0-1, 0-2, 1-2)"
TAU = "Kendall tau between seed-mean valid and seed-mean test accuracy"
TOP = "range of seed-mean valid accuracy within the top 1 %"
TOP_STD = "seed std of valid accuracy, mean over the top 1 %"
LEAST = {SPEARMAN: 0.85, TAU: 0.6}
WANTED = {SPEARMAN: "at least 0.85", TAU: "at least 0.6", TOP: "above the next line", TOP_STD: ""}


def signal_of(store: BenchmarkStore) -> dict[str, str]:
    """Return whether architectures differ by more than seeds do, on those with all seeds."""
    valid = store.query(store.architectures, "valid_accuracy", seed="all", missing="nan")  # (n, seeds)
    test = store.query(store.architectures, "test_accuracy", seed="all", missing="nan")
    complete = np.isfinite(valid).all(axis=1)
    cells, valid, test = store.architectures[complete], valid[complete], test[complete]
    mean, std = valid.mean(axis=1), valid.std(axis=1, ddof=1)
    pairs = [spearman(valid[:, i], valid[:, j]) for i, j in itertools.combinations(range(len(SEEDS)), 2)]
    tau = kendall_tau(mean, test.mean(axis=1))
    order = np.argsort(-mean, kind="stable")
    best, top = order[0], order[: max(2, len(mean) // 100)]
    if len(mean) >= 1000 and (
        min(pairs) < LEAST[SPEARMAN] or tau < LEAST[TAU] or np.ptp(mean[top]) <= std[top].mean()
    ):
        raise SystemExit(
            f"the table carries too little signal: {pairs}, {tau}, {np.ptp(mean[top])}, {std[top]}"
        )
    quantiles = np.quantile(mean, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
    return {
        "seed-mean valid accuracy at 0, 5, 25, 50, 75, 95, 100 %": ", ".join(f"{q:.3f}" for q in quantiles),
        SPEARMAN: ", ".join(f"{pair:.3f}" for pair in pairs),
        TAU: f"{tau:.3f}",
        "seed std of valid accuracy, median over all": f"{np.median(std):.4f}",
        TOP: f"{np.ptp(mean[top]):.4f} ({len(top)} cells)",
        TOP_STD: f"{std[top].mean():.4f}",
        "best by seed-mean valid accuracy": f"`{store.space.to_strings(cells[best : best + 1])[0]}`",
        "its seed-mean valid and test accuracy": f"{mean[best]:.4f}, {test[best].mean():.4f}",
    }


if __name__ == "__main__":
    main()
