"""How measured costs of NAS-Bench-201 cells agree: FLOPs, parameters, memory, latency by two runtimes.

    python reproduce/measured_cost.py [--cells 48] [--large 12] [--seconds 0.5]

Random distinct cells, in the small network of the digits task and, fewer of them, in NAS-Bench-201's own
(C = 16, N = 5, 3 x 32 x 32); one thread, batch 1. Each latency is measured twice, torch and onnxruntime in
turns, so that its rank correlation with itself bounds what any proxy can reach. The shortest time stands
beside the median, for other work on the machine disturbs it least. Prints the tables, and writes
reproduce/results/measured_cost.json.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from scipy.stats import spearmanr

from surronas.spaces import Cell201
from surronas.training.costs import Conditions, measure_costs
from surronas.training.recipe import Recipe
from surronas.training.recipes import NASBENCH201_200
from surronas.training.tasks import DIGITS_RECIPE, Signature
from surronas.training.tracking import ProgressBar

SPACE, SEED, REPEATS = Cell201(), 0, 2
RUNTIMES = ("torch", "onnxruntime")
TIMES = {"median": "latency_ms", "shortest": "latency_min_ms", "p95": "latency_p95_ms"}
COUNTED = ("flops", "params", "peak_memory_mb")
RESULT = Path(__file__).parent / "results" / "measured_cost.json"
PACKAGES = ("torch", "onnx", "onnxruntime")
Columns = dict[str, np.ndarray]  # (n,) by name


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=48, help="in the digits network (default: 48)")
    parser.add_argument("--large", type=int, default=12, help="in NAS-Bench-201's network (default: 12)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of timing, a cell (default: 0.5)")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    machine = {**about(), **{name: version(name) for name in PACKAGES}}
    settings = {
        "digits network": (Signature((1, 8, 8), 10), DIGITS_RECIPE, arguments.cells),
        "NAS-Bench-201 network": (Signature((3, 32, 32), 10), NASBENCH201_200, arguments.large),
    }
    answers = {
        name: summary(measured(name, signature, recipe, n, arguments.seconds))
        for name, (signature, recipe, n) in settings.items()
    }
    for name, answer in answers.items():
        show(name, answer)
    devices = {name: Conditions(device="cpu", runtime=name).text for name in RUNTIMES}
    written = {
        "machine": machine,
        "devices": devices,
        "seconds_a_cell": arguments.seconds,
        "repeats": REPEATS,
        "networks": answers,
    }
    arguments.out.write_text(json.dumps(written, indent=1) + "\n")


def cells(n: int) -> np.ndarray:
    """Return (n, 6) distinct cells, none without a path from input to output."""
    drawn = SPACE.canonical(SPACE.sample(20 * n, np.random.default_rng(SEED)))
    distinct = drawn[np.sort(np.unique(drawn, axis=0, return_index=True)[1])]
    return distinct[SPACE.live(distinct).any(axis=1)][:n]


def measured(name: str, signature: Signature, recipe: Recipe, n: int, seconds: float) -> Columns:
    """Return what n cells cost: counts, and each runtime's times, twice."""
    found: Columns = {}
    for repeat in range(REPEATS):
        for runtime in RUNTIMES:
            with ProgressBar(f"measured: {name}, {runtime}, {repeat + 1} of {REPEATS}") as bar:
                costs = measure_costs(
                    SPACE,
                    cells(n),
                    signature,
                    recipe,
                    device="cpu",
                    runtime=runtime,
                    metrics=(*COUNTED, *TIMES.values()),
                    seconds=seconds,
                    on_progress=bar.show,
                )
            found |= {f"{runtime} {short} {repeat}": costs[name] for short, name in TIMES.items()}
            found |= {metric: costs[metric] for metric in COUNTED}
    return found


def summary(found: Columns) -> dict[str, object]:
    """Return medians, ratios and rank correlations, JSON-able."""
    timed = [f"{runtime} {short}" for runtime in RUNTIMES for short in ("median", "shortest")]
    columns = {metric: found[metric] for metric in COUNTED} | {name: found[f"{name} 0"] for name in timed}
    names = list(columns)
    ranks = {
        f"{a}, {b}": spearman(columns[a], columns[b]) for i, a in enumerate(names) for b in names[i + 1 :]
    }
    again = {f"{name}, once more": spearman(found[f"{name} 0"], found[f"{name} 1"]) for name in timed}
    spread = {name: rounded(columns[name].max() / columns[name].min()) for name in timed}
    tails = {name: median(found[f"{name} p95 0"] / found[f"{name} median 0"]) for name in RUNTIMES}
    changes = {name: median(np.abs(np.log(found[f"{name} 1"] / found[f"{name} 0"]))) for name in timed}
    return {
        "cells": len(columns["flops"]),
        "median_over_cells_ms": {name: median(columns[name]) for name in timed},
        "slowest_to_fastest_cell": spread,
        "torch_to_onnxruntime_shortest": median(columns["torch shortest"] / columns["onnxruntime shortest"]),
        "p95_to_median": tails,
        "median_log_change_once_more": changes,
        "spearman": ranks | again,
    }


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Return the rank correlation."""
    return rounded(spearmanr(a, b).statistic)


def median(values: np.ndarray) -> float:
    """Return the median to 4 digits."""
    return rounded(np.median(values))


def rounded(value: float) -> float:
    """Return a number to 4 digits."""
    return float(f"{value:.4g}")


def show(name: str, answer: dict[str, object]) -> None:
    """Print one network's table."""
    print(f"\n{name}: {answer['cells']} cells")
    for key, value in answer.items():
        if isinstance(value, dict):
            print(f"  {key}")
            for what, number in value.items():
                print(f"    {what:44} {number:8.4g}")
        elif key != "cells":
            print(f"  {key:46} {value:8.4g}")


if __name__ == "__main__":
    main()
