"""What a comparison found, as the terminal shows it: a table a problem, under what was searched, in words."""

import math
from typing import Any

import numpy as np

from surronas.commands.printing import print_table
from surronas.compare import Comparison


def summaries(comparison: Comparison) -> list[dict[str, Any]]:
    """Return what each searcher reached on each problem at the end of its budget, JSON-able."""
    return [
        {
            "problem": problem.name,
            "what": problem.split_words,
            "metric": problem.metric,
            "unit": problem.unit,
            "optimum": problem.sign * problem.optimum,
            "networks": problem.num_networks,
            "searchers": [
                {"searcher": searcher} | _summary(comparison, row, column)
                for row, searcher in enumerate(comparison.searchers)
            ],
        }
        for column, problem in enumerate(comparison.problems)
    ]


def print_comparison(comparison: Comparison) -> None:
    """Print a table for each problem, and what failed."""
    for number, each in enumerate(summaries(comparison)):
        if number:
            print()
        print(f"{each['problem']}: {each['what']}")
        print(
            f"{each['networks']} distinct networks, the best with {each['metric']} {each['optimum']:.4f}; "
            f"{len(comparison.seeds)} seeds, {_budget(comparison)}"
        )
        tested = any(_known(found["test_of_best"]) for found in each["searchers"])
        header = ["searcher", "mean regret", "median", *(["test of best"] if tested else [])]
        rows = [_row(found, tested=tested) for found in each["searchers"]]
        print_table([*header, "at optimum", "queries to it", "ms/decision"], rows)
    if comparison.failures:
        first = comparison.failures[0]
        print(
            f"\n{len(comparison.failures)} searches failed and are left out; the first, {first.searcher} on "
            f"{first.problem}, seed {first.seed}: {first.message}"
        )


def _row(found: dict[str, Any], *, tested: bool) -> list[str]:
    """Return a row of the table."""
    test = [_text(found["test_of_best"])] if tested else []
    queries, most = found["queries_to_optimum"], found["queries"]
    reached = f"{queries:.0f}" if _known(queries) else (f"over {most}" if most else "none")
    return [
        found["searcher"],
        _text(found["mean_regret"]),
        _text(found["median_regret"]),
        *test,
        _text(found["share_at_optimum"], ".0%"),
        reached,
        _text(1e3 * found["decision_seconds"], ".2f"),
    ]


def _summary(comparison: Comparison, row: int, column: int) -> dict[str, Any]:
    """Return what one searcher reached on one problem: over the seeds whose search did not fail."""
    ran = comparison.num_queries[row, column] > 0
    if not ran.any():
        names = ("mean_regret", "median_regret", "test_of_best", "share_at_optimum")
        return dict.fromkeys((*names, "queries_to_optimum", "decision_seconds"), math.nan) | {
            "failed": len(ran),
            "queries": 0,
        }
    regret = np.where(np.isnan(last := comparison.regret[row, column, ran, -1]), np.inf, last)
    test = comparison.test_of_best[row, column, ran, -1]
    needed = comparison.queries_to_optimum()[row, column, ran]
    median = float(np.quantile(needed, 0.5, method="inverted_cdf"))  # a number met, or infinite: not reached
    return {
        "mean_regret": float(regret.mean()),
        "median_regret": float(np.median(regret)),
        "test_of_best": float(test.mean()),
        "share_at_optimum": float(np.isfinite(needed).mean()),
        "queries_to_optimum": median if math.isfinite(median) else math.nan,
        "decision_seconds": float(np.nanmean(comparison.decision_seconds[row, column, ran])),
        "failed": int((~ran).sum()),
        "queries": int(comparison.num_queries[row, column].max()),
    }


def _budget(comparison: Comparison) -> str:
    """Return what a search could spend, in words."""
    words = {
        "queries": "{} queries",
        "epochs": "{} epochs",
        "train_seconds": "{} s of training",
        "clock_seconds": "{} simulated s",
    }
    given = comparison.settings["setting"]["budget"]
    return ", ".join(text.format(given[name]) for name, text in words.items() if given[name] is not None)


def _known(value: float) -> bool:
    return math.isfinite(value)


def _text(value: float, form: str = ".4f") -> str:
    """Return a number as text, a dash where there is none."""
    return format(value, form) if _known(value) else "-"
