"""Random search, regularized evolution and local search beside re-computed published numbers.

    python reproduce/search_baselines.py            # full: the published seeds; 6 minutes
    python reproduce/search_baselines.py --quick    # a twentieth of the seeds, the short rows; seconds

NAS-Bench-201, test accuracy of seed 888 after 200 epochs, in percent: the best of the first N queries, the
share of runs that hold the optimum, and the queries until it is found. Both sides are means over seeds, so
ours must be within 3 standard errors of the difference, deviations pooled; published random search is
exact. NAS-Bench-Macro, mean of three seeds: the best within .02, shares as above; of a quick run's few seeds
3 standard errors where that is more. Strings are counted, not networks, as published. [CALC] all numbers
were computed from the tables by their reporters.

The rules are those of the authors' code: naszilla's evolution mutates each operation with probability 1/4
and NATS-Bench's picks a node, then an edge; both ask what they know again. naszilla's local search passes
over what it knew before. Beside them, for no published number: our local search as it is by default, and
each classic searcher's regret on both tables, distinct networks only, which must be below random search's.

What the local search paper counts, CIFAR-100's optimum after 127 cells in the mean [READ, abstract of its
first version], is on the validation accuracies of the mean over seeds, which are not at hand: beside.
"""

import math
from functools import partial

import numpy as np
from claims import READ, Report, Setting, reproduce
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

CLAIM = "Random search, evolution and local search are as published on NAS-Bench-201 and NAS-Bench-Macro"
SOURCE = "naszilla's and NATS-Bench's rules, run on the tables"
DATA = ("nasbench201-tables", "nasbench-macro")
MINUTES = (0.2, 6)

