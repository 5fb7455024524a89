"""BANANAS on NAS-Bench-201 beside random search, evolution and local search, and what its parts are worth.

    python reproduce/bananas.py            # full: 12 seeds; 6 minutes
    python reproduce/bananas.py --quick    # 3 seeds, 60 queries in place of 150; seconds

Protocol (White, Neiswanger and Savani 2021; naszilla's params.py and nas_algorithms.py [READ]): 10 random
cells, then 10 a round up to 150 queries; an ensemble of 5 networks (10 layers of 20, mean absolute error)
on the truncated path encoding; independent Thompson sampling among 100 mutants of the best cell, each
operation changed with probability 1/4. Strings, isomorphic or not. The paper's results on NAS-Bench-201 are
figures; there are no numbers to stand beside.

Searched and reported are (a) the VALIDATION accuracy of CIFAR-10 after 12 epochs, and of the best so far the
test accuracy after 200, as in NAS-Bench-201's table; the 200-epoch validation accuracies of the paper are not
at hand; (b) the TEST accuracy of seed 888 after 200 epochs, as in published logs of searches.

Asserted: BANANAS is above random search and above evolution (naszilla's rules both, 500 seeds), in what it
searches, by more than two standard errors. Local search stands beside.

"Mutation is all you need" (2107.07343, abstract [READ]) has it that on NAS-Bench-301 the mutation of the best
explains BANANAS' performance. Shown: the same mutants without the ensemble, the first 10 drawn of a round or
one at a time; and the ensemble without mutants, 100 cells drawn uniformly in their place.
"""

from functools import partial

import numpy as np
from claims import Report, Setting, reproduce
from published_searches import NASZILLA, NASZILLA_LOCAL, Make
from sklearn.dummy import DummyRegressor
from table_searches import Table, incumbents, over_seeds
from threadpoolctl import threadpool_limits

from surronas.searchers import Bananas, RandomSearch
from surronas.searchers.modelled import posterior_mean
from surronas.searchers.offspring import Drawn
from surronas.store import BenchmarkStore

CLAIM = (
    "BANANAS is above random search and evolution on NAS-Bench-201; what its mutation and ensemble are worth"
)
SOURCE = "White, Neiswanger & Savani, AAAI 2021; Schneider et al. 2021, Mutation is all you need"
DATA = ("nasbench201-tables",)
PACKAGES = ("scikit-learn",)
MINUTES = (0.2, 6)

BATCH, NUM_QUERIES, QUICK_QUERIES = 10, 150, 60
NUM_SEEDS, QUICK_SEEDS = 12, 3  # of searches with an ensemble: seconds a search
NUM_CHEAP, QUICK_CHEAP = 500, 50
BANANAS, RANDOM, EVOLUTION = "BANANAS", "random search", "evolution"


def mutants(space: object, **of_search: object) -> Bananas:
    """Return BANANAS without its ensemble: a round is the first 10 mutants drawn of the best."""
    return Bananas(space, DummyRegressor(), acquisition=posterior_mean, **of_search)  # type: ignore[arg-type]


MODELLED: dict[str, Make] = {
    BANANAS: Bananas,
    "ensemble on random cells": partial(Bananas, propose=Drawn(100)),
}
CHEAP: dict[str, Make] = {
    RANDOM: RandomSearch,
    EVOLUTION: NASZILLA,
    "local search": NASZILLA_LOCAL,
    "mutants of the best, 10 a round": mutants,
    "mutants of the best, one at a time": partial(mutants, batch_size=1),
}


def asked(table: Table, make: Make, num_queries: int, batch: int, seed: int) -> np.ndarray:
    """Return (queries,) the candidates that one search asks."""
    with threadpool_limits(1):
        return table.asked(make, num_queries, seed, batch)


