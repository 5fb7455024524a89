"""Accuracy against latency on NAS-Bench-201: how much of the Pareto front a search finds, and within a limit.

    python reproduce/pareto_search.py            # full: 30 seeds, 3 of searches with a model; 10 minutes
    python reproduce/pareto_search.py --quick    # 15 seeds, 1 of searches with a model, few queries; seconds

Searched is CIFAR-10's validation accuracy after 12 epochs (the source's mean of two seeds; this table has no
validation accuracy after 200) against HW-NAS-Bench's latency of CIFAR-10 networks. Candidates are the 6,466
distinct networks, each in its canonical form, which is the one whose latency counts.

Front: hypervolume regret, the share of the hypervolume of the true front that is missing after 50, 100 and
200 queries, above the point of no accuracy and the greatest latency; mean and standard error over seeds.

Limit: at most 5 ms on edgegpu. Regret in points of validation accuracy against the best within the limit; a
search that has found nothing within it has the regret of no accuracy. The limit as part of one score
(``Constrained``), as slacks (``Pareto`` of one metric), or known beforehand (``Constrained.allowed``).

No numbers are published for these searches. Asserted is order: the mean regret of every searcher is below
that of random search by more than two standard errors of the difference, after 100 queries and after all; in
a quick run by more than one.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from claims import Report, Setting, reproduce
from numpy.typing import NDArray
from table_searches import over_seeds
from threadpoolctl import threadpool_limits

from surronas.evaluators import TabularEvaluator
from surronas.metrics import hypervolume, pareto_front, running_hypervolume
from surronas.objectives import Constrained, Objective, Pareto
from surronas.search import Trajectory, run_search
from surronas.searchers import Pool, RandomSearch, RegularizedEvolution, Searcher
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.searchers.multi_objective_bayesian import MultiObjectiveBayesianOptimization
from surronas.searchers.multi_objective_local import MultiObjectiveLocalSearch
from surronas.searchers.nsga2 import NSGA2
from surronas.store import BenchmarkStore, Column
from surronas.store.schema import Records

CLAIM = "Hardware-aware search on NAS-Bench-201 and HW-NAS-Bench: every searcher above random search"
SOURCE = "our measurement; tables of Dong & Yang, ICLR 2020, and Li et al., ICLR 2021"
DATA = ("nasbench201-tables", "hw-nas-bench")
MINUTES = (0.3, 10)

DEVICES = ("edgegpu", "eyeriss", "raspi4", "pixel3", "fpga")
BUDGETS, QUICK_BUDGETS, JUDGED_FROM = (50, 100, 200), (50, 100), 100
NUM_SEEDS, QUICK_SEEDS = 30, 15
NUM_MODEL_SEEDS, QUICK_MODEL_SEEDS = 3, 1
QUICK_DEVICES, QUICK_MODEL_QUERIES = ("edgegpu", "raspi4"), 40
LIMITED_DEVICE, LIMIT = "edgegpu", {"latency_ms": 5.0}
AGAINST = Pareto(("valid_accuracy", "latency_ms"))
WITHIN = Constrained("valid_accuracy", at_most=LIMIT)
APART = Pareto(("valid_accuracy",), at_most=LIMIT)
RANDOM, MODEL = "random", "MultiObjectiveBayesianOptimization"
MOST_POINTS = 40  # of a front in the result
Make = Callable[[Pool, int], Searcher | MultiObjectiveSearcher]
Regrets = NDArray[np.float64]


class RandomOrder(RandomSearch):
    """Random search, which need not know any scores."""

    def tell(self, architectures: NDArray[np.int8], *scores: object) -> None:
        """Note that architectures (n, d) were evaluated."""
        self.discard(architectures)


def made(searcher: Callable[..., Searcher | MultiObjectiveSearcher]) -> Make:
    """Return what makes a searcher on a pool with a seed."""
    return lambda pool, seed: searcher(pool.space, seed=seed, candidates=pool)


SEARCHERS: dict[str, Make] = {
    RANDOM: made(RandomOrder),
    "NSGA2": made(NSGA2),
    "MultiObjectiveLocalSearch": made(MultiObjectiveLocalSearch),
    MODEL: made(MultiObjectiveBayesianOptimization),
}
LIMITED: dict[str, tuple[Make, Objective, bool]] = {  # searcher, objective, whether the pool is restricted
    RANDOM: (SEARCHERS[RANDOM], APART, False),
    "NSGA2, limit as slack": (SEARCHERS["NSGA2"], APART, False),
    "RegularizedEvolution, limit in the score": (made(RegularizedEvolution), WITHIN, False),
    f"{MODEL}, limit as slack": (SEARCHERS[MODEL], APART, False),
    "random, known beforehand": (SEARCHERS[RANDOM], APART, True),
    f"{MODEL}, known beforehand": (SEARCHERS[MODEL], Pareto(("valid_accuracy",)), True),
}


class Device:
    """The accuracies of all candidates with their latencies on one device, to be searched."""

    def __init__(self, runs: BenchmarkStore, costs: BenchmarkStore, device: str, pool: Pool) -> None:
        latency = Column("latency_ms", task="cifar10", device=device)
        self.evaluator = TabularEvaluator(
            runs, task="cifar10-valid", epochs=12, costs={"latency_ms": latency}, costs_store=costs
        )
        self.device, self.pool = device, pool
        self._seeds = self.evaluator.seeds_of("valid_accuracy")
        values = self.values(pool)
        self.scores = np.stack([values["valid_accuracy"], -values["latency_ms"]], axis=1)
        self.reference = np.array([0.0, self.scores[:, 1].min()])
        self.whole = hypervolume(self.scores, self.reference)

    def values(self, pool: Pool) -> Records:
        """Return the runs of a pool's candidates."""
        return self.evaluator.evaluate(pool.architectures, self._seeds)

    def search(self, make: Make, goal: Objective, pool: Pool, budget: int, seed: int) -> Trajectory:
        """Return one search."""
        return run_search(make(pool, seed), self.evaluator, objective=goal, budget=budget, seeds=self._seeds)

    def missing(self, search: Trajectory) -> Regrets:
        """Return (q,) the share of the front's hypervolume that a search lacks after each query."""
        return 1.0 - running_hypervolume(search.scores, self.reference) / self.whole


