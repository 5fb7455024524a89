"""Regret after every query of five searchers with their defaults, on six tables.

    python reproduce/anytime_regret.py            # full: 20 seeds, 150 queries; 8 minutes
    python reproduce/anytime_regret.py --quick    # 2 seeds on two tables, seconds

What is searched: on NAS-Bench-201, CIFAR-10, test accuracy after 200 epochs of the run with seed 888, as the
published curves have it (every string is a candidate there, isomorphic twins too, as in those); on its other
data sets validation accuracy after 12 epochs; on TransNAS-Bench-101 micro and on digits validation accuracy;
on NAS-Bench-Macro, which has no other, test accuracy. Isomorphic networks are one candidate, but for the
first. Regret is of the score searched, in percentage points.

[CALC] Random search's best after 50 and 100 queries, exact over all 15,625 strings.
[CALC] The share of searches by a plain Gaussian process that had CIFAR-10's optimum after 150 queries (30
seeds): the least that is asked of the default searcher.
"""

import numpy as np
from claims import Report, Setting, reproduce
from threadpoolctl import threadpool_limits

from surronas.commands.names import searcher_named
from surronas.compare import Comparison, Findings, TableProblem, analyse, compare

CLAIM = "Anytime regret on six tables: the default searcher is behind nobody, random search where it must be"
SOURCE = "calculations from the NAS-Bench-201 table: exact random search, a Gaussian-process probe"
DATA = ("nasbench201-tables", "digits")
OPTIONAL_DATA = ("nasbench-macro", "nas-bench-suite-zero-transbench101-micro")
MINUTES = (0.3, 8.0)

NUM_SEEDS, QUICK_SEEDS = 20, 2
NUM_QUERIES = 150
DEFAULT = "bayesian"
SEARCHERS = (DEFAULT, "tpe", "local", "evolution", "random")
CIFAR10 = "NAS-Bench-201, CIFAR-10, seed 888"
RANDOM = {50: (90.522, 0.411), 100: (90.753, 0.306)}  # [CALC] best test accuracy, seed 888, exact
SOLVED = 0.93  # [CALC] share of 30 searches by a plain Gaussian process after 150 queries
JUDGED = (50, 150)
QUANTILES = (0.25, 0.5, 0.75)
SHOWN = np.unique(np.r_[1:21, 20:61:2, 60 : NUM_QUERIES + 1 : 5])  # queries whose regret is kept


def problems(setting: Setting) -> dict[str, TableProblem]:
    """Return what is searched, of the tables at hand."""
    cells, digits = setting.table("nasbench201-tables").path, setting.table("digits").path
    found = {
        CIFAR10: TableProblem(
            cells,
            metric="test_accuracy",
            task="cifar10-valid",
            epochs=200,
            seeds=888,
            objective_is_test=True,
            isomorphic="keep",
            label=CIFAR10,
        )
    }
    if not setting.quick:
        for title, task in (("CIFAR-100", "cifar100"), ("ImageNet16-120", "ImageNet16-120")):
            label = f"NAS-Bench-201, {title}, 12 epochs"
            found[label] = TableProblem(cells, task=task, epochs=12, label=label)
        found["digits"] = TableProblem(digits, label="digits")
    if not setting.quick and setting.has(name := "nas-bench-suite-zero-transbench101-micro"):
        label = "TransNAS micro, class_object"
        found[label] = TableProblem(setting.table(name).path, task="class_object", label=label)
    if setting.has(name := "nasbench-macro"):
        label = "NAS-Bench-Macro"
        path = setting.table(name).path
        found[label] = TableProblem(path, metric="test_accuracy", objective_is_test=True, label=label)
    return found


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Search, compare with what was calculated, and return the curves."""
    on = problems(setting)
    seeds = setting.seeds(NUM_SEEDS, QUICK_SEEDS)
    with threadpool_limits(1):
        found = compare(
            {name: searcher_named(name) for name in SEARCHERS},
            list(on.values()),
            seeds=seeds,
            budget=NUM_QUERIES,
            workers=1 if setting.quick else setting.workers,
        )
        findings = analyse(found, amounts=JUDGED, resamples=200)
    beside_published(report, found)
    for problem in found.problems:
        judge(report, findings, problem.name, setting)
    return {
        "seeds": f"0 to {seeds[-1]}",
        "searchers": list(SEARCHERS),
        "quantiles": QUANTILES,
        "queries": SHOWN.tolist(),
        "curves": {problem.name: curves(found, p) for p, problem in enumerate(found.problems)},
    }


def beside_published(report: Report, found: Comparison) -> None:
    """Compare random search and the default on CIFAR-10 with what was calculated."""
    place = [problem.name for problem in found.problems].index(CIFAR10)
    best = 100 * found.incumbents[SEARCHERS.index("random"), place]
    for number, (mean, deviation) in RANDOM.items():
        what = f"random, best test accuracy of {number}, %"
        report.mean("CIFAR-10", what, best[:, number - 1], mean, deviation, np.inf)
    solved = (found.regret[SEARCHERS.index(DEFAULT), place, :, -1] <= 1e-9).mean()
    report.at_least("CIFAR-10", f"{DEFAULT}, share at optimum of {NUM_QUERIES}", solved, SOLVED, "a plain GP")


def judge(report: Report, findings: Findings, name: str, setting: Setting) -> None:
    """Assert the places of the default and of random search on one problem."""
    summaries = {(each.searcher, each.amount): each for each in findings.of_problem(name)}
    for amount in JUDGED:
        mine, worst = summaries[DEFAULT, amount], summaries["random", amount]
        told = f"mean regret {100 * mine.mean[0]:.3f}, {mine.standing}" + ", ".join(("", *mine.beaten_by))
        report.holds(
            name, f"{DEFAULT} is behind nobody after {amount} queries", mine.standing != "behind", told
        )
        if not setting.quick:
            told = f"mean regret {100 * worst.mean[0]:.3f}, {worst.standing}"
            report.holds(name, f"random is behind after {amount} queries", worst.standing == "behind", told)


def curves(found: Comparison, problem: int) -> dict[str, object]:
    """Return regrets of one problem's searchers at the queries shown, in percentage points."""
    regret = 100 * np.maximum(found.regret[:, problem][..., SHOWN - 1], 0.0)  # (S, R, shown)
    return {
        "searched": found.problems[problem].split_words,
        "searchers": {
            name: {
                "mean": runs.mean(axis=0).round(4).tolist(),
                "quantiles": np.quantile(runs, QUANTILES, axis=0).round(4).tolist(),
            }
            for name, runs in zip(SEARCHERS, regret, strict=True)
        },
    }


if __name__ == "__main__":
    reproduce(__file__, measure)
