"""How a search is told: each new incumbent, and the test score of the best by validation."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from surronas.commands.printing import print_json, print_table
from surronas.evaluators import test_counterpart
from surronas.search import Trajectory
from surronas.spaces import SearchSpace
from surronas.store import SEED_MEAN, Metric


def print_search(arguments: argparse.Namespace, answer: dict[str, Any], queried: str) -> None:
    """Print an answer as JSON or as a table of incumbents; ``queried`` says in words what was asked."""
    if arguments.json:
        print_json(answer)
        return
    steps, metric, seeds = answer["incumbents"], arguments.metric, answer["training_seeds"]
    rows = [[s["architecture"], str(s["query"]), f"{s[metric]:.4f}", f"{s['seconds']:.2f}"] for s in steps]
    print_table(["incumbent", "query", metric, "seconds"], rows)
    test = answer["test_of_best"]
    print(
        f"{queried}; scores are {_averaged(seeds)}"
        + (f"; {test['metric']} of the best: {test['value']:.4f}" if test else "")
    )


def _averaged(seeds: list[int]) -> str:
    """Return what the scores are, in words."""
    return (
        "the source's own means" if seeds == [SEED_MEAN] else f"means over seeds {', '.join(map(str, seeds))}"
    )


def answer_of(
    arguments: argparse.Namespace,
    space: SearchSpace,
    metrics: Sequence[Metric],
    found: Trajectory,
    seeds: Sequence[int],
    num_candidates: int,
) -> dict[str, Any]:
    """Return the answer, JSON-able: every query, each new incumbent, and the test score of the last."""
    texts = space.to_strings(found.architectures)
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
    test = test_counterpart(metrics, found.metric)
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