class Plan:
    """How long searches are, how many, and on which devices."""

    def __init__(self, setting: Setting) -> None:
        self.quick, self.workers = setting.quick, setting.workers
        self.devices = QUICK_DEVICES if self.quick else DEVICES
        self.num_errors = 1 if self.quick else 2
        self._budgets = QUICK_BUDGETS if self.quick else BUDGETS
        self._seeds = {False: setting.seeds(NUM_SEEDS, QUICK_SEEDS)}
        self._seeds[True] = setting.seeds(NUM_MODEL_SEEDS, QUICK_MODEL_SEEDS)

    def seeds(self, name: str) -> range:
        """Return the seeds of a searcher, by its name."""
        return self._seeds[MODEL in name]

    def budgets(self, name: str) -> tuple[int, ...]:
        """Return after how many queries a searcher is judged, the longest last."""
        return (QUICK_MODEL_QUERIES,) if self.quick and MODEL in name else self._budgets

    def skips(self, name: str, device: str) -> bool:
        """Return whether a quick run leaves a searcher out on a device."""
        return self.quick and MODEL in name and device != self.devices[0]


def judge(report: Report, where: str, what: str, regrets: dict[str, Regrets], plan: Plan) -> None:
    """Report whether all searchers are below random search; regrets (seeds, queries) by searcher."""
    for name in (name for name in regrets if name != RANDOM):
        short = name.replace("MultiObjective", "")
        longest = plan.budgets(name)[-1]
        for budget in (each for each in plan.budgets(name) if each in (JUDGED_FROM, longest)):
            ours, theirs = regrets[name][:, budget - 1], regrets[RANDOM][:, budget - 1]
            mean, other = float(ours.mean()), float(theirs.mean())
            alone = len(ours) == 1  # one search has no spread: as much as random search's
            spread = theirs.var(ddof=1) if alone else ours.var(ddof=1)
            error = math.sqrt(float(spread) / len(ours) + float(theirs.var(ddof=1)) / len(theirs))
            told = f"{mean:.4f} against {other:.4f}, standard error {error:.4f}"
            needed = mean < other - (0 if alone else plan.num_errors * error)
            report.holds(where, f"{short}: {what} after {budget}", needed, told)


