"""``surronas search --train``: any searcher drives real training, and no worker waits."""

import argparse
import hashlib
import json
from pathlib import Path

from surronas.async_search import run_async_search
from surronas.commands.names import searcher_named
from surronas.commands.search_text import answer_of, print_search
from surronas.commands.training_parts import evaluator_for, space_of, store_for, task_and_recipe
from surronas.errors import InputError
from surronas.evaluators import search_metric
from surronas.store import TRAINING_METRICS, BenchmarkStore
from surronas.training import TrainingEvaluator
from surronas.training.tracking import ProgressBar


def search_by_training(arguments: argparse.Namespace) -> None:
    """Search, show how far it is, and print how the incumbent rose."""
    seeds = list(dict.fromkeys(arguments.training_seeds or [0]))
    _check(arguments, seeds)
    space = space_of(arguments.space or "cell201", arguments.hyper_parameter)
    searcher = searcher_named(arguments.searcher, arguments.surrogate)(space, seed=arguments.seed)
    arguments.task = arguments.task or "digits"
    task, recipe = task_and_recipe(arguments)
    with (
        evaluator_for(
            arguments, space, task, recipe, arguments.budget * len(seeds), asynchronous=True
        ) as evaluator,
        ProgressBar("architectures trained") as bar,
    ):
        store = None if arguments.append_to is None else store_for(Path(arguments.append_to), space)
        found = run_async_search(
            searcher,
            evaluator,
            budget=arguments.budget,
            metric=arguments.metric,
            seeds=seeds,
            store=store,
            notes=None if store is None else _notes(arguments, store, evaluator, seeds),
            on_answer=lambda queries, best: bar.show(
                queries, arguments.budget, f"best {arguments.metric} {best:.4f}"
            ),
        )
    answer = answer_of(arguments, space, evaluator.metrics, found, seeds, space.num_architectures)
    answer |= {"task": task.name, "recipe": recipe.to_json()}
    queried = (
        f"{arguments.budget} architectures of {space.name} trained on {task.name} by recipe {recipe.name} in "
        f"{found.seconds[-1]:.2f} s"
    )
    print_search(arguments, answer, queried)


def _check(arguments: argparse.Namespace, seeds: list[int]) -> None:
    """Refuse what no training has, before anything is made."""
    search_metric(TRAINING_METRICS, arguments.metric)
    if min(seeds) < 0:
        raise InputError(f"expected training seeds of 0 or more, got {seeds}")
    if arguments.store is not None:
        raise InputError(
            f"--train searches by training, not in a store; --append-to {arguments.store} keeps rows there"
        )
    if arguments.epochs is not None:
        raise InputError("--epochs is of a store that is searched; with --train the recipe says how many")
    if arguments.batch != 1:
        raise InputError("--batch is of a store that is searched; --train asks for one when a worker is free")


def _notes(
    arguments: argparse.Namespace, store: BenchmarkStore, evaluator: TrainingEvaluator, seeds: list[int]
) -> Path:
    """Return where the notes of this search lie: by the store, named by all that makes it this search."""
    name = arguments.searcher + (f"-{arguments.surrogate}" if arguments.surrogate else "")
    at = evaluator.axes
    about = json.dumps([name, arguments.seed, arguments.metric, seeds, at.task, at.recipe, store.space.name])
    digest = hashlib.sha256(about.encode()).hexdigest()[:12]
    folder = store.path / "searches" if store.path.is_dir() else Path(f"{store.path}.searches")
    return folder / f"{name}-seed{arguments.seed}-{digest}.jsonl"
