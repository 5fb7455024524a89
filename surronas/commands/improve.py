"""``surronas improve``: the closed loop, shown as it turns, resumable, with a report at the end."""

from __future__ import annotations

import argparse
import contextlib
import platform
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from surronas.commands.names import TASKS
from surronas.commands.printing import print_json
from surronas.commands.training_parts import evaluator_for
from surronas.errors import InputError
from surronas.improve import Outcome, improve
from surronas.journal import Journal
from surronas.plots import Report, write_report
from surronas.progress import PlainDisplay, RichDisplay
from surronas.run_folder import Command, Settings
from surronas.store import BenchmarkStore
from surronas.training import Recipe

_PACKAGES = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost", "h5py", "torch", "matplotlib")


def run(arguments: argparse.Namespace) -> None:
    """Turn the loop, write the report, and print where it is."""
    source = BenchmarkStore.open(arguments.store)
    task, _ = TASKS[arguments.task](arguments.data)
    recipe = _recipe(source, task.name)
    settings = Settings(
        source=arguments.store,
        metric=arguments.metric,
        task=task.name,
        recipe=recipe.to_json(),
        seeds=tuple(arguments.training_seeds),
        num_start=arguments.start,
        num_held_out=arguments.held_out,
        num_rounds=arguments.rounds,
        per_round=arguments.per_round,
        seed=arguments.seed,
        asynchronous=arguments.asynchronous,
        sampled_share=arguments.sampled_share,
    )
    folder = Path(arguments.out)
    command = Command(
        shlex.join(["surronas", *sys.argv[1:]]),
        datetime.now(UTC).isoformat(timespec="seconds"),
        {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
    )
    with (
        _display(arguments.json, settings) as display,
        evaluator_for(
            arguments, source.space, task, recipe, asynchronous=arguments.asynchronous
        ) as evaluator,
    ):
        outcome = improve(source, folder, settings, evaluator, display, command)
    report = _write_report(folder, source, settings, outcome, task.description)
    if arguments.json:
        print_json({"report": str(report), **asdict(outcome)})
    else:
        print(f"grown store: {folder / 'store'}\nreport:      {report}")


def _recipe(source: BenchmarkStore, task: str) -> Recipe:
    """Return the one recipe by which the source's rows of the task were trained.

    Raises:
        InputError: there are none, several, or one that surronas can't train.
    """
    recipes = sorted({str(recipe) for recipe in source.table(task=task)["recipe"]})
    if len(recipes) != 1:
        raise InputError(
            f"expected rows of task {task!r} by one recipe in {source.path}, found {len(recipes)} recipes; "
            f"the store holds tasks {source.tasks}"
        )
    return Recipe.from_json(recipes[0])


@contextlib.contextmanager
def _display(quiet: bool, settings: Settings) -> Iterator[Journal]:
    """Show the loop on standard output; on standard error when that is for JSON."""
    out = sys.stderr if quiet else sys.stdout
    if not out.isatty():
        yield PlainDisplay(out, settings.metric)
        return
    display = RichDisplay(Console(file=out), len(settings.seeds), settings.metric)
    try:
        yield display
    finally:
        display.close()


def _write_report(
    folder: Path, source: BenchmarkStore, settings: Settings, outcome: Outcome, description: str
) -> Path:
    """Write report.html and its figures, and return the report's path."""
    versions = {
        name: ", ".join(sorted({command.versions.get(name, "unknown") for command in outcome.commands}))
        for name in outcome.commands[-1].versions
    }
    best = outcome.rounds[-1].incumbent
    units = Recipe.from_json(settings.recipe).units()
    report = Report(
        title="surronas improve",
        command=outcome.commands[0].line,
        versions=versions,
        settings={name: str(value) for name, value in asdict(settings).items() if name != "recipe"},
        metric=next(metric for metric in source.metrics if metric.name == settings.metric),
        seeds=settings.seeds,
        rounds=outcome.rounds,
        agreements=outcome.agreements,
        graph=source.space.graph(best.architecture),
        incumbent_test=outcome.incumbent_test,
        space=f"{source.space.name}: {source.space.num_architectures} architectures",
        task=description,
        recipe={
            name: f"{value} {units.get(name, '')}".strip()
            for name, value in asdict(Recipe.from_json(settings.recipe)).items()
        },
    )
    return write_report(folder, report)


def _version(package: str) -> str:
    """Return the installed version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
