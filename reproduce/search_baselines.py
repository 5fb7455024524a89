"""Random search, regularized evolution and local search beside re-computed published numbers.

    python reproduce/search_baselines.py            # some minutes, one thread
    python reproduce/search_baselines.py --quick    # a tenth of the seeds, the short rows; writes nothing

NAS-Bench-201, test accuracy of seed 888 after 200 epochs, in percent: the best of the first N queries, the
share of runs that hold the optimum, and the queries until it is found. Both sides are means over seeds, so
ours must be within 3 standard errors of the difference, deviations pooled; published random search is
exact. NAS-Bench-Macro, mean of three seeds: the best within .02, shares as above. Strings are counted, not
networks, as published.

The rules are those of the authors' code: naszilla's evolution mutates each operation with probability 1/4
and NATS-Bench's picks a node, then an edge; both ask what they know again. naszilla's local search passes
over what it knew before. Beside them, for no published number: our local search as it is by default, and
each classic searcher's regret on both tables, distinct networks only, which must be below random search's.

Reads the tables under SURRONAS_SHARED (default: ../shared beside the checkout), or stores already imported
(--stores); writes reproduce/results/search_baselines.json. Exits with 1 where a number is missed.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from published_searches import (
    BUDGETS,
    CURVES,
    FIRST,
    MACRO,
    MACRO_RANDOM,
    METHODS,
    NUM_PUBLISHED,
    NUM_PUBLISHED_TO_OPTIMUM,
    RANDOM_TO_OPTIMUM,
    SHARES,
    STEEPEST,
    TO_OPTIMUM,
)
from table_searches import Table
from threadpoolctl import threadpool_limits

from surronas import searchers
from surronas.searchers import LocalSearch
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("SURRONAS_SHARED", HERE.parents[1] / "shared")) / "data" / "benchmarks"
SOURCES = {
    "nasbench201-tables": SHARED / "nasbench201",
    "nasbench-macro": SHARED / "nasbench-macro" / "nas-bench-macro_cifar10.json",
}
RESULT = HERE / "results" / "search_baselines.json"
TASKS = {"CIFAR-10": "cifar10-valid", "CIFAR-100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
NUM_SEEDS, NUM_SEEDS_TO_OPTIMUM, NUM_SEEDS_REGRET = 500, 1000, 60
Line = dict[str, object]

CLASSIC = (
    "LocalSearch",
    "HillClimbing",
    "SimulatedAnnealing",
    "RegularizedEvolution",
    "GeneticAlgorithm",
    "Reinforce",
    "QLearning",
)


def pooled(ours: np.ndarray, published: float) -> float:
    """Return the standard deviation that our values and the published ones share."""
    freedom, others = len(ours) - 1, NUM_PUBLISHED - 1
    return math.sqrt((freedom * float(ours.var(ddof=1)) + others * published**2) / (freedom + others))


class Report:
    """Lines of ours beside published numbers, printed as they come."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, where: str, what: str, ours: float, published: float, limit: float) -> None:
        """Add a line; ``limit`` is how far ours may be from the published number."""
        numbers = {"published": published, "ours": round(ours, 4), "limit": round(limit, 4)}
        passed = abs(ours - published) <= limit
        self.lines.append({"table": where, "what": what, **numbers, "passed": passed})
        told = f"published {published:8.3f}  ours {ours:8.3f}  within {limit:.3f}"
        print(f"{where:15s} {what:44s} {told}  {'pass' if passed else 'MISS'}", flush=True)

    def add_mean(
        self, where: str, what: str, ours: np.ndarray, published: float, deviation: float, seeds: float
    ) -> None:
        """Add a mean over seeds, which may be 3 standard errors of the difference away."""
        limit = 3 * deviation * math.sqrt(1 / len(ours) + 1 / seeds)
        self.add(where, what, float(ours.mean()), published, limit)
        self.lines[-1]["deviation"] = round(float(ours.std(ddof=1)), 4)

    def add_share(self, where: str, what: str, ours: np.ndarray, published: float) -> None:
        """Add a share of runs, which may be 3 standard errors of the difference away."""
        variance = published * (1 - published)
        limit = 3 * math.sqrt(variance / len(ours) + variance / NUM_PUBLISHED)
        self.add(where, what, float(ours.mean()), published, limit)


def curves(report: Report, table: Table, task: str, num_seeds: int) -> None:
    """Report the best after N queries and the shares at the optimum on NAS-Bench-201."""
    for method, make in METHODS.items():
        if method == "RS":
            best = np.maximum.accumulate(table.random_orders(max(BUDGETS), 10 * num_seeds), axis=1)
        else:
            best = table.best_so_far(make, max(BUDGETS), num_seeds)
        for budget, (mean, deviation) in zip(BUDGETS, CURVES[task][method], strict=True):
            found = best[:, budget - 1]
            exact = method == "RS"
            spread = deviation if exact else pooled(found, deviation)
            seeds = math.inf if exact else NUM_PUBLISHED
            report.add_mean(task, f"{method}, best of {budget}", found, mean, spread, seeds)
        for budget, share in zip((100, 300), SHARES[task].get(method, ()), strict=False):
            held = best[:, budget - 1] >= table.optimum
            report.add_share(task, f"{method}, share at the optimum after {budget}", held, share)


