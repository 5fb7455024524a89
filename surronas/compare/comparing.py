"""Compare searchers: every one on every problem with every seed, the same result whatever the workers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answers
from surronas.compare.facts import Failure
from surronas.compare.parts import Parts, blank
from surronas.compare.problem import Problem
from surronas.compare.provenance import described, file_hash, session
from surronas.compare.results import ARRAYS, Comparison
from surronas.compare.setting import Budget, DecisionTime, Setting
from surronas.compare.work import Factory, Job, Work, finished
from surronas.errors import InputError

_AT_ONCE = 10  # seeds of a job at most: what a killed comparison may lose of each worker


def compare(
    searchers: Mapping[str, Factory],
    problems: Sequence[Problem],
    *,
    seeds: int | Sequence[int] = 20,
    budget: int | Budget = 100,
    simulated_workers: int = 1,
    batch: int = 1,
    decision_seconds: DecisionTime = "free",
    workers: int | None = None,
    out: str | os.PathLike[str] | None = None,
    on_runs: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> Comparison:
    """Return every query of every searcher on every problem with every seed.

    All searchers with a seed start alike, so seeds pair them. What is found depends on nothing but the
    arguments: not on ``workers`` (processes, each on one thread; None: one a core) nor on their order;
    only ``decision_seconds`` of the result are measured. A search that raises is kept as a failure.

    Args:
        searchers: by name; called as ``factory(space, seed=..., candidates=pool)``. A class or function that
            takes ``max_epochs`` makes searchers over fidelities, which see learning curves; see
            ``fidelity_run``.
        problems: what is searched.
        seeds: of the searches; a number n stands for 0, ..., n - 1.
        budget: of a search; a number is one of queries.
        simulated_workers: see ``Setting.workers``.
        batch: see ``Setting``.
        decision_seconds: see ``Setting``.
        workers: processes.
        out: an HDF5 file for the result. What is finished is kept beside it at once, so the same call
            goes on where a killed one stopped; one with more searchers, problems or seeds adds to it.
        on_runs: gets the number of searches done, of all, and what was done last.

    Raises:
        InputError: nothing to compare, names or seeds that are there twice, a budget beyond a problem's
            candidates or one in seconds or epochs that a table does not know, or an ``out`` of another
            comparison.
        StoreError: a table that can't be read, or results that can't be written.
        WorkerLostError: a process was killed.
    """
    limit = budget if isinstance(budget, Budget) else Budget(queries=budget)
    setting = Setting(limit, simulated_workers, batch, decision_seconds)
    numbers = tuple(range(seeds) if isinstance(seeds, int) else seeds)
    _check_names(searchers, problems, numbers)
    answers = {problem.name: problem.opened() for problem in problems}
    for each in answers.values():
        _check_budget(setting, each)
    work = Work(searchers, {problem.name: problem for problem in problems}, answers, setting)
    parts = Parts(None if out is None else Path(out))
    with parts.held() as before:
        settings = _settings(work, problems, numbers, before)
        parts.plan(settings)
        _run(work, parts, numbers, workers, on_runs)
        found = _assembled(work, parts, numbers, settings)
        parts.finish(found)
    return found


def _check_names(searchers: Mapping[str, Factory], problems: Sequence[Problem], seeds: Sequence[int]) -> None:
    """Raise unless there is something to compare, each once."""
    names = [problem.name for problem in problems]
    for what, given in (("searchers", [*searchers]), ("problems", names), ("seeds", [*seeds])):
        if not given:
            raise InputError(f"expected {what} to compare, got none")
        if twice := [each for place, each in enumerate(given) if each in given[:place]]:
            raise InputError(f"expected distinct {what}, got {twice[0]!r} twice; give problems a label")
    if bad := [seed for seed in seeds if seed < 0]:
        raise InputError(f"expected seeds from 0 up, got {bad[0]}")


def _check_budget(setting: Setting, answers: Answers) -> None:
    """Raise unless a problem is large enough for the budget, and knows the costs that it is in."""
    budget, size, name = setting.budget, answers.pool.size, answers.facts.name
    if budget.queries is not None and size is not None and budget.queries > size:
        raise InputError(f"{name}: expected a budget of at most its {size} candidates, got {budget.queries}")
    timed, counted = answers.costs_known
    if not timed and (budget.in_seconds or setting.decision_seconds != "free"):
        raise InputError(f"{name}: the table has no train_seconds; give the budget in queries")
    if not counted and budget.epochs is not None:
        raise InputError(f"{name}: the table does not say the epochs; give the budget in queries")


def _settings(
    work: Work, problems: Sequence[Problem], seeds: Sequence[int], before: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return what this comparison is, and the sessions that worked on it.

    Raises:
        InputError: what was begun before is another one.
    """
    tables = {
        problem.name: problem.to_json()
        | {"answers_sha256": work.answers[problem.name].fingerprint()}
        | {"file_sha256": file_hash(problem.source)}
        for problem in problems
    }
    settings: dict[str, Any] = {
        "format": 1,
        "setting": work.setting.to_json(),
        "seeds": list(seeds),
        "searchers": {name: described(factory) for name, factory in work.searchers.items()},
        "problems": tables,
    }
    sessions: list[dict[str, Any]] = []
    for earlier in before:
        _check_same(earlier, settings)
        sessions += [each for each in earlier["sessions"] if each not in sessions]
    plain: dict[str, Any] = json.loads(json.dumps(settings | {"sessions": [*sessions, session()]}))
    return plain


