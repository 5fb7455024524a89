"""Is one searcher, untouched, first or tied for first on every table at hand, at 50, 100 and 200 queries?

    python reproduce/searcher_comparison.py --tables cache      # about an hour on two cores
    python reproduce/searcher_comparison.py --quick             # 3 problems, 5 seeds; writes nothing

The default searcher (Bayesian optimisation with its defaults) beside those that cost little time, on every
problem, and on NAS-Bench-201 beside those with models too. A search sees the validation score of its problem
(the split is in words in the results; NAS-Bench-Macro has none); verdicts are on regret of the score
searched, by Wilcoxon's signed-rank test over seeds, corrected by Holm, at .05: "tied" means not significantly
behind anybody. Reads the tables under SURRONAS_SHARED (default: ../shared beside the checkout) and imports
them into --tables. Writes results/searcher_comparison.json, and the queries themselves beside the tables.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from measuring import about
from surrogate_sweep import DEVICES, SOURCES, TRANSNAS_TASKS, store_of

from surronas.commands.names import searcher_named
from surronas.compare import Comparison, Factory, TableProblem, compare
from surronas.compare.analysis import analyse
from surronas.compare.findings import Ranked

RESULT = Path(__file__).parent / "results" / "searcher_comparison.json"
LITE = "lite-transformer-search"
SHARED = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared"))
SOURCES[LITE] = (LITE, SHARED / "data" / "benchmarks" / LITE / "saved_logs.tar")
BUDGETS = (50, 100, 200)
NUM_SEEDS, QUICK_SEEDS = 30, 5
MODELLED_SEEDS = 5
GRAPHS = ("arxiv", "citeseer", "computers", "cora", "cs", "photo", "physics", "proteins", "pubmed")
CHEAP = (
    "random",
    "local",
    "hill-climbing",
    "simulated-annealing",
    "evolution",
    "genetic",
    "reinforce",
    "tpe",
)
MODELLED = ("nas-bowl", "npenas", "predictor-evolution", "bananas")
DEFAULT = "bayesian"


def problems(folder: Path, only: str, graphs: Sequence[str]) -> list[TableProblem]:
    """Return every problem whose table is at hand and whose label has a text."""
    asked: dict[str, list[dict[str, object]]] = {
        "NAS-Bench-201": [
            {"task": task, "epochs": 12} for task in ("cifar10-valid", "cifar100", "ImageNet16-120")
        ],
        **{
            f"TransNAS {kind}": [{"task": task, "metric": metric} for task, metric in TRANSNAS_TASKS.items()]
            for kind in ("micro", "macro")
        },
        "NAS-Bench-Macro": [{"metric": "test_accuracy", "objective_is_test": True}],
        "NAS-Bench-Graph": [
            {"task": graph, "metric": "valid_roc_auc" if graph == "proteins" else "valid_accuracy"}
            for graph in graphs
        ],
        "Accel-NASBench": [{}],
        LITE: [{"task": "wikitext103", "metric": "valid_perplexity", "recipe": '"n_token": 267736'}],
        "HW-NAS-Bench": [{"task": "cifar10", "metric": "latency_ms", "device": device} for device in DEVICES],
        "digits": [{}],
    }
    found = []
    for table, axes in asked.items():
        labels = [
            " ".join([table, *(str(each[a]) for a in ("task", "device") if a in each)]) for each in axes
        ]
        wanted = [(label, each) for label, each in zip(labels, axes, strict=True) if only in label]
        store = store_of(table, folder) if wanted else None
        if store is not None:
            found += [TableProblem(store.path, label=label, **each) for label, each in wanted]  # type: ignore[arg-type]
    return found


def judged(comparison: Comparison) -> dict[str, object]:
    """Return regrets and verdicts of each problem and budget, and print the default's."""
    findings = analyse(comparison, amounts=BUDGETS, resamples=200)
    told: dict[str, object] = {}
    for facts in comparison.problems:
        rows: dict[str, dict[str, object]] = {}
        for each in findings.of_problem(facts.name):
            row = rows.setdefault(each.searcher, {"mean_regret": [], "standing": [], "beaten_by": []})
            row["mean_regret"].append(float(f"{each.mean[0]:.4g}"))  # type: ignore[attr-defined]
            row["standing"].append(each.standing)  # type: ignore[attr-defined]
            row["beaten_by"].append(list(each.beaten_by))  # type: ignore[attr-defined]
        told[facts.name] = {"searched": facts.split_words, "unit": facts.unit, "searchers": rows}
        mine = rows[DEFAULT]
        print(
            f"{facts.name}: {mine['standing']}, regret {mine['mean_regret']}, {mine['beaten_by']}", flush=True
        )
    firsts = {str(b): findings.firsts(DEFAULT, b) for b in BUDGETS}
    print(f"{DEFAULT}: first or tied for first, of problems, by queries: {firsts}")
    ranks = {
        str(int(ranked.amount)): dict(
            zip(ranked.searchers, np.round(ranked.ranking.average, 2).tolist(), strict=True)
        )
        for ranked in findings.ranked
    }
    return {
        "problems": told,
        "default_first_or_tied": firsts,
        "mean_ranks": ranks,
        "rankings": {str(int(ranked.amount)): ranking_told(ranked) for ranked in findings.ranked},
    }


