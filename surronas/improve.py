"""One run of the closed loop on disk: sample a small store, turn the loop, report what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.evaluators import StreamingEvaluator
from surronas.journal import Journal, Round
from surronas.loop import run_loop
from surronas.plots.content import Agreement
from surronas.run_folder import RunFolder, Settings, open_run, write_json
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore


@dataclass(frozen=True)
class Outcome:
    """What a run of the loop gave."""

    rounds: tuple[Round, ...]
    agreements: tuple[
        Agreement, ...
    ]  # fresh trainings beside the source's rows of the same architecture and seed
    incumbent_test: float | None  # mean test accuracy over the seeds; no search or surrogate has seen it
    num_trained: int  # architectures that the search picked and that were trained for real


def improve(
    source: BenchmarkStore, folder: Path, settings: Settings, evaluator: StreamingEvaluator, display: Journal
) -> Outcome:
    """Return the outcome of a run in ``folder``, begun or gone on with; the source store is only read.

    Raises:
        RunFolderError: the folder holds something else, or a run with other settings.
        InputError: the source has too few architectures to start from and to hold out.
    """

    def prepare(store: Path, held_out: Path) -> None:
        start, judged = _sample(source, settings)
        for path, architectures in ((store, start), (held_out, judged)):
            source.copy(path, architectures, task=settings.task, recipe=settings.recipe, seeds=settings.seeds)

    with open_run(folder, settings, display, prepare) as run:
        rounds = run_loop(
            run.store,
            evaluator,
            run.held_out,
            num_rounds=settings.num_rounds,
            per_round=settings.per_round,
            seeds=settings.seeds,
            seed=settings.seed,
            metric=settings.metric,
            journal=run,
        )
        outcome = _outcome(run, source, tuple(rounds))
    write_json(folder / "outcome.json", asdict(outcome))
    return outcome


def _sample(source: BenchmarkStore, settings: Settings) -> tuple[Architectures, Architectures]:
    """Return the architectures to start from and those to hold out, drawn from the ones with all seeds."""
    known = np.all(
        [
            np.isfinite(_of_seed(source, source.architectures, settings.metric, seed, settings))
            for seed in settings.seeds
        ],
        axis=0,
    )
    pool = source.architectures[known]
    wanted = settings.num_start + settings.num_held_out
    if len(pool) < wanted:
        raise InputError(
            f"expected {wanted} architectures with seeds {list(settings.seeds)} in {source.path} "
            f"({settings.num_start} to start from and {settings.num_held_out} held out), found {len(pool)}"
        )
    drawn = pool[np.random.default_rng(settings.seed).permutation(len(pool))[:wanted]]
    return drawn[: settings.num_start], drawn[settings.num_start :]


def _of_seed(
    store: BenchmarkStore,
    architectures: Architectures | Sequence[str],
    metric: str,
    seed: int,
    settings: Settings,
) -> np.ndarray:
    """Return the (n,) values of a metric at the run's task, recipe and one seed, NaN where there is none."""
    return store.query(
        architectures, metric, task=settings.task, recipe=settings.recipe, seed=seed, missing="nan"
    )


def _outcome(run: RunFolder, source: BenchmarkStore, rounds: tuple[Round, ...]) -> Outcome:
    """Return what the finished rounds amount to."""
    settings, best = run.settings, rounds[-1].incumbent.text
    test = None
    if settings.metric.startswith("valid_"):
        name = settings.metric.replace("valid_", "test_", 1)
        if name in {metric.name for metric in run.store.metrics}:
            test = float(
                np.mean([_of_seed(run.store, [best], name, seed, settings) for seed in settings.seeds])
            )
    return Outcome(
        rounds, _agreements(run, source), test, sum(len(finished.candidates) for finished in rounds)
    )


def _agreements(run: RunFolder, source: BenchmarkStore) -> tuple[Agreement, ...]:
    """Return the fresh trainings that the source store happens to hold too."""
    settings, found = run.settings, []
    for row in run.store.table(task=settings.task, recipe=settings.recipe, origin="search"):
        text = run.store.space.to_strings(row["architecture"][None])[0]
        for other in source.table([text], task=settings.task, recipe=settings.recipe, seed=int(row["seed"])):
            values = (float(row[settings.metric]), float(other[settings.metric]))
            devices = (str(row["device"]), str(other["device"]))
            found.append(Agreement(text, int(row["seed"]), int(row["epochs"]), *values, *devices))
    return tuple(found)