TASKS = {"CIFAR-10": "cifar10-valid", "CIFAR-100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
NUM_SEEDS, NUM_SEEDS_TO_OPTIMUM, NUM_SEEDS_REGRET = 500, 1000, 60
QUICK_SEEDS, QUICK_SEEDS_REGRET = 25, 20
WITHIN = 0.02  # of NAS-Bench-Macro's means
PUBLISHED_LOCAL = {"CIFAR-100": 127}  # mean over seeds, validation accuracy
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


def curves(report: Report, table: Table, task: str, num_seeds: int) -> None:
    """Report the best after N queries and the shares at the optimum on NAS-Bench-201."""
    for method, make in METHODS.items():
        exact = method == "RS"
        if exact:
            best = np.maximum.accumulate(table.random_orders(max(BUDGETS), 10 * num_seeds), axis=1)
        else:
            best = table.best_so_far(make, max(BUDGETS), num_seeds)
        seeds = math.inf if exact else NUM_PUBLISHED
        for budget, (mean, deviation) in zip(BUDGETS, CURVES[task][method], strict=True):
            report.mean(task, f"{method}, best of {budget}", best[:, budget - 1], mean, deviation, seeds)
        for budget, share in zip((100, 300), SHARES[task].get(method, ()), strict=False):
            held = best[:, budget - 1] >= table.optimum
            what = f"{method}, share at the optimum after {budget}"
            report.share(task, what, held, share, NUM_PUBLISHED)


def queries_to_optimum(report: Report, table: Table, task: str, num_seeds: int) -> Line:
    """Report the queries to the optimum on NAS-Bench-201; return those of the default local search.

    Published deviations are not known and taken to be ours; a median's error is 1.25 times a mean's.
    """
    mean, median, steepest = TO_OPTIMUM[task]
    first, full = (table.to_optimum(make, num_seeds) for make in (FIRST, STEEPEST))
    for what, ours, published in (("first improvement", first, mean), ("steepest", full, steepest)):
        spread, what = float(ours.std(ddof=1)), f"LS {what}, queries to optimum"
        report.mean(task, what, ours, published, spread, NUM_PUBLISHED_TO_OPTIMUM)
    limit = 3 * 1.2533 * float(first.std(ddof=1)) * math.sqrt(1 / num_seeds + 1 / NUM_PUBLISHED_TO_OPTIMUM)
    report.near(task, "LS first improvement, median", float(np.median(first)), median, limit)
    if task in PUBLISHED_LOCAL:
        what = "LS, the paper's queries to optimum"
        report.beside(task, what, float(first.mean()), PUBLISHED_LOCAL[task], f"{READ}, mean over seeds")
    at = 1 + table.random_orders(len(table.values), num_seeds).argmax(axis=1)
    spread = len(table.values) / math.sqrt(12)
    report.mean(task, "RS, queries to optimum", at, RANDOM_TO_OPTIMUM, spread, math.inf)
    walk = {n: table.to_optimum(partial(LocalSearch, num_initial=n), num_seeds) for n in (1, 10)}
    return {f"num_initial={n}": [round(float(q.mean()), 1), float(np.median(q))] for n, q in walk.items()}


def macro(report: Report, table: Table, num_seeds: int, quick: bool) -> None:
    """Report the best after N queries on NAS-Bench-Macro, and the shares at the optimum."""
    where = "NAS-Bench-Macro"
    best = np.maximum.accumulate(table.random_orders(300, 10 * num_seeds), axis=1)
    for budget, mean in MACRO_RANDOM.items():
        near(report, where, f"RS, best of {budget}", best[:, budget - 1], mean, quick)
    for method, (make, rows) in MACRO.items():
        best = table.best_so_far(make, max(rows), num_seeds)
        for budget, (mean, share) in rows.items():
            found = best[:, budget - 1]
            near(report, where, f"{method}, best of {budget}", found, mean, quick)
            if share is not None:
                held = found >= table.optimum
                what = f"{method}, share at the optimum after {budget}"
                report.share(where, what, held, share, NUM_PUBLISHED)


def near(report: Report, where: str, what: str, found: np.ndarray, mean: float, quick: bool) -> None:
    """Report a mean within .02; of a quick run's few seeds, 3 standard errors if that is more."""
    error = 3 * float(found.std(ddof=1)) / math.sqrt(len(found)) if quick else 0.0
    report.near(where, what, float(found.mean()), mean, max(WITHIN, error))


def regrets(report: Report, table: Table, where: str, num_seeds: int) -> Line:
    """Return each classic searcher's mean regret by budget; report whether it is below random search's."""
    found: dict[str, list[float]] = {}
    for name in ("RandomSearch", *CLASSIC):
        best = table.best_so_far(getattr(searchers, name), 200, num_seeds)
        found[name] = [round(max(table.values) - float(best[:, n - 1].mean()), 3) for n in (50, 100, 200)]
    bound = found["RandomSearch"][-1]
    for name in CLASSIC:
        ours, what = found[name][-1], f"{name}, regret after 200"
        report.holds(where, what, ours < bound, f"{ours:.3f}, random search {bound:.3f}")
    return {where: found}


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all lines; return what has no published number."""
    num_seeds = len(setting.seeds(NUM_SEEDS, QUICK_SEEDS))
    num_regret = len(setting.seeds(NUM_SEEDS_REGRET, QUICK_SEEDS_REGRET))
    cells, chains = (setting.table(name) for name in DATA)
    seed_888: Line = {"epochs": 200, "seed": 888}
    to_optimum: Line = {}
    with threadpool_limits(1):
        for task, name in list(TASKS.items())[: 1 if setting.quick else None]:
            table = Table(cells, {"task": name, **seed_888})
            curves(report, table, task, num_seeds)
            if not setting.quick:
                to_optimum[task] = queries_to_optimum(report, table, task, NUM_SEEDS_TO_OPTIMUM)
        macro(report, Table(chains, {"seed": "mean"}), num_seeds, setting.quick)
        merged = Table(cells, {"task": TASKS["CIFAR-10"], **seed_888}, "merge")
        regret = regrets(report, merged, "CIFAR-10, networks", num_regret)
        merged = Table(chains, {"seed": "mean"}, "merge")
        regret |= regrets(report, merged, "Macro, networks", num_regret)
    return {
        "seeds": f"0 to {num_seeds - 1}; random search ten times as many; to the optimum "
        f"0 to {NUM_SEEDS_TO_OPTIMUM - 1}; regrets 0 to {num_regret - 1}",
        "default local search, queries to optimum, mean and median": to_optimum,
        "mean regret after 50, 100 and 200 queries, distinct networks": regret,
    }


if __name__ == "__main__":
    reproduce(__file__, measure)
