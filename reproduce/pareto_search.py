"""Accuracy against latency on NAS-Bench-201: how much of the Pareto front a search finds, and within a limit.

    python reproduce/pareto_search.py nasbench201-tables.h5 hw-nas-bench.h5      # stores, as imported

Searched is CIFAR-10's validation accuracy after 12 epochs (the source's mean of two seeds; this table has no
validation accuracy after 200) against HW-NAS-Bench's latency of CIFAR-10 networks. Candidates are the 6,466
distinct networks, each in its canonical form, which is the one whose latency counts.

Front: hypervolume regret, the share of the hypervolume of the true front that is missing after 50, 100 and
200 queries, above the point of no accuracy and the greatest latency; mean and standard error over seeds.

Limit: at most 5 ms on edgegpu. Regret in points of validation accuracy against the best within the limit; a
search that has found nothing within it has the regret of no accuracy. The limit as part of one score
(``Constrained``), as slacks (``Pareto`` of one metric), or known beforehand (``Constrained.allowed``).

Writes reproduce/results/pareto_search.json, with the number of seeds on each line.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import about
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from surronas.evaluators import TabularEvaluator
from surronas.metrics import hypervolume, running_hypervolume
from surronas.objectives import Constrained, Objective, Pareto
from surronas.search import Trajectory, run_search
from surronas.searchers import Pool, RandomSearch, RegularizedEvolution, Searcher
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.searchers.multi_objective_bayesian import MultiObjectiveBayesianOptimization
from surronas.searchers.multi_objective_local import MultiObjectiveLocalSearch
from surronas.searchers.nsga2 import NSGA2
from surronas.store import BenchmarkStore, Column

RESULT = Path(__file__).parent / "results" / "pareto_search.json"
DEVICES = ("edgegpu", "eyeriss", "raspi4")
BUDGETS = (50, 100, 200)
LIMIT = {"latency_ms": 5.0}
AGAINST = Pareto(("valid_accuracy", "latency_ms"))
WITHIN = Constrained("valid_accuracy", at_most=LIMIT)
APART = Pareto(("valid_accuracy",), at_most=LIMIT)
Make = Callable[[Pool, int], Searcher | MultiObjectiveSearcher]


class RandomOrder(RandomSearch):
    """Random search, which need not know any scores."""

    def tell(self, architectures: NDArray[np.int8], *scores: object) -> None:
        """Note that architectures (n, d) were evaluated."""
        self.discard(architectures)


SEARCHERS: dict[str, Make] = {
    "random": lambda pool, seed: RandomOrder(pool.space, seed=seed, candidates=pool),
    "NSGA2": lambda pool, seed: NSGA2(pool.space, seed=seed, candidates=pool),
    "MultiObjectiveLocalSearch": lambda pool, seed: MultiObjectiveLocalSearch(
        pool.space, seed=seed, candidates=pool
    ),
    "MultiObjectiveBayesianOptimization": lambda pool, seed: MultiObjectiveBayesianOptimization(
        pool.space, seed=seed, candidates=pool
    ),
}
LIMITED: dict[str, tuple[str, Objective, bool]] = {  # searcher, objective, whether the pool is restricted
    "random": ("random", APART, False),
    "NSGA2, limit as slack": ("NSGA2", APART, False),
    "RegularizedEvolution, limit in the score": ("RegularizedEvolution", WITHIN, False),
    "MultiObjectiveBayesianOptimization, limit as slack": (
        "MultiObjectiveBayesianOptimization",
        APART,
        False,
    ),
    "random, known beforehand": ("random", APART, True),
    "MultiObjectiveBayesianOptimization, known beforehand": (
        "MultiObjectiveBayesianOptimization",
        Pareto(("valid_accuracy",)),
        True,
    ),
}
SINGLE: dict[str, Make] = {
    "RegularizedEvolution": lambda pool, seed: RegularizedEvolution(pool.space, seed=seed, candidates=pool)
}


def table(runs: BenchmarkStore, costs: BenchmarkStore, device: str) -> TabularEvaluator:
    """Return accuracies, with the latency on a device beside them."""
    latency = Column("latency_ms", task="cifar10", device=device)
    return TabularEvaluator(
        runs, task="cifar10-valid", epochs=12, costs={"latency_ms": latency}, costs_store=costs
    )


def searched(evaluator: TabularEvaluator, pool: Pool, make: Make, goal: Objective, seed: int) -> Trajectory:
    """Return one search of the largest budget."""
    seeds = evaluator.seeds_of("valid_accuracy")
    return run_search(make(pool, seed), evaluator, objective=goal, budget=BUDGETS[-1], seeds=seeds)


def told(regrets: list[NDArray[np.float64]], seconds: float) -> dict[str, object]:
    """Return mean and standard error of regrets (seeds, queries) at the budgets."""
    at = np.stack(regrets)[:, np.array(BUDGETS) - 1]
    errors = at.std(axis=0, ddof=1) / np.sqrt(len(at)) if len(at) > 1 else np.full(len(BUDGETS), np.nan)
    return {
        "mean": dict(zip(map(str, BUDGETS), at.mean(axis=0).round(5).tolist(), strict=True)),
        "standard error": dict(zip(map(str, BUDGETS), errors.round(5).tolist(), strict=True)),
        "seeds": len(at),
        "processor seconds a search": round(seconds / len(at), 2),
    }


def fronts(evaluator: TabularEvaluator, pool: Pool, seeds: Callable[[str], int]) -> dict[str, object]:
    """Return hypervolume regrets, as shares of the whole, of all searchers on one device."""
    values = evaluator.evaluate(pool.architectures, evaluator.seeds_of("valid_accuracy"))
    everything = np.stack([values["valid_accuracy"], -values["latency_ms"]], axis=1)
    reference = np.array([0.0, everything[:, 1].min()])
    whole = hypervolume(everything, reference)
    found: dict[str, object] = {}
    for name, make in SEARCHERS.items():
        start, regrets = time.process_time(), []
        for seed in range(seeds(name)):
            search = searched(evaluator, pool, make, AGAINST, seed)
            regrets.append(1.0 - running_hypervolume(search.scores, reference) / whole)
        found[name] = told(regrets, time.process_time() - start)
        show(name, found[name])
    return found


def within_limit(evaluator: TabularEvaluator, pool: Pool, seeds: Callable[[str], int]) -> dict[str, object]:
    """Return regrets of validation accuracy within the limit."""
    kept = Pool(pool.space, WITHIN.allowed(pool.architectures, evaluator.known(pool.architectures)))
    values = evaluator.evaluate(kept.architectures, evaluator.seeds_of("valid_accuracy"))
    best = float(values["valid_accuracy"].max())
    found: dict[str, object] = {"best within the limit": best, "networks within it": kept.size}
    for name, (searcher, goal, restricted) in LIMITED.items():
        start, regrets = time.process_time(), []
        for seed in range(seeds(name)):
            make = (SEARCHERS | SINGLE)[searcher]
            search = searched(evaluator, kept if restricted else pool, make, goal, seed)
            accuracy = np.where(search.feasible, search.measured["valid_accuracy"], 0.0)
            regrets.append(100.0 * (best - np.maximum.accumulate(accuracy)))
        found[name] = told(regrets, time.process_time() - start)
        show(name, found[name])
    return found


def show(name: str, figures: object) -> None:
    """Print one line."""
    print(f"{name:54}", figures, flush=True)


def main() -> None:
    """Search all devices, then within the limit; write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("costs", type=Path)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--model-seeds", type=int, help="of searches with a model, if they are to be fewer")
    parser.add_argument("--devices", nargs="+", default=DEVICES)
    parser.add_argument("--result", type=Path, default=RESULT)
    given = parser.parse_args()

    def seeds(name: str) -> int:
        """Return how many searches a searcher makes."""
        return (given.model_seeds or given.seeds) if "Bayesian" in name else given.seeds

    runs, costs = BenchmarkStore.open(given.runs), BenchmarkStore.open(given.costs)
    pool = Pool(runs.space)
    result: dict[str, object] = {"about": about(), "front": {}}
    with threadpool_limits(1):
        print("at most 5 ms on edgegpu: regret in points of validation accuracy")
        result["at most 5 ms on edgegpu"] = within_limit(table(runs, costs, "edgegpu"), pool, seeds)
        for device in given.devices:
            print(f"accuracy against latency on {device}: share of the hypervolume that is missing")
            result["front"] |= {device: fronts(table(runs, costs, device), pool, seeds)}
            given.result.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
