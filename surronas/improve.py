"""One run of the closed loop on disk: sample a small store, turn the loop, report what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.evaluators import StreamingEvaluator, search_metric, test_counterpart
from surronas.journal import Agreement, Journal, Round
from surronas.judging import FEWEST_HELD_OUT
from surronas.loop import run_loop
from surronas.proposals import num_sampled
from surronas.run_folder import Command, RunFolder, Settings, open_run, without_nan, write_json
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore

MOST_PER_ROUND = 256  # a batch costs a refit for each architecture: minutes beyond that


@dataclass(frozen=True)
class Outcome:
    """What a run of the loop gave."""

    rounds: tuple[Round, ...]
    agreements: tuple[Agreement, ...]  # fresh trainings beside the source's rows of the same runs
    incumbent_test: float | None  # mean test accuracy over the seeds; no search or surrogate has seen it
    num_trained: int  # architectures that the search picked and that were trained for real
    commands: tuple[Command, ...]  # that began the run and went on with it


def improve(
    source: BenchmarkStore,
    folder: Path,
    settings: Settings,
    evaluator: StreamingEvaluator,
    display: Journal,
    command: Command,
) -> Outcome:
    """Return the outcome of a run in ``folder``, begun or gone on with; the source store is only read.

    ``command`` is kept in the folder beside those that began the run or went on with it.

    Raises:
        RunFolderError: the folder holds something else, or a run with other settings.
        InputError: the source has too few architectures to start from and to hold out.
    """
    check_settings(source, settings)

    def prepare(store: Path, held_out: Path) -> None:
        start, judged = _sample(source, settings)
        for path, architectures in ((store, start), (held_out, judged)):
            source.copy(
                path, architectures, tasks=[settings.task], recipes=[settings.recipe], seeds=settings.seeds
            )

    with open_run(folder, settings, display, prepare, command) as run:
        rounds = run_loop(
            run.store,
            evaluator,
            run.held_out,
            num_rounds=settings.num_rounds,
            per_round=settings.per_round,
            seeds=settings.seeds,
            seed=settings.seed,
            metric=settings.metric,
            sampled_share=settings.sampled_share,
            journal=run,
            asynchronous=settings.asynchronous,
        )
        outcome = _outcome(run, source, tuple(rounds))
    write_json(folder / "outcome.json", without_nan(asdict(outcome)))
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
    test, name = None, test_counterpart(run.store.metrics, settings.metric)
    if name is not None:
        test = float(np.mean([_of_seed(run.store, [best], name, seed, settings) for seed in settings.seeds]))
    return Outcome(
        rounds,
        _agreements(run, source, rounds),
        test,
        sum(len(finished.candidates) for finished in rounds),
        run.commands(),
    )


def _agreements(run: RunFolder, source: BenchmarkStore, rounds: tuple[Round, ...]) -> tuple[Agreement, ...]:
    """Return the trainings of this run that the source store happens to hold too."""
    settings, found = run.settings, []
    for text in (candidate.text for finished in rounds for candidate in finished.candidates):
        tabulated = {
            int(row["seed"]): row for row in source.table([text], task=settings.task, recipe=settings.recipe)
        }
        for row in run.store.table([text], task=settings.task, recipe=settings.recipe):
            if (seed := int(row["seed"])) in tabulated:
                other = tabulated[seed]
                values = (float(row[settings.metric]), float(other[settings.metric]))
                devices = (str(row["device"]), str(other["device"]))
                found.append(Agreement(text, seed, int(row["epochs"]), *values, *devices))
    return tuple(found)


def check_settings(source: BenchmarkStore, settings: Settings) -> None:
    """Refuse settings that no run can have, before anything is made.

    Raises:
        InputError: repeated or negative seeds; too few held out; more to train than the space has; a metric
            of the test split.
    """
    search_metric(source.metrics, settings.metric)
    if len(set(settings.seeds)) < len(settings.seeds) or min(settings.seeds) < 0:
        raise InputError(f"expected distinct training seeds of 0 or more, got {list(settings.seeds)}")
    if settings.num_held_out < FEWEST_HELD_OUT:
        raise InputError(
            f"expected {FEWEST_HELD_OUT} held-out architectures or more, got {settings.num_held_out}; "
            "a rank correlation of fewer says nothing"
        )
    wanted = settings.num_start + settings.num_held_out + settings.num_rounds * settings.per_round
    if wanted > source.space.num_architectures:
        raise InputError(
            f"expected at most the {source.space.num_architectures} architectures of {source.space.name} to "
            f"start from, hold out and train in all rounds, got {wanted}"
        )
    num_sampled(settings.sampled_share, 0, settings.per_round)
    if settings.per_round > MOST_PER_ROUND:
        raise InputError(
            f"expected at most {MOST_PER_ROUND} architectures a round, got {settings.per_round}; "
            "more rounds let the surrogates learn in between"
        )
