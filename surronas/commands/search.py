"""``surronas search``: a search against a store, where queries cost nothing, or by real training."""

import argparse

from surronas.commands.names import searcher_named
from surronas.commands.search_text import answer_of, print_search
from surronas.errors import InputError
from surronas.evaluators import TabularEvaluator
from surronas.search import run_search
from surronas.store import BenchmarkStore

_TO_TRAIN = ("space", "append_to", "workers", "checkpoints", "timeout", "data", "hyper_parameter")


def run(arguments: argparse.Namespace) -> None:
    """Print how the incumbent rose, and the test score of the best by validation."""
    if arguments.train:
        from surronas.commands.search_training import search_by_training  # torch is imported there

        search_by_training(arguments)
        return
    given = [name for name in _TO_TRAIN if getattr(arguments, name) is not None]
    if arguments.store is None or given:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(
            f"{options}: only with --train" if given else "expected STORE to search in, or --train"
        )
    _search_store(arguments)


def _search_store(arguments: argparse.Namespace) -> None:
    """Search a table."""
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
    found = run_search(
        searcher,
        evaluator,
        budget=arguments.budget,
        metric=arguments.metric,
        seeds=seeds,
        batch_size=arguments.batch,
    )
    answer = answer_of(arguments, store.space, store.metrics, found, seeds, len(candidates))
    queried = f"{arguments.budget} of {len(candidates)} architectures queried in {found.seconds[-1]:.2f} s"
    print_search(arguments, answer, queried)
