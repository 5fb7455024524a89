"""``surronas evaluate``: how good surrogates are on a store, with intervals and the noise ceiling."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from surronas.commands.names import ENCODINGS, SPLITS, SURROGATES, seed_of, with_device
from surronas.commands.printing import print_json
from surronas.commands.provenance import provenance
from surronas.errors import InputError
from surronas.evaluation import (
    Contender,
    Fit,
    Results,
    csv_of_fits,
    csv_of_summaries,
    evaluate_surrogates,
    grouped,
    latex_table,
    target_of,
    text_table,
)
from surronas.run_folder import without_nan
from surronas.spaces import SearchSpace
from surronas.store import BenchmarkStore


def run(arguments: argparse.Namespace) -> None:
    """Print the table; write tables and figures where a folder is given."""
    out = Path(arguments.out) if arguments.out else None
    if out is not None and out.is_file():
        raise InputError(f"expected --out as a folder, but {out} is a file")
    store = BenchmarkStore.open(arguments.store)
    device = with_device(store, arguments.metric, arguments.device) if arguments.metric else None
    target = target_of(
        store,
        arguments.metric,
        task=arguments.task,
        recipe=arguments.recipe,
        epochs=arguments.epochs,
        seed=seed_of(arguments.seed),
        device=device,
    )
    with _shown() as progress:
        results = evaluate_surrogates(
            target,
            _contenders(arguments, store.space),
            train_sizes=arguments.train_sizes,
            num_seeds=arguments.seeds,
            split=SPLITS[arguments.split](),
            twins_apart=arguments.twins == "apart",
            num_test=arguments.num_test,
            top_k=arguments.k,
            num_workers=arguments.workers,
            on_fit=_shower(progress),
        )
    answer = provenance() | results.to_json()
    written = _write(out, results, answer) if out is not None else []
    if arguments.json:
        print_json(answer)
        return
    print(text_table(results))
    if written:
        print(f"\nwritten to {out}: {', '.join(written)}")


def _contenders(arguments: argparse.Namespace, space: SearchSpace) -> list[Contender]:
    """Return each surrogate with each encoding."""
    return [
        grouped(Contender(surrogate, SURROGATES[surrogate](), encoding, ENCODINGS[encoding]()), space)
        for surrogate in dict.fromkeys(arguments.surrogate)
        for encoding in dict.fromkeys(arguments.encoding)
    ]


def _shown() -> Progress:
    """Return a bar on standard error; it stays silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _shower(progress: Progress) -> Callable[[Fit, int], None]:
    """Return what shows a fit that ended: on the bar, or a line for each train size in a log."""
    task = progress.add_task("fits", total=None)
    told: set[tuple[str, str, int]] = set()

    def show(fit: Fit, total: int) -> None:
        where = (fit.surrogate, fit.encoding, fit.num_train)
        words = f"{fit.surrogate} on {fit.encoding}, n = {fit.num_train}"
        progress.update(task, total=total, advance=1, description=words)
        if progress.disable and where not in told:
            print(words, file=sys.stderr, flush=True)
        told.add(where)

    return show


def _write(out: Path, results: Results, answer: dict[str, Any]) -> list[str]:
    """Write tables and figures into a folder, made if it is not there; return the files' names."""
    from surronas.plots.evaluation import calibration_figure, figure_bytes, tau_figure

    out.mkdir(parents=True, exist_ok=True)
    texts = {
        "summary.csv": csv_of_summaries(results),
        "fits.csv": csv_of_fits(results),
        "kendall_tau.tex": latex_table(results),
        "results.json": json.dumps(without_nan(answer), indent=1) + "\n",
        "table.txt": text_table(results) + "\n",
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    figures = {"kendall_tau": tau_figure(results), "calibration": calibration_figure(results)}
    for name, figure in figures.items():
        for kind in ("png", "pdf"):
            (out / f"{name}.{kind}").write_bytes(figure_bytes(figure, kind))
    return [*texts, *(f"{name}.{kind}" for name in figures for kind in ("png", "pdf"))]
