"""Time that searchers take to decide, not to evaluate, on NAS-Bench-201, beside Optuna, SMAC and Syne Tune.

    python reproduce/speed_search.py [STORE]    # prints, and writes reproduce/results/speed_search.json

The store is one that ``surronas import nasbench201-tables`` made; without it the accuracies are synthetic.
Each contestant searches the same table through its own interface, one thread, and the seconds of asking and
telling are noted at each query. At 50, 100 and 200 queries the median of the ten queries around is given,
over all seeds; processor seconds stand beside wall seconds, as about what an idle core would take. Peers
decide over the six decisions of 15,625 cells, ours over the 6,466 distinct networks of a pool that was made
before. A peer that is not installed is named; a search that takes LONGEST seconds is stopped there.

To reach on one idle core: the default searcher <= 20 ms a decision at 100 queries; random search, local
search and evolution >= 20,000 queries a second.
"""

import argparse
import importlib
import json
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Protocol

import numpy as np
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.searchers import (
    BayesianOptimization,
    LocalSearch,
    Pool,
    RandomSearch,
    RegularizedEvolution,
    Searcher,
)
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore

QUERIES = (50, 100, 200)
AROUND = 5  # queries before and after that a median is over
SEEDS = (0, 1)
LONGEST = 120.0  # seconds of one search
CHEAP_QUERIES, CHEAP_SEEDS = 2_000, 7
RESULT = Path(__file__).parent / "results" / "speed_search.json"
SPACE = Cell201()
PACKAGES = ("optuna", "smac", "syne-tune", "torch")


class Deciding(Protocol):
    """A search through a library's own interface."""

    def suggest(self) -> list[int]:
        """Return the six decisions to evaluate next."""

    def observe(self, score: float) -> None:
        """Take the score, more is better, of what was suggested last."""


class Ours:
    """A searcher of surronas."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher

    def suggest(self) -> list[int]:
        """Return the six decisions to evaluate next."""
        self.asked = self.searcher.ask()
        return self.asked[0].tolist()

    def observe(self, score: float) -> None:
        """Take the score of what was suggested last."""
        self.searcher.tell(self.asked, [score])


class Optuna:
    """A sampler of Optuna in a study of its own."""

    def __init__(self, name: str, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        choices = optuna.distributions.CategoricalDistribution(range(5))
        self.distributions = {f"d{i}": choices for i in range(6)}
        sampler = getattr(optuna.samplers, name)(seed=seed)
        self.study = optuna.create_study(direction="maximize", sampler=sampler)

    def suggest(self) -> list[int]:
        """Return the six decisions to evaluate next."""
        self.trial = self.study.ask(self.distributions)
        return [self.trial.params[name] for name in self.distributions]

    def observe(self, score: float) -> None:
        """Take the score of what was suggested last."""
        self.study.tell(self.trial, score)


class Smac:
    """SMAC's hyperparameter facade (random forest), ask and tell, ten initial configurations as ours."""

    def __init__(self, seed: int) -> None:
        from ConfigSpace import Categorical, ConfigurationSpace
        from smac import HyperparameterOptimizationFacade as Facade
        from smac import Scenario

        space = ConfigurationSpace(seed=seed)
        space.add([Categorical(f"d{i}", list(range(5))) for i in range(6)])
        folder = Path(tempfile.mkdtemp())
        scenario = Scenario(space, n_trials=10**6, deterministic=True, output_directory=folder, seed=seed)
        design = Facade.get_initial_design(scenario, n_configs=10)
        self.smac = Facade(
            scenario, lambda config, seed=0: 0.0, initial_design=design, logging_level=logging.CRITICAL
        )

    def suggest(self) -> list[int]:
        """Return the six decisions to evaluate next."""
        self.trial = self.smac.ask()
        return [int(self.trial.config[f"d{i}"]) for i in range(6)]

    def observe(self, score: float) -> None:
        """Take the score of what was suggested last."""
        from smac.runhistory.dataclasses import TrialValue

        self.smac.tell(self.trial, TrialValue(cost=-score))


class SyneTune:
    """A searcher of Syne Tune's; it minimises."""

    def __init__(self, module: str, name: str, seed: int) -> None:
        from syne_tune.config_space import choice

        made = getattr(importlib.import_module(f"syne_tune.optimizer.schedulers.searchers.{module}"), name)
        self.searcher = made(
            config_space={f"d{i}": choice(list(range(5))) for i in range(6)}, random_seed=seed
        )
        self.number = -1

    def suggest(self) -> list[int]:
        """Return the six decisions to evaluate next."""
        self.config, self.number = self.searcher.suggest(), self.number + 1
        return [self.config[f"d{i}"] for i in range(6)]

    def observe(self, score: float) -> None:
        """Take the score of what was suggested last."""
        self.searcher.on_trial_complete(self.number, self.config, -score)


def contestants(pool: Pool) -> dict[str, tuple[str, Callable[[int], Deciding]]]:
    """Return by name the packages that a contestant needs, and what makes its search of a seed."""
    optuna = {
        f"optuna {name}": (needs, partial(Optuna, name))
        for name, needs in (
            ("RandomSampler", "optuna"),
            ("TPESampler", "optuna"),
            ("GPSampler", "optuna torch"),
        )
    }
    syne_tune = {
        f"syne-tune {name}": ("syne_tune", partial(SyneTune, module, name))
        for name, module in (
            ("RandomSearcher", "random_searcher"),
            ("RegularizedEvolution", "regularized_evolution"),
            ("ConformalQuantileRegression", "conformal.conformal_quantile_regression_searcher"),
        )
    }
    return {
        "surronas BayesianOptimization, default": (
            "",
            lambda seed: Ours(BayesianOptimization(SPACE, seed=seed, candidates=pool)),
        ),
        **optuna,
        "smac HyperparameterOptimizationFacade": ("smac", Smac),
        **syne_tune,
    }


