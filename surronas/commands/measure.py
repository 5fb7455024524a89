"""``surronas measure``: latency, memory, energy, parameters and FLOPs of networks on this machine."""

import argparse
from pathlib import Path

import numpy as np

from surronas.commands.names import TASKS
from surronas.commands.printing import number, print_json, print_table
from surronas.commands.training_parts import recipe_of
from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace, space_named
from surronas.store import BenchmarkStore
from surronas.training import Recipe, Task
from surronas.training.costs import COST_METRICS, Conditions, attach_costs, held_costs, measure_costs
from surronas.training.costs.measuring import Costs
from surronas.training.recipes import RECIPES
from surronas.training.tracking import ProgressBar


def run(arguments: argparse.Namespace) -> None:
    """Measure architectures, print what they cost and, if asked, keep it in a store."""
    store = None if arguments.space else _given_store(arguments)
    space = space_named(arguments.space) if store is None else store.space
    task, recipe = _setting(arguments, store)
    architectures = _architectures(arguments, space, store)
    conditions = Conditions(
        device=arguments.device,
        batch_size=arguments.batch_size,
        runtime=arguments.runtime,
        num_threads=arguments.threads,
    )
    costs, kept = _measured(arguments, space, architectures, task, recipe, conditions)
    texts = space.to_strings(architectures)
    if arguments.json:
        rows = [
            {"architecture": text, **{name: float(values[i]) for name, values in costs.items()}}
            for i, text in enumerate(texts)
        ]
        about = {"device": conditions.text, "task": task.name, "recipe": recipe.to_json()}
        print_json({**about, "new_values": kept, "rows": rows})
        return
    shown = [name for name, values in costs.items() if not np.isnan(values).all()]
    cells = [[text, *(_cell(costs[name][i]) for name in shown)] for i, text in enumerate(texts)]
    print_table(["architecture", *shown], cells)
    absent = [name for name in costs if name not in shown]
    print(f"{conditions.text}; {task.name}, recipe {recipe.name}")
    if absent:
        print(f"not measured: {', '.join(absent)}")
    if kept is not None:
        print(f"{kept} new values in {arguments.append_to}")


def _measured(
    arguments: argparse.Namespace,
    space: SearchSpace,
    architectures: Architectures,
    task: Task,
    recipe: Recipe,
    conditions: Conditions,
) -> tuple[Costs, int | None]:
    """Return the costs, and how many values are new in the store that keeps them, None without one."""
    metrics = arguments.metric or [metric.name for metric in COST_METRICS]
    if arguments.append_to is None:
        with ProgressBar("networks measured") as bar:
            costs = measure_costs(
                space,
                architectures,
                task,
                recipe,
                device=conditions.device,
                batch_size=conditions.batch_size,
                runtime=conditions.runtime,
                num_threads=conditions.num_threads,
                metrics=metrics,
                seconds=arguments.seconds,
                on_progress=bar.show,
            )
        return costs, None
    measure_costs(space, architectures[:1], task, recipe, metrics=["params"])  # before a store is made
    store = _kept_in(Path(arguments.append_to), space)
    with ProgressBar("networks measured") as bar:
        new = attach_costs(
            store,
            architectures,
            task,
            recipe,
            conditions=conditions,
            metrics=metrics,
            seconds=arguments.seconds,
            on_progress=bar.show,
            command="surronas measure",
        )
    return {name: held_costs(store, architectures, name, task, recipe, conditions) for name in metrics}, new


def _given_store(arguments: argparse.Namespace) -> BenchmarkStore:
    """Return the store that was named first.

    Raises:
        InputError: nothing was.
    """
    if not arguments.given:
        raise InputError("expected a store, or --space and architectures, got neither")
    return BenchmarkStore.open(arguments.given[0])


def _architectures(
    arguments: argparse.Namespace, space: SearchSpace, store: BenchmarkStore | None
) -> Architectures:
    """Return the (n, d) architectures to measure, those that were named or drawn.

    Raises:
        InputError: none were, or too many, or both.
    """
    texts = list(dict.fromkeys(arguments.given if store is None else arguments.given[1:]))
    if texts and arguments.sample:
        raise InputError(f"expected architectures or --sample, got {len(texts)} and --sample")
    if texts:
        return space.from_strings(texts)
    rng = np.random.default_rng(arguments.seed)
    if store is None:
        if not arguments.sample:
            raise InputError(f"expected architectures of space {space.name!r}, or --sample N, got neither")
        drawn = space.canonical(space.sample(arguments.sample, rng))
        return drawn[np.sort(np.unique(drawn, axis=0, return_index=True)[1])]
    known = store.architectures
    if not len(known) or (arguments.sample or 0) > len(known):
        raise InputError(f"expected architectures to measure, but {store.path} has {len(known)}")
    return known[np.sort(rng.permutation(len(known))[: arguments.sample])]


def _setting(arguments: argparse.Namespace, store: BenchmarkStore | None) -> tuple[Task, Recipe]:
    """Return the task, and the recipe that says how wide and deep the networks are.

    Raises:
        InputError: the store's task can't be made here, or no one recipe is meant.
    """
    name = arguments.task or "digits"
    if store is not None and arguments.task is None and store.tasks:
        name = store.tasks[0]
        if len(store.tasks) > 1 or name not in TASKS:
            raise InputError(
                f"expected --task as one of {', '.join(TASKS)}; {store.path} has {', '.join(store.tasks)}"
            )
    task, usual = TASKS[name](arguments.data)
    if arguments.recipe is not None and (arguments.recipe in RECIPES or arguments.recipe.startswith("{")):
        return task, recipe_of(arguments.recipe)
    texts = [] if store is None else [r for r in store.recipes if store.epochs(task=task.name, recipe=r)]
    fitting = [text for text in texts if arguments.recipe is None or arguments.recipe in text]
    if arguments.recipe is None and not texts:
        return task, usual
    if len(fitting) != 1:
        raise InputError(
            f"expected --recipe as one of {', '.join(RECIPES)}, or part of the text of one recipe of the "
            f"store, got {arguments.recipe!r}, which fits {len(fitting)}"
        )
    return task, Recipe.from_json(fitting[0])


def _kept_in(path: Path, space: SearchSpace) -> BenchmarkStore:
    """Return the store to append to, made if it is not there.

    Raises:
        InputError: it is of another space.
    """
    if not path.exists():
        return BenchmarkStore.create(path, space, canonical=True)
    store = BenchmarkStore.open(path)
    if store.space.name != space.name:
        raise InputError(f"expected a store of space {space.name!r}, but {path} is of {store.space.name!r}")
    return store


def _cell(value: float) -> str:
    """Return a cost as text, to 4 digits."""
    return number(value) if value != value or abs(value) >= 1000 else f"{value:.4g}"