def queries_to_optimum(report: Report, table: Table, task: str, num_seeds: int) -> Line:
    """Report the queries to the optimum on NAS-Bench-201; return those of the default local search.

    Published deviations are not known and taken to be ours; a median's error is 1.25 times a mean's.
    """
    mean, median, steepest = TO_OPTIMUM[task]
    first, full = (table.to_optimum(make, num_seeds) for make in (FIRST, STEEPEST))
    for what, ours, published in (("first improvement", first, mean), ("steepest", full, steepest)):
        spread = float(ours.std(ddof=1))
        report.add_mean(
            task, f"LS {what}, queries to optimum", ours, published, spread, NUM_PUBLISHED_TO_OPTIMUM
        )
    limit = 3 * 1.2533 * float(first.std(ddof=1)) * math.sqrt(1 / num_seeds + 1 / NUM_PUBLISHED_TO_OPTIMUM)
    report.add(task, "LS first improvement, median", float(np.median(first)), median, limit)
    at = 1 + table.random_orders(len(table.values), num_seeds).argmax(axis=1)
    spread = len(table.values) / math.sqrt(12)
    report.add_mean(task, "RS, queries to optimum", at, RANDOM_TO_OPTIMUM, spread, math.inf)
    walk = {n: table.to_optimum(partial(LocalSearch, num_initial=n), num_seeds) for n in (1, 10)}
    return {f"num_initial={n}": [round(float(q.mean()), 1), float(np.median(q))] for n, q in walk.items()}


def macro(report: Report, table: Table, num_seeds: int) -> None:
    """Report the best after N queries on NAS-Bench-Macro, within .02, and the shares at the optimum."""
    where = "NAS-Bench-Macro"
    best = np.maximum.accumulate(table.random_orders(300, 10 * num_seeds), axis=1)
    for budget, mean in MACRO_RANDOM.items():
        report.add(where, f"RS, best of {budget}", float(best[:, budget - 1].mean()), mean, 0.02)
    for method, (make, rows) in MACRO.items():
        best = table.best_so_far(make, max(rows), num_seeds)
        for budget, (mean, share) in rows.items():
            found = best[:, budget - 1]
            report.add(where, f"{method}, best of {budget}", float(found.mean()), mean, 0.02)
            if share is not None:
                held = found >= table.optimum
                report.add_share(where, f"{method}, share at the optimum after {budget}", held, share)


def regrets(report: Report, table: Table, where: str, num_seeds: int) -> Line:
    """Return each classic searcher's mean regret by budget; report whether it is below random search's."""
    print(f"\n{where}, distinct networks, default settings: mean regret after 50, 100 and 200 queries")
    found: dict[str, list[float]] = {}
    for name in ("RandomSearch", *CLASSIC):
        best = table.best_so_far(getattr(searchers, name), 200, num_seeds)
        found[name] = [round(max(table.values) - float(best[:, n - 1].mean()), 3) for n in (50, 100, 200)]
        passed = name == "RandomSearch" or found[name][-1] < found["RandomSearch"][-1]
        if name != "RandomSearch":
            report.lines.append({"table": where, "what": f"{name} below random search", "passed": passed})
        print(
            f"{name:22s}", *(f"{regret:7.3f}" for regret in found[name]), "" if passed else "MISS", flush=True
        )
    return {where: found}


def opened(name: str, stores: Path | None, folder: Path) -> BenchmarkStore:
    """Return a store: one already imported, or imported now into a folder."""
    if stores is None:
        import_benchmark(importer_named(name), SOURCES[name], folder / f"{name}.h5")
    return BenchmarkStore.open((stores or folder) / f"{name}.h5")


def measured(options: argparse.Namespace, folder: Path) -> tuple[Report, Line]:
    """Return all lines, and what has no published number."""
    report, few = Report(), 10 if options.quick else 1
    seed_888 = {"epochs": 200, "seed": 888}
    cells, chains = (opened(name, options.stores, folder) for name in SOURCES)
    to_optimum: Line = {}
    for task, name in list(TASKS.items())[: 1 if options.quick else None]:
        table = Table(cells, {"task": name, **seed_888})
        curves(report, table, task, NUM_SEEDS // few)
        if not options.quick:
            to_optimum[task] = queries_to_optimum(report, table, task, NUM_SEEDS_TO_OPTIMUM)
    macro(report, Table(chains, {"seed": "mean"}), NUM_SEEDS // few)
    num_seeds = max(20, NUM_SEEDS_REGRET // few)
    cifar = Table(cells, {"task": TASKS["CIFAR-10"], **seed_888}, "merge")
    regret = regrets(report, cifar, "NAS-Bench-201, CIFAR-10", num_seeds)
    regret |= regrets(report, Table(chains, {"seed": "mean"}, "merge"), "NAS-Bench-Macro", num_seeds)
    return report, {
        "default local search, queries to optimum, mean and median": to_optimum,
        f"mean regret after 50, 100 and 200 queries, {num_seeds} seeds, distinct networks": regret,
    }


def main() -> None:
    """Measure, print, write, and exit with 1 where a number is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the seeds, one task")
    parser.add_argument("--stores", type=Path, help="folder of stores already imported")
    parser.add_argument("--out", type=Path, help=f"default: {RESULT.name} in full runs, none in quick ones")
    options = parser.parse_args()
    settings = about()
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        report, beside = measured(options, Path(folder))
    missed = sum(not line["passed"] for line in report.lines)
    result = {
        "command": "python reproduce/search_baselines.py" + options.quick * " --quick",
        **settings,
        "versions": {package: version(package) for package in ("surronas", "numpy", "h5py")},
        "seeds": f"0 to {NUM_SEEDS - 1}; random search ten times as many; to the optimum "
        f"0 to {NUM_SEEDS_TO_OPTIMUM - 1}; a tenth of all with --quick",
        "missed": missed,
        "lines": report.lines,
        **beside,
    }
    out = options.out or (None if options.quick else RESULT)
    if out:
        out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{len(report.lines) - missed} of {len(report.lines)} within their limits")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
