"""``surronas compare``: which searcher is better, on what budget, and is the difference real."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from surronas.commands.comparison_text import print_comparison, summaries
from surronas.commands.names import searcher_named, takes_surrogate, whole_number
from surronas.commands.printing import print_json
from surronas.compare import (
    Budget,
    Comparison,
    Factory,
    ParetoProblem,
    Problem,
    Reported,
    TableProblem,
    compare,
    write_parquet,
)
from surronas.compare.reading import Seeds
from surronas.errors import InputError
from surronas.objectives import Pareto
from surronas.store import BenchmarkStore

RESULTS = "comparison.h5"


def run(arguments: argparse.Namespace) -> None:
    """Print the table; write results, tables, figures and the report where a folder is given."""
    out = Path(arguments.out) if arguments.out else None
    if out is not None and out.is_file():
        raise InputError(f"expected --out as a folder, but {out} is a file")
    if arguments.parquet and out is None:
        raise InputError("expected --out as well as --parquet, which writes into that folder")
    searchers, problems = _searchers(arguments), _problems(arguments)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with _bar() as bar:
        comparison = compare(
            searchers,
            problems,
            seeds=arguments.seeds,
            budget=_budget(arguments),
            simulated_workers=arguments.simulated_workers,
            batch=arguments.batch,
            decision_seconds=arguments.decision_seconds,
            workers=arguments.workers,
            out=None if out is None else out / RESULTS,
            on_runs=_shower(bar),
        )
    written = [] if out is None else _write(comparison, out, parquet=arguments.parquet)
    if arguments.json:
        print_json({"problems": summaries(comparison), "settings": comparison.settings, "written": written})
        return
    print_comparison(comparison)
    if written:
        print(f"\nwritten to {out}: {', '.join(written)}")


def _searchers(arguments: argparse.Namespace) -> dict[str, Factory]:
    """Return the searchers by name, those that take one with the surrogate that was named."""
    names = list(dict.fromkeys(arguments.searchers))
    with_one = [name for name in names if arguments.surrogate and takes_surrogate(name)]
    if arguments.surrogate and not with_one:
        raise InputError(f"none of {', '.join(names)} takes a surrogate, got {arguments.surrogate!r}")
    return {name: searcher_named(name, arguments.surrogate if name in with_one else None) for name in names}


def _problems(arguments: argparse.Namespace) -> list[Problem]:
    """Return a problem for each task of each store."""
    make = _fronts(arguments) if arguments.against or arguments.at_most or arguments.at_least else None
    if make is None:
        make = partial(
            TableProblem,
            metric=arguments.metric,
            seeds=_seeds(arguments.training_seeds),
            reported=Reported(arguments.test_metric, arguments.test_task, None, arguments.test_epochs),
            objective_is_test=arguments.objective_is_test,
        )
    axes = {name: getattr(arguments, name) for name in ("recipe", "epochs", "device", "isomorphic")}
    return [
        make(store=store, task=task, **axes)
        for store in arguments.stores
        for task in arguments.task or _tasks(store, arguments)
    ]


def _fronts(arguments: argparse.Namespace) -> Callable[..., Problem]:
    """Return what makes problems of several metrics, or of one within limits."""
    if arguments.test_metric or arguments.test_task or arguments.test_epochs or arguments.objective_is_test:
        raise InputError("with --against, --at-most or --at-least no test metric is reported or searched")
    seeds = _seeds(arguments.training_seeds)
    if seeds == "drawn":
        raise InputError("expected --training-seeds as numbers or 'mean' with --against or limits")
    objective = Pareto(
        (arguments.metric, *arguments.against), _limits(arguments.at_most), _limits(arguments.at_least)
    )
    return partial(ParetoProblem, objective=objective, seeds=seeds)


def _limits(given: list[str]) -> dict[str, float]:
    """Return limits by metric."""
    limits = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            limits[name] = float(value)
        except ValueError:
            raise InputError(f"expected a limit as METRIC=VALUE, got {text!r}") from None
    return limits


def _tasks(path: str, arguments: argparse.Namespace) -> list[str | None]:
    """Return the tasks that have the metric as it is asked for; None where there is none to choose."""
    store = BenchmarkStore.open(path)
    columns = [column for column in store.info()["columns"] if column["metric"] == arguments.metric]
    tasks = sorted({column["task"] for column in columns})
    if not columns and arguments.metric in {metric.name for metric in store.metrics}:
        tasks = [task for task in store.tasks if _measured(store, task, arguments)]
    found: list[str | None] = [*tasks]
    return found if len(found) > 1 or len(store.tasks) > 1 else [None]


def _measured(store: BenchmarkStore, task: str, arguments: argparse.Namespace) -> bool:
    """Return whether runs of a task have the metric, with the epochs and seeds that are asked for."""
    if arguments.epochs is not None and arguments.epochs not in store.epochs(task=task):
        return False
    runs = store.table(task=task, recipe=arguments.recipe, epochs=arguments.epochs)
    if isinstance(_seeds(arguments.training_seeds), int | tuple):
        runs = runs[np.isin(runs["seed"], _seeds(arguments.training_seeds))]
    known = runs[arguments.metric] if arguments.metric in (runs.dtype.names or ()) else np.empty(0)
    return bool(np.isfinite(known).any())


def _seeds(given: list[str]) -> Seeds:
    """Return the trainings that a score is of."""
    if given == ["mean"]:
        return "mean"
    if given == ["drawn"]:
        return "drawn"
    numbers = [whole_number(text, "--training-seeds as numbers, 'mean' or 'drawn'") for text in given]
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _budget(arguments: argparse.Namespace) -> Budget:
    """Return what a search may spend: 100 queries if nothing is said."""
    costly = arguments.budget_epochs is not None or arguments.budget_seconds is not None
    queries = arguments.budget if arguments.budget is not None or costly else 100
    return Budget(queries, arguments.budget_epochs, None, arguments.budget_seconds)


def _bar() -> Progress:
    """Return a bar on standard error; it stays silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _shower(bar: Progress) -> Callable[[int, int, str], None]:
    """Return what shows how many searches are done: on the bar, or a line for each tenth in a log."""
    task, told = bar.add_task("searches", total=None), [-1]

    def show(done: int, total: int, words: str) -> None:
        bar.update(task, total=total, completed=done, description=words or "searches")
        if bar.disable and 10 * done // total > told[0]:
            told[0] = 10 * done // total
            print(f"{done} of {total} searches", file=sys.stderr, flush=True)

    return show


def _write(comparison: Comparison, out: Path, *, parquet: bool) -> list[str]:
    """Write what is beside the results; return the names of what to look at."""
    from surronas.plots.comparison_report import write_report  # here: it loads matplotlib

    written = [RESULTS]
    if parquet:
        write_parquet(comparison, out / "queries.parquet")
        written.append("queries.parquet")
    if comparison.asked.any():
        written.append(f"{write_report(comparison, out).name} with its figures and tables")
    return written