def decision_seconds(search: Deciding, accuracy: dict[tuple[int, ...], float]) -> list[tuple[float, float]]:
    """Return wall and processor seconds of asking and telling, for each query."""
    taken, start = [], time.perf_counter()
    while len(taken) < max(QUERIES) + AROUND and time.perf_counter() - start < LONGEST:
        wall, used = time.perf_counter(), time.process_time()
        asked = search.suggest()
        wall_asked, used_asked = time.perf_counter() - wall, time.process_time() - used
        score = accuracy[tuple(asked)]
        wall, used = time.perf_counter(), time.process_time()
        search.observe(score)
        taken.append((time.perf_counter() - wall + wall_asked, time.process_time() - used + used_asked))
    return taken


def at_queries(searches: list[list[tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Return the median milliseconds of a decision around each number of queries that was reached."""
    found = {}
    for query in QUERIES:
        near = [pair for taken in searches for pair in taken[query - AROUND : query + AROUND]]
        if len(near) >= AROUND:
            wall, used = (round(1e3 * median(column), 3) for column in zip(*near, strict=True))
            mean = round(1e3 * float(np.mean(near, axis=0)[1]), 3)  # some decide cheaply now and then
            found[str(query)] = {"wall_ms": wall, "processor_ms": used, "mean_processor_ms": mean}
    return found


def queries_a_second(make: Callable[..., Searcher], pool: Pool, scores: dict[int, float]) -> dict[str, int]:
    """Return queries a second, asked and told one by one, on a pool that others have used before."""
    wall, used = [], []
    for seed in range(CHEAP_SEEDS + 1):
        searcher = make(SPACE, seed=seed, candidates=pool)
        spent = [0.0, 0.0]
        before = time.perf_counter(), time.process_time()
        for _ in range(CHEAP_QUERIES):
            asked = searcher.ask()
            searcher.tell(asked, scores[pool.resolve(asked)[0]])
        spent = [time.perf_counter() - before[0], time.process_time() - before[1]]
        wall.append(CHEAP_QUERIES / spent[0])
        used.append(CHEAP_QUERIES / spent[1])
    return {"a wall second": round(median(wall[1:])), "a processor second": round(median(used[1:]))}


def accuracies(store: Path | None, pool: Pool) -> tuple[str, np.ndarray]:
    """Return what the scores are, and the score (m,) of each candidate."""
    if store is not None:
        axes = {"task": "cifar10-valid", "epochs": 200, "seed": 888}
        values = BenchmarkStore.open(store).query(pool.architectures, "test_accuracy", **axes)
        return "NAS-Bench-201, CIFAR-10, test accuracy of seed 888", values
    worth = np.random.default_rng(0).uniform(0.0, 0.3, size=(6, 5))
    cells = pool.architectures
    quality = np.where(SPACE.live(cells), worth[np.arange(6), cells], 0.0).sum(axis=1)
    return "synthetic accuracies of NAS-Bench-201's cells", 0.95 - 0.85 * np.exp(-3.0 * quality)


def versions() -> dict[str, str]:
    """Return the versions of the peers and of what they stand on, or that they are missing."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    """Measure all contestants in turn, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", nargs="?", type=Path, help="an imported NAS-Bench-201")
    machine, pool = about(), Pool(SPACE)
    what, values = accuracies(parser.parse_args().store, pool)
    cells = SPACE.enumerate()
    place = [pool.place[key] for key in pool.resolve(cells)]
    accuracy = dict(zip(map(tuple, cells.tolist()), values[place].tolist(), strict=True))
    scores = dict(zip(pool.keys.tolist(), values.tolist(), strict=True))
    decisions: dict[str, object] = {}
    for name, (needs, make) in contestants(pool).items():
        try:
            for package in needs.split():
                importlib.import_module(package)
            searches = [decision_seconds(make(seed), accuracy) for seed in SEEDS]
            reached = [len(taken) for taken in searches]
            decisions[name] = at_queries(searches) or f"{reached} queries in {LONGEST:.0f} s a search"
        except ModuleNotFoundError as error:
            decisions[name] = f"not measured: {error.name} is not installed"
        print(f"{name:42s} {decisions[name]}", flush=True)
    cheap = {}
    for searcher in (RandomSearch, LocalSearch, RegularizedEvolution):
        cheap[searcher.__name__] = queries_a_second(searcher, pool, scores)
        print(f"{searcher.__name__:42s} {cheap[searcher.__name__]}", flush=True)
    result = {
        "machine": machine,
        "peers": versions(),
        "table": what,
        "seeds": list(SEEDS),
        "milliseconds_of_a_decision_at_queries": decisions,
        "queries_a_second": cheap,
        "to_reach": "default <= 20 ms at 100 queries, the cheap ones >= 20,000 queries a second, idle core",
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; wrote results/{RESULT.name}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    with threadpool_limits(1):
        main()
