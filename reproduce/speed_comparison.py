"""How long a comparison takes: 12 searchers x 200 seeds x 3 tasks x 200 queries on two cores.

    python reproduce/speed_comparison.py               # a tenth of the seeds, times ten
    python reproduce/speed_comparison.py --seeds 200   # all of them

To reach: under 30 minutes. NAS-Bench-201, searched on validation accuracy after 12 epochs, reported on test
accuracy after 200; the 12 searchers that decide in milliseconds, the default among them. Reads the tables
under SURRONAS_SHARED (default: ../shared beside the checkout); writes results/speed_comparison.json.
"""

import argparse
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from measuring import about
from surrogate_sweep import store_of

from surronas.commands.names import searcher_named
from surronas.compare import Factory, Reported, TableProblem, compare
from surronas.searchers import LocalSearch, RandomSearch

RESULT = Path(__file__).parent / "results" / "speed_comparison.json"
TASKS = {"cifar10-valid": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
NUM_SEEDS, QUERIES, WORKERS, BOUND_MINUTES = 200, 200, 2, 30
NAMED = (
    *("random", "local", "hill-climbing", "simulated-annealing", "evolution", "genetic"),
    *("reinforce", "q-learning", "tpe", "bayesian"),
)
SEARCHERS: dict[str, Factory] = {name: searcher_named(name) for name in NAMED} | {
    "random, with replacement": partial(RandomSearch, replacement=True),
    "local, steepest": partial(LocalSearch, improvement="steepest"),
}


def main() -> None:
    """Compare, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS // 10)
    parser.add_argument("--tables", type=Path, help="folder that imported tables are kept in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = store_of("NAS-Bench-201", options.tables or Path(temporary))
        if store is None:
            sys.exit("set SURRONAS_SHARED to the folder with NAS-Bench-201's tables")
        problems = [
            TableProblem(
                store.path,
                task=task,
                epochs=12,
                label=task,
                reported=Reported("test_accuracy", test, epochs=200),
            )
            for task, test in TASKS.items()
        ]
        start = time.perf_counter()
        found = compare(SEARCHERS, problems, seeds=options.seeds, budget=QUERIES, workers=WORKERS)
    minutes = (time.perf_counter() - start) / 60
    whole = minutes * NUM_SEEDS / options.seeds
    decisions = {
        name: round(1e3 * float(np.nanmean(found.decision_seconds[row])), 3)
        for row, name in enumerate(found.searchers)
    }
    result = {
        **about(),
        "searchers": len(SEARCHERS),
        "seeds": options.seeds,
        "tasks": len(TASKS),
        "queries": QUERIES,
        "workers": WORKERS,
        "minutes": round(minutes, 2),
        f"minutes_of_{NUM_SEEDS}_seeds": round(whole, 1),
        "to_reach_minutes": BOUND_MINUTES,
        "mean_decision_milliseconds": decisions,
    }
    print(json.dumps(result, indent=1))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
