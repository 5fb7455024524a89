"""``surronas search``: a search against a store, where queries cost nothing."""

import argparse
from typing import Any

import numpy as np

from surronas.commands.names import searcher_named
from surronas.commands.printing import print_json, print_table
from surronas.errors import InputError
from surronas.evaluators import TabularEvaluator, test_counterpart
from surronas.search import Trajectory, run_search
from surronas.store import SEED_MEAN, BenchmarkStore


def run(arguments: argparse.Namespace) -> None:
    """Print how the incumbent rose, and the test score of the best by validation."""
    store = BenchmarkStore.open(arguments.store)
    evaluator = TabularEvaluator(store, task=arguments.task, recipe=arguments.recipe, epochs=arguments.epochs)
    seeds = arguments.training_seeds or evaluator.seeds_of(arguments.metric)
    candidates = evaluator.architectures_with(seeds)
    if arguments.budget > len(candidates):
        raise InputError(
            f"expected a budget of at most the {len(candidates)} architectures, got {arguments.budget}"
        )
    make = searcher_named(arguments.searcher, arguments.surrogate)
    searcher = make(store.space, seed=arguments.seed, candidates=candidates)
    trajectory = run_search(
        searcher,
        evaluator,
        budget=arguments.budget,
        metric=arguments.metric,
        seeds=seeds,
        batch_size=arguments.batch,
    )
    answer = _answer(arguments, store, trajectory, seeds, len(candidates))
    if arguments.json:
        print_json(answer)
        return
    steps = answer["incumbents"]
    rows = [
        [s["architecture"], str(s["query"]), f"{s[arguments.metric]:.4f}", f"{s['seconds']:.2f}"]
        for s in steps
    ]
    print_table(["incumbent", "query", arguments.metric, "seconds"], rows)
    test = answer["test_of_best"]
    print(
        f"{arguments.budget} of {len(candidates)} architectures queried in {trajectory.seconds[-1]:.2f} s; "
        f"scores are {_averaged(seeds)}"
        + (f"; {test['metric']} of the best: {test['value']:.4f}" if test else "")
    )


def _averaged(seeds: list[int]) -> str:
    """Return what the scores are, in words."""
    return (
        "the source's own means" if seeds == [SEED_MEAN] else f"means over seeds {', '.join(map(str, seeds))}"
    )


def _answer(
    arguments: argparse.Namespace,
    store: BenchmarkStore,
    found: Trajectory,
    seeds: list[int],
    num_candidates: int,
) -> dict[str, Any]:
    """Return the answer, JSON-able: every query, each new incumbent, and the test score of the last."""
    texts = store.space.to_strings(found.architectures)
    values = found.values()
    steps = [
        {
            "query": i + 1,
            "architecture": texts[i],
            found.metric: float(values[i]),
            "seconds": float(found.seconds[i]),
        }
        for i in range(len(texts))
    ]
    best_so_far = np.nan_to_num(found.incumbent_scores(), nan=-np.inf)  # failed first queries
    new = np.flatnonzero(best_so_far > np.append(-np.inf, best_so_far[:-1]))
    test = test_counterpart(store.metrics, found.metric)
    runs = found.records.reshape(-1, len(seeds))[found.best()]
    tested = float(runs[test].mean()) if test else np.nan  # NaN too where these runs have no test score
    return {
        "searcher": arguments.searcher,
        "seed": arguments.seed,
        "training_seeds": list(seeds),
        "num_candidates": num_candidates,
        "queries": steps,
        "incumbents": [steps[i] for i in new],
        "test_of_best": None if np.isnan(tested) else {"metric": test, "value": tested},
    }