def told(regrets: dict[str, Regrets], plan: Plan) -> dict[str, object]:
    """Return mean and standard error of regrets (seeds, queries) at the budgets, by searcher."""
    found: dict[str, object] = {}
    for name, all_of in regrets.items():
        at = {str(budget): all_of[:, budget - 1] for budget in plan.budgets(name)}
        errors = {n: each.std(ddof=1) / math.sqrt(len(each)) for n, each in at.items() if len(each) > 1}
        found[name] = {
            "mean": {n: round(float(each.mean()), 5) for n, each in at.items()},
            "standard error": {n: round(float(error), 5) for n, error in errors.items()},
            "seeds": len(all_of),
        }
    return found


def on_device(report: Report, held: Device, plan: Plan) -> tuple[dict[str, object], dict[str, object]]:
    """Report hypervolume regrets of all searchers on one device; return them and the fronts for a figure."""
    regrets: dict[str, Regrets] = {}
    for name, make in SEARCHERS.items():
        if not plan.skips(name, held.device):
            search = partial(held.search, make, AGAINST, held.pool, plan.budgets(name)[-1])
            regrets[name] = missing_of(held, search, plan.seeds(name), plan.workers)
    judge(report, held.device, "hypervolume missing", regrets, plan)
    best = min(regrets, key=lambda name: float(regrets[name][:, -1].mean()))
    found = held.search(SEARCHERS[best], AGAINST, held.pool, plan.budgets(best)[-1], 0).scores
    fronts = {"true": points(held.scores), "found": points(found), "queries": len(found), "searcher": best}
    return told(regrets, plan), fronts


def missing_of(held: Device, search: Callable[[int], Trajectory], seeds: range, workers: int) -> Regrets:
    """Return (seeds, queries) the hypervolume that searches lack."""
    return np.stack(over_seeds(lambda seed: held.missing(search(seed)), seeds, workers))


def points(scores: NDArray[np.float64]) -> list[list[float]]:
    """Return latency and error in percent of the front of scores (n, 2), by latency; at most so many."""
    accuracy, latency = scores[pareto_front(scores)].T
    front = np.unique(np.column_stack([-latency, 1.0 - accuracy]), axis=0)
    kept = np.unique(np.linspace(0, len(front) - 1, min(len(front), MOST_POINTS)).round().astype(int))
    return [[round(float(latency), 4), round(100 * float(error), 3)] for latency, error in front[kept]]


def within_limit(report: Report, held: Device, plan: Plan) -> dict[str, object]:
    """Report regrets of validation accuracy within the limit, and return them."""
    pool = held.pool
    kept = Pool(pool.space, WITHIN.allowed(pool.architectures, held.evaluator.known(pool.architectures)))
    best = float(held.values(kept)["valid_accuracy"].max())
    regrets: dict[str, Regrets] = {}
    for name, (make, goal, restricted) in LIMITED.items():
        candidates, budget = kept if restricted else pool, plan.budgets(name)[-1]
        search = partial(held.search, make, goal, candidates, budget)
        regrets[name] = np.stack(over_seeds(partial(regret, search, best), plan.seeds(name), plan.workers))
    judge(report, "at most 5 ms", "points lost", regrets, plan)
    return {"best within the limit": round(best, 6), "networks within it": kept.size} | told(regrets, plan)


def regret(search: Callable[[int], Trajectory], best: float, seed: int) -> Regrets:
    """Return (q,) the points that one search lacks after each query."""
    done = search(seed)
    accuracy = np.where(done.feasible, done.measured["valid_accuracy"], 0.0)
    return 100.0 * (best - np.maximum.accumulate(accuracy))


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Search within the limit, then all devices; return regrets and fronts."""
    runs, costs = (setting.table(name) for name in DATA)
    pool, plan = Pool(runs.space), Plan(setting)
    front: dict[str, object] = {}
    fronts: dict[str, object] = {}
    with threadpool_limits(1):
        limited = within_limit(report, Device(runs, costs, LIMITED_DEVICE, pool), plan)
        for device in plan.devices:
            front[device], fronts[device] = on_device(report, Device(runs, costs, device, pool), plan)
    return {
        "seeds": f"0 to {len(plan.seeds(RANDOM)) - 1}; of {MODEL} 0 to {len(plan.seeds(MODEL)) - 1}",
        "front": front,
        "fronts": fronts,
        "at most 5 ms on edgegpu": limited,
    }


if __name__ == "__main__":
    reproduce(__file__, measure)
