"""The sweep: surrogates fitted to more and more rows, over many seeds, all judged on the same others."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from surronas.encodings import Features
from surronas.errors import InputError
from surronas.evaluation.ceilings import noise_ceilings
from surronas.evaluation.contender import Contender
from surronas.evaluation.results import Fit, Results
from surronas.evaluation.scores import intervals, predicted, scores
from surronas.evaluation.splits import RANDOM, Drawn, Split, Wanted, draw
from surronas.evaluation.target import Target
from surronas.store import Metric
from surronas.surrogates.base import Surrogate, Vector, unfitted

TRAIN_SIZES = (16, 32, 64, 128, 256)
APART = "no network is on both sides: isomorphic twins of rows learned from do not judge"
TOGETHER = "rows are drawn as they are: a network's isomorphic twin may be on the other side"


def evaluate_surrogates(
    target: Target,
    contenders: Sequence[Contender],
    *,
    train_sizes: Sequence[int] = TRAIN_SIZES,
    num_seeds: int = 5,
    split: Split = RANDOM,
    twins_apart: bool = True,
    num_test: int = 2000,
    top_k: int = 10,
    num_workers: int = 1,
    on_fit: Callable[[Fit, int], None] = lambda fit, total: None,
) -> Results:
    """Return the scores of every contender at every train size and seed; the same whatever ``num_workers``.

    Seeds 0, 1, ... draw the splits, the same ones for all contenders; smaller training sets are part of
    larger ones. Train sizes that the target is too small for are left out, and the notes say so. A fit that
    fails is kept with its error. Every fit runs on one thread. ``on_fit`` gets each fit as it ends, and
    how many there are.

    Raises:
        InputError: nothing to fit, a size below 2, no size that the target has rows for, a split that
            can't be drawn.
    """
    sizes = sorted(set(train_sizes))
    if not contenders or not sizes or sizes[0] < 2:
        raise InputError(f"expected contenders, and train sizes of 2 or more, got {len(contenders)}, {sizes}")
    if (least := min(num_seeds, num_test, top_k, num_workers)) < 1:
        raise InputError(f"expected at least one seed, test row, top row and worker, got {least}")
    drawn, fitting, notes = _drawn(split, target, sizes, num_test, num_seeds, twins_apart)
    places, seeds = range(len(contenders)), range(num_seeds)
    jobs = [(place, size, seed) for place in places for size in fitting for seed in seeds]
    fits = []
    for fit in _judged(_sweep(target, contenders, drawn, top_k), jobs, num_workers):
        fits.append(fit)
        on_fit(fit, len(jobs))
    return Results(
        target.words,
        target.metric.unit,
        target.space.name,
        len(target),
        f"{split.name}: {split.words}; {APART if twins_apart else TOGETHER}",
        (*target.notes, *notes, *_failures(fits)),
        top_k,
        noise_ceilings(target),
        tuple(fits),
    )


def _drawn(
    split: Split, target: Target, sizes: Sequence[int], num_test: int, num_seeds: int, apart: bool
) -> tuple[list[Drawn], list[int], list[str]]:
    """Return each seed's rows, the sizes that all seeds have rows for, and notes on what that leaves."""
    wanted = Wanted(sizes[-1], num_test, num_seeds, apart)
    drawn = [draw(split, target, wanted, seed) for seed in range(num_seeds)]
    most = min(len(each.trained) for each in drawn)
    fitting, too_many = [n for n in sizes if n <= most], [n for n in sizes if n > most]
    if not fitting:
        raise InputError(
            f"expected a train size of at most {most} of the {len(target)} rows, got {list(sizes)}"
        )
    if too_many:  # then more rows are free to judge on
        wanted = replace(wanted, num_train=fitting[-1])
        drawn = [draw(split, target, wanted, seed) for seed in range(num_seeds)]
    counts = sorted({len(each.judged) for each in drawn})
    judged = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    notes = [f"judged on {judged} rows, the same for all surrogates and train sizes of a seed"]
    if too_many:
        left_out = ", ".join(map(str, too_many))
        notes.append(f"left out: train sizes {left_out}, more than the {most} rows there are to learn from")
    return drawn, fitting, notes


def _failures(fits: Sequence[Fit]) -> list[str]:
    """Return a note on the fits that gave no scores, with the first error."""
    failed = [fit for fit in fits if fit.error]
    if not failed:
        return []
    first = failed[0]
    return [f"{len(failed)} of {len(fits)} fits failed; the first, {first.surrogate}: {first.error}"]


@dataclass(frozen=True)
class _Sweep:
    """What the jobs share; features and values of the rows that some split drew, numbered among them."""

    names: list[tuple[str, str]]  # surrogate and encoding
    surrogates: list[Surrogate]
    features: dict[str, Features]  # by encoding
    values: Vector
    metric: Metric
    drawn: list[Drawn]
    top_k: int


_Job = tuple[int, int, int]  # contender, train size, seed


def _sweep(target: Target, contenders: Sequence[Contender], drawn: Sequence[Drawn], top_k: int) -> _Sweep:
    """Return what the jobs need: no more rows than the splits drew."""
    rows = np.unique(np.concatenate([part for each in drawn for part in (each.trained, each.judged)]))
    encodings = {each.encoding_name: each.encoding for each in contenders}
    return _Sweep(
        [(each.surrogate_name, each.encoding_name) for each in contenders],
        [each.surrogate for each in contenders],
        {name: encode(target.space, target.architectures[rows]) for name, encode in encodings.items()},
        target.values[rows],
        target.metric,
        [Drawn(*(np.searchsorted(rows, part) for part in (e.trained, e.judged))) for e in drawn],
        top_k,
    )


def _judged(sweep: _Sweep, jobs: Sequence[_Job], num_workers: int) -> Iterator[Fit]:
    """Yield the fits in the order of the jobs."""
    if num_workers == 1:
        yield from (_fit(sweep, job) for job in jobs)
        return
    # spawned, not forked: OpenMP of a forked xgboost can wait for threads that are not there
    with ProcessPoolExecutor(
        num_workers, mp_context=get_context("spawn"), initializer=_start, initargs=(sweep,)
    ) as pool:
        yield from pool.map(_fit_of_worker, jobs)


_of_worker: list[_Sweep] = []  # of a worker process: what it was started with


def _start(sweep: _Sweep) -> None:
    _of_worker[:] = [sweep]


def _fit_of_worker(job: _Job) -> Fit:
    return _fit(_of_worker[0], job)


def _fit(sweep: _Sweep, job: _Job) -> Fit:
    """Return one fit's scores, or why it has none."""
    place, size, seed = job
    surrogate, encoding = sweep.names[place]
    X, trained, judged = sweep.features[encoding], sweep.drawn[seed].trained[:size], sweep.drawn[seed].judged
    found, error, start = {}, "", time.perf_counter()
    try:
        with threadpool_limits(1):
            fitted = unfitted(sweep.surrogates[place]).fit(X[trained], sweep.values[trained])
            mean, std = predicted(fitted, X[judged])
        seconds = time.perf_counter() - start
        values = sweep.values[judged]
        own = intervals(fitted, X[judged], values) if std is not None else None
        found = scores(sweep.metric, values, mean, std, own, top_k=sweep.top_k)
    except (ValueError, ArithmeticError) as failure:  # InputError and LinAlgError are ValueErrors
        seconds, error = time.perf_counter() - start, f"{type(failure).__name__}: {failure}"
    return Fit(surrogate, encoding, size, len(judged), seed, found, error, seconds)
