"""The searches of a comparison over processes: each on one thread, each for itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple, cast

from threadpoolctl import threadpool_limits

from surronas.compare.answers import Answers
from surronas.compare.fidelity_run import fidelity_columns, over_fidelities
from surronas.compare.parts import Part, RunColumns
from surronas.compare.problem import Problem
from surronas.compare.run import run
from surronas.compare.setting import Setting
from surronas.errors import InputError, SurronasError
from surronas.searchers import FidelitySearcher, MultiObjectiveSearcher, Searcher

# Called with (space, seed=..., candidates=pool); with max_epochs too if it takes that.
Factory = Callable[..., Searcher | FidelitySearcher | MultiObjectiveSearcher]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Job(NamedTuple):
    """Searches that one process runs one after the other."""

    searcher: str
    problem: str
    seeds: tuple[int, ...]


class Work(NamedTuple):
    """What all jobs need."""

    searchers: Mapping[str, Factory]
    problems: Mapping[str, Problem]
    answers: Mapping[str, Answers]
    setting: Setting


class WorkerLostError(SurronasError):
    """A process of a comparison was killed."""


def finished(work: Work, jobs: Sequence[Job], num_workers: int) -> Iterator[Part]:
    """Yield what the jobs found, in the order in which they end.

    Raises:
        InputError: a searcher that can't be sent to another process.
        WorkerLostError: a process was killed, for memory perhaps.
    """
    if num_workers == 1:
        with _single_threaded(), threadpool_limits(1):  # the former for libraries that are loaded later
            yield from (do(work, job) for job in jobs)
        return
    sent = _sent(work)
    # spawned, not forked: OpenMP of a forked process can wait for threads that are not there
    spawned, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
    with (
        _single_threaded(),
        ProcessPoolExecutor(num_workers, spawned, initializer=_start, initargs=(sent,)) as pool,
    ):
        futures = [pool.submit(_do_in_worker, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise WorkerLostError(
                "a process of the comparison was killed, perhaps for want of memory; what was finished is "
                "kept: give fewer workers, and the same command goes on"
            ) from error
        except BaseException:  # Ctrl-C too: what is under way is not waited for
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def do(work: Work, job: Job) -> Part:
    """Return what the searches of a job found; one that raises costs itself alone."""
    part = Part(job.searcher, job.problem)
    for seed in job.seeds:
        try:
            part.runs[seed] = _searched(work, job, seed)
        except Exception as error:  # whatever a searcher raises
            part.failures[seed] = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    return part


def _searched(work: Work, job: Job, seed: int) -> RunColumns:
    """Return the queries of one search."""
    factory, answers = work.searchers[job.searcher], work.answers[job.problem]
    if over_fidelities(factory):
        return fidelity_columns(factory, work.problems[job.problem], answers, work.setting, seed)
    searcher = cast(Searcher, factory(answers.pool.space, seed=seed, candidates=answers.pool))
    return run(searcher, answers, work.setting, seed).columns(answers)


def _sent(work: Work) -> bytes:
    """Return the work as bytes."""
    for name, factory in work.searchers.items():
        try:
            pickle.dumps(factory)
        except Exception as error:  # pickle raises what it likes
            raise InputError(
                f"searcher {name!r} can't be sent to other processes ({error}); give a class, a function of "
                "a module or a functools.partial of one, or workers=1"
            ) from error
    return pickle.dumps(work)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Have what is loaded and the processes that are started meanwhile compute on one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_of_worker: list[Work] = []  # of a worker process: what it was started with


def _start(sent: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process stops the others
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _of_worker[:] = [pickle.loads(sent)]


def _leave_with_parent() -> None:
    """End this process when the first one is gone, killed perhaps: nobody would take what it finds."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do_in_worker(job: Job) -> Part:
    with threadpool_limits(1):
        return do(_of_worker[0], job)
