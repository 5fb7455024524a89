"""NAS-Bench-201's table of search algorithms, on the columns at hand.

    python reproduce/search_table_201.py            # full: 500 runs; 4 minutes
    python reproduce/search_table_201.py --quick    # 60 runs of the cheap searches, seconds

Published: Dong and Yang (ICLR 2020), table 5 [reported: remembered, never asserted]; its last row, the
optimum, [READ] in MF-NAS' README. Protocol, from the authors' scripts [READ]: search on CIFAR-10 alone,
strings, isomorphic or not; the reward is the VALIDATION accuracy after the 12-epoch schedule; the cell of
highest reward is reported by its 200-epoch TEST accuracy on the three data sets; 500 runs; 12,000 simulated
seconds. Evolution has a population of 10 and samples of 3, a mutation picks a node, then an edge. The
baseline of REINFORCE has momentum .9. Both ask what they know again. REINFORCE's learning rate is .01 in the
scripts that report the best of the search (NATS-algos), and .5 in the manual of those before, which reported
the policy's mode; with .5 ours settles too soon, and is below random search: it is shown.

What differs here. Times are at hand for the three cells of the official NATS-Bench sample only: 61, 89 and
154 s for 12 epochs and one pass over the validation images, 101 s in the mean, so 12,000 s are taken to be
118 queries for every search; had all cells the time of the slowest or of the fastest, they were 78 or 197:
kept in the result. The reward is the mean over the schedule's seeds, where the authors draw one. The
200-epoch validation columns of the table are not at hand.

BOHB can't be run: below 12 epochs there are no scores without the learning curves of the official file. (The
script that was public with the paper read and charged 200 epochs at every rung, so its rungs told nothing
apart.) Shown instead is what is left of BOHB at one fidelity: its density model, all queries at 12 epochs.

Asserted, as it holds in the published table and here: evolution is above random search and above REINFORCE
on all three data sets, by more than two standard errors; no run is above the row of the optimum, which is
the table's. And our default, Bayesian optimisation on distinct networks, is not behind evolution in the
reward. In the test accuracy it need not be: what has the highest reward after 12 epochs is not what is best
after 200. REINFORCE above random search is published as well (by .15, .67 and .67 points), and not asserted:
here it is so by .04, .13 and .18, on CIFAR-10 no more than two standard errors of 500 runs; which learning
rate the table's REINFORCE had is not known (with .03, 60 runs of ours have 93.91, 71.75 and 45.35).
"""

from functools import partial

import numpy as np
from claims import READ, Report, Setting, reproduce
from numpy.typing import ArrayLike
from published_searches import NATS, Make
from table_searches import Table, incumbents, over_seeds
from threadpoolctl import threadpool_limits

from surronas.searchers import BOHB, BayesianOptimization, Pool, RandomSearch, Reinforce
from surronas.spaces import Architectures, SearchSpace
from surronas.store import BenchmarkStore

CLAIM = "NAS-Bench-201's search table: evolution above random search and REINFORCE, nobody above the optimum"
SOURCE = "Dong & Yang, ICLR 2020, table 5; protocol of the authors' scripts"
DATA = ("nasbench201-tables",)
MINUTES = (0.3, 4)

TASKS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
REWARD = {"task": "cifar10-valid", "epochs": 12, "seed": "mean"}
BUDGET = 12_000  # seconds
SECONDS = (60.9, 153.7, 89.2)  # of a query, cells 0, 11 and 284: 12 epochs and one validation
NUM_QUERIES = round(BUDGET / np.mean(SECONDS))  # 118
LEAST, MOST = round(BUDGET / max(SECONDS)), round(BUDGET / min(SECONDS))  # 78, 197
EPOCHS = 12

DEFAULT = "default (Bayesian)"
NUM_RUNS, QUICK_RUNS = 500, 60
FEWER = {"BOHB": (50, 2), DEFAULT: (12, 2)}  # these take seconds a run
PUBLISHED = {  # 200-epoch test accuracy: mean and deviation of 500 runs
    "REA": ((93.92, 0.30), (71.84, 0.99), (45.54, 1.03)),
    "RS": ((93.70, 0.36), (71.04, 1.07), (44.57, 1.25)),
    "REINFORCE": ((93.85, 0.37), (71.71, 1.09), (45.24, 1.18)),
    "BOHB": ((93.61, 0.52), (70.85, 1.28), (44.42, 1.49)),
}
OPTIMUM = (94.37, 73.51, 47.31)
ROUNDED = 0.005  # of the published row