def ranking_told(ranked: Ranked) -> dict[str, object]:
    """Return average ranks, what can't be told apart, and over how many problems, for a diagram."""
    found = ranked.ranking
    return {
        "searchers": ranked.searchers,
        "over": ranked.words,
        "num_problems": len(found.ranks),
        "average": found.average.round(4).tolist(),
        "alpha": found.alpha,
        "friedman_p": float(f"{found.friedman_p:.3g}"),
        "iman_davenport_p": float(f"{found.iman_davenport_p:.3g}"),
        "critical_difference": round(found.critical_difference, 4),
        "nemenyi": found.nemenyi,
        "wilcoxon": found.wilcoxon,
    }


def run(names: Sequence[str], on: list[TableProblem], seeds: int, workers: int, out: Path) -> Comparison:
    """Return the comparison of some searchers by name, kept in a file."""
    factories: dict[str, Factory] = {name: searcher_named(name) for name in names}

    def show(done: int, total: int, words: str) -> None:
        if done % 100 == 0 or done == total:
            print(f"{done} of {total} searches: {words}", flush=True)

    return compare(factories, on, seeds=seeds, budget=BUDGETS[-1], workers=workers, out=out, on_runs=show)


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three problems, few seeds")
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tables", type=Path, help="folder that imported tables are kept in")
    parser.add_argument("--only", default="", help="problems whose name has this text")
    parser.add_argument("--graphs", nargs="*", default=GRAPHS, help="of NAS-Bench-Graph, the largest tables")
    parser.add_argument("--out", type=Path, help=f"default: {RESULT.name} in full runs, else nothing")
    options = parser.parse_args()
    seeds = options.seeds or (QUICK_SEEDS if options.quick else NUM_SEEDS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.tables or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        on = problems(folder, options.only, options.graphs)
        on = on[:: max(len(on) // 3, 1)] if options.quick else on
        result: dict[str, object] = {**about(), "command": " ".join(sys.argv), "budgets": BUDGETS}
        cheap = run((*CHEAP, DEFAULT), on, seeds, options.workers, folder / "compared.h5")
        result["all problems"] = {"seeds": seeds} | judged(cheap)
        few = min(seeds, MODELLED_SEEDS)
        if cells := [problem for problem in on if problem.name.startswith("NAS-Bench-201")]:
            modelled = run((*MODELLED, DEFAULT), cells, few, options.workers, folder / "compared_models.h5")
            result["beside searchers with models"] = {"seeds": few} | judged(modelled)
    out = options.out or (None if options.quick else RESULT)
    if out:
        out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