def _check_same(earlier: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise unless this comparison is an earlier one, or holds all of it and more."""
    advice = "give another file for the results, or remove this one"
    if earlier["setting"] != now["setting"]:
        raise InputError(
            f"the results hold a comparison with {earlier['setting']}, now it is {now['setting']}; {advice}"
        )
    for what in ("searchers", "problems", "seeds"):
        if missing := [each for each in earlier[what] if each not in now[what]]:
            raise InputError(f"the results hold {what} that this comparison lacks: {missing}; {advice}")
    changed = [name for name, of in earlier["searchers"].items() if of != now["searchers"][name]]
    changed += [
        name
        for name, of in earlier["problems"].items()
        if of["answers_sha256"] != now["problems"][name]["answers_sha256"]
    ]
    if changed:
        raise InputError(f"the results hold {', '.join(changed)} as something else than now; {advice}")


def _run(
    work: Work,
    parts: Parts,
    seeds: Sequence[int],
    workers: int | None,
    on_runs: Callable[[int, int, str], None],
) -> None:
    """Run what is not finished yet, failed searches too."""
    num_workers = workers if workers is not None else _num_cores()
    if num_workers < 1:
        raise InputError(f"expected 1 worker or more, got {num_workers}")
    jobs, total = [], len(work.searchers) * len(work.answers) * len(seeds)
    length = min(_AT_ONCE, -(-len(seeds) // num_workers))
    for start in range(0, len(seeds), length):
        for problem in work.answers:
            for searcher in work.searchers:
                chunk = seeds[start : start + length]
                left = tuple(seed for seed in chunk if (searcher, problem, seed) not in parts.runs)
                jobs += [Job(searcher, problem, left)] if left else []
    done = total - sum(len(job.seeds) for job in jobs)
    on_runs(done, total, "")
    if jobs:
        for part in finished(work, jobs, min(num_workers, len(jobs))):
            parts.add(part)
            done += len(part.runs) + len(part.failures)
            on_runs(done, total, f"{part.searcher} on {part.problem}")


def _assembled(work: Work, parts: Parts, seeds: Sequence[int], settings: dict[str, Any]) -> Comparison:
    """Return all searches as one comparison."""
    places = {
        (searcher, problem, seed): (row, column, place)
        for row, searcher in enumerate(work.searchers)
        for column, problem in enumerate(work.answers)
        for place, seed in enumerate(seeds)
    }
    longest = max((len(parts.runs[key]["keys"]) for key in places if key in parts.runs), default=0)
    length = max(longest, work.setting.budget.queries or 0)
    shape = (len(work.searchers), len(work.answers), len(seeds), length)
    arrays: dict[str, NDArray[Any]] = {name: np.full(shape, *blank(name)) for name in ARRAYS}
    for key, at in places.items():
        for name, column in parts.runs.get(key, {}).items():
            arrays[name][at][: len(column)] = column
    return Comparison(
        tuple(work.searchers),
        tuple(each.facts for each in work.answers.values()),
        tuple(seeds),
        **arrays,
        settings=settings,
        failures=tuple(Failure(*key, parts.failures[key]) for key in places if key in parts.failures),
    )


def _num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