class DensityModel:
    """BOHB at one fidelity: what its density model proposes, every query trained for 12 epochs."""

    def __init__(self, space: SearchSpace, *, seed: int, candidates: Pool) -> None:
        self._bohb = BOHB(space, seed=seed, candidates=candidates, min_epochs=EPOCHS, max_epochs=EPOCHS)

    def ask(self, n: int = 1) -> Architectures:
        """Return (n, d) architectures."""
        return self._bohb.ask(n)[0]

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d)."""
        self._bohb.tell(architectures, scores, np.full(len(np.atleast_1d(scores)), EPOCHS))


SEARCHES: dict[str, Make] = {
    "REA": NATS,
    "RS": RandomSearch,
    "REINFORCE": partial(Reinforce, learning_rate=0.01, momentum=0.9, repeats=True),
    "REINFORCE .5": partial(Reinforce, learning_rate=0.5, momentum=0.9, repeats=True),
    "BOHB": DensityModel,
}


def found_by(table: Table, make: Make, seed: int) -> np.ndarray:
    """Return (3,) the candidates of highest reward after 78, 118 and 197 queries."""
    with threadpool_limits(1):
        asked = table.asked(make, MOST, seed)
    best = incumbents(np.array(table.values)[asked][None])[0]
    found: np.ndarray = asked[best[[LEAST - 1, NUM_QUERIES - 1, MOST - 1]]]
    return found


def accuracies(store: BenchmarkStore, table: Table) -> np.ndarray:
    """Return (N, 3) the 200-epoch test accuracies of candidates, in percent."""
    rows = table.pool.architectures
    columns = [
        store.query(rows, "test_accuracy", task=task, epochs=200, seed="mean") for task in TASKS.values()
    ]
    return 100 * np.column_stack(columns)


def show(report: Report, name: str, tests: np.ndarray) -> None:
    """Show the tests (runs, 3, tasks) of what a search found after 118 queries; keep those of 78 and 197."""
    for place, task in enumerate(TASKS):
        after = tests[:, :, place]
        shown = "density model alone" if name == "BOHB" else "found by its reward"
        published = PUBLISHED[name][place] if name in PUBLISHED else None
        what = f"{name}, {shown}, {NUM_QUERIES} queries, %"
        report.beside(task, what, float(after[:, 1].mean()), None if published is None else published[0])
        report.lines[-1] |= {
            "deviation": round(float(after[:, 1].std(ddof=1)), 4),
            "published deviation": None if published is None else published[1],
            "num_seeds": len(after),
            f"after {LEAST}": round(float(after[:, 0].mean()), 4),
            f"after {MOST}": round(float(after[:, 2].mean()), 4),
        }


def orders(report: Report, tests: dict[str, np.ndarray], best: np.ndarray) -> None:
    """Assert what holds under both: who is below evolution, and the row that nobody is above."""
    for place, task in enumerate(TASKS):
        report.near(task, "optimum of the table, %", float(best[place]), OPTIMUM[place], ROUNDED, READ)
        of = {name: runs[:, 1, place] for name, runs in tests.items()}
        for name in ("RS", "REINFORCE"):
            gain, error = above(of["REA"], of[name])
            report.at_least(task, f"REA above {name}", gain, 2 * error, "two standard errors")
        gain, error = above(of["REINFORCE"], of["RS"])
        published = PUBLISHED["REINFORCE"][place][0] - PUBLISHED["RS"][place][0]
        report.beside(task, f"REINFORCE above RS, standard error {error:.3f}", gain, published)
        most = max(float(runs[:, :, place].max()) for runs in tests.values())
        report.at_most(task, "best of all runs, %", most, OPTIMUM[place] + ROUNDED, "row of the optimum")


def above(mine: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return how far a mean over seeds is above another, and the standard error of that."""
    error = np.sqrt(mine.var(ddof=1) / len(mine) + other.var(ddof=1) / len(other))
    return float(mine.mean() - other.mean()), float(error)


def rewards_order(report: Report, rewards: dict[str, np.ndarray]) -> None:
    """Assert that the default has no less reward than evolution; (runs, 3) each."""
    mine, other = (rewards[name][:, 1] for name in (DEFAULT, "REA"))
    _, error = above(mine, other)
    what = f"{DEFAULT}, reward after {NUM_QUERIES}, %"
    bound = float(other.mean()) - 2 * error
    report.at_least("CIFAR-10", what, float(mine.mean()), bound, "evolution, less two standard errors")


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Search on CIFAR-10's 12-epoch validation accuracy; report the 200-epoch tests of what was found."""
    store = setting.table(DATA[0])
    strings = Table(store, REWARD, metric="valid_accuracy")
    networks = Table(store, REWARD, "merge", metric="valid_accuracy")
    plan = {name: (strings, make) for name, make in SEARCHES.items()} | {
        DEFAULT: (networks, BayesianOptimization)
    }
    seeds = {name: setting.seeds(*FEWER.get(name, (NUM_RUNS, QUICK_RUNS))) for name in plan}
    tests, rewards = {}, {}
    for name, (table, make) in plan.items():
        workers = 1 if setting.quick else setting.workers
        found = np.array(over_seeds(partial(found_by, table, make), seeds[name], workers))
        tests[name] = accuracies(store, table)[found]  # (runs, 3, tasks)
        rewards[name] = np.array(table.values)[found]
        show(report, name, tests[name])
    all_tests = accuracies(store, strings)
    of_best = all_tests[int(np.argmax(strings.values))]
    for place, task in enumerate(TASKS):
        report.beside(
            task, "the cell of highest reward of all, %", float(of_best[place]), OPTIMUM[place], READ
        )
    orders(report, tests, all_tests.max(axis=0))
    rewards_order(report, rewards)
    return {
        "seeds": {name: f"0 to {some[-1]}" for name, some in seeds.items()},
        "queries": [LEAST, NUM_QUERIES, MOST],
        "searched": "validation accuracy after 12 epochs, CIFAR-10",
        "reported of the best": "test accuracy after 200 epochs, mean over seeds",
        "reward, %": {name: runs.mean(axis=0).round(4).tolist() for name, runs in rewards.items()},
        "tests, %": {name: runs.mean(axis=0).round(4).tolist() for name, runs in tests.items()},
    }


if __name__ == "__main__":
    reproduce(__file__, measure)