def searched(table: Table, num_queries: int, setting: Setting, ablated: bool) -> dict[str, np.ndarray]:
    """Return each search's (seeds, queries) candidates."""
    workers = 1 if setting.quick else setting.workers
    few, many = setting.seeds(NUM_SEEDS, QUICK_SEEDS), setting.seeds(NUM_CHEAP, QUICK_CHEAP)
    found = {}
    for name, make in (MODELLED | CHEAP).items():
        if name in MODELLED and name != BANANAS and not ablated:
            continue
        seeds, batch = (few, BATCH) if name in MODELLED else (many, 1)
        runs = over_seeds(partial(asked, table, make, num_queries, batch), seeds, workers)
        found[name] = np.array(runs)
    return found


def report_on(
    report: Report, where: str, values: np.ndarray, tests: np.ndarray | None, found: dict[str, np.ndarray]
) -> dict[str, object]:
    """Assert who is above whom in what is searched, (N,); return the curves of that and of the tests (N,)."""
    curves: dict[str, dict[str, object]] = {}
    last, last_test = {}, {}
    for name, places in found.items():
        kept = np.take_along_axis(places, incumbents(values[places]), axis=1)
        last[name] = values[kept[:, -1]]
        curves[name] = {"seeds": len(kept), "deviation of the last": round(float(last[name].std(ddof=1)), 4)}
        for what, column in (("searched", values), ("test", tests)):
            if column is not None:
                curves[name][what] = column[kept].mean(axis=0)[BATCH - 1 :: BATCH].round(4).tolist()
        if tests is not None:
            last_test[name] = tests[kept[:, -1]]
    num_queries = next(iter(found.values())).shape[1]
    for name in (RANDOM, EVOLUTION):
        mine, other = last[BANANAS], last[name]
        error = float(np.sqrt(mine.var(ddof=1) / len(mine) + other.var(ddof=1) / len(other)))
        gain, what = float(mine.mean() - other.mean()), f"BANANAS above {name}, {num_queries} queries"
        report.at_least(where, what, gain, 2 * error, "two standard errors")
    for name, best in last.items():
        report.beside(where, f"{name}, of what it searches, %", float(best.mean()), None, "")
        if name in last_test:
            report.beside(where, f"{name}, 200-epoch test, %", float(last_test[name].mean()), None, "")
    return {"queries": list(range(BATCH, num_queries + 1, BATCH)), "searches": curves}


def tests_of(store: BenchmarkStore, table: Table) -> np.ndarray:
    """Return (N,) CIFAR-10's test accuracies after 200 epochs, mean over seeds, in percent."""
    rows = table.pool.architectures
    found: np.ndarray = 100 * store.query(rows, "test_accuracy", task="cifar10", epochs=200, seed="mean")
    return found


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Search both columns; return the curves."""
    store, num_queries = setting.table(DATA[0]), QUICK_QUERIES if setting.quick else NUM_QUERIES
    curves: dict[str, object] = {}
    validation = {"task": "cifar10-valid", "epochs": 12, "seed": "mean"}
    test = {"task": "cifar10-valid", "epochs": 200, "seed": 888}
    columns = {"seed 888": Table(store, test)}
    if not setting.quick:
        columns["12 epochs"] = Table(store, validation, metric="valid_accuracy")
    for name, table in columns.items():
        where = f"CIFAR-10, {name}"
        tests = None if name == "seed 888" else tests_of(store, table)
        found = searched(table, num_queries, setting, ablated=tests is None and not setting.quick)
        curves[where] = report_on(report, where, np.array(table.values), tests, found)
    return {
        "seeds": f"{len(setting.seeds(NUM_SEEDS, QUICK_SEEDS))} with an ensemble, "
        f"{len(setting.seeds(NUM_CHEAP, QUICK_CHEAP))} without; from 0 on",
        "columns": {
            "CIFAR-10, seed 888": "searched: test accuracy, seed 888, 200 epochs",
            "CIFAR-10, 12 epochs": "searched: validation accuracy, 12 epochs; test: 200 epochs, seed mean",
        },
        "curves": curves,
    }


if __name__ == "__main__":
    reproduce(__file__, measure)
