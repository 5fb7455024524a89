"""A search over fidelities as a contender: partial trainings cost epochs, complete ones have a score."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answers, TableAnswers
from surronas.compare.problem import Problem, TableProblem
from surronas.compare.setting import Setting
from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import CurveEvaluator
from surronas.fidelity_search import FidelityTrajectory, run_fidelity_search

_OWN = "max_epochs"  # what tells the constructors of searchers over fidelities, who are given the problem's


def over_fidelities(factory: Callable[..., Any]) -> bool:
    """Return whether a factory makes searchers over fidelities: whether it takes ``max_epochs``."""
    return _OWN in inspect.signature(factory).parameters


def fidelity_columns(
    factory: Callable[..., Any], problem: Problem, answers: Answers, setting: Setting, seed: int
) -> dict[str, NDArray[Any]]:
    """Return what a comparison keeps of a search over fidelities, (q,) by name.

    A budget in queries is one of as many complete trainings, in epochs. Only complete trainings have a
    score here, however much the searcher was told of the others: an incumbent is one that was trained.

    Raises:
        InputError: a problem without learning curves, or a budget or setting that such a search can't have.
    """
    if not isinstance(problem, TableProblem) or not isinstance(answers, TableAnswers):
        raise InputError("a search over fidelities needs the learning curves of a table")
    if setting.budget.in_seconds or setting.batch > 1 or isinstance(setting.decision_seconds, float):
        raise InputError("a search over fidelities takes a budget in queries or epochs, and no batches")
    curves = _curves(problem)
    given = inspect.signature(factory).parameters[_OWN].default
    make = partial(factory, max_epochs=curves.max_epochs) if given is inspect.Parameter.empty else factory
    searcher = make(answers.pool.space, seed=seed, candidates=answers.pool)
    try:
        found = run_fidelity_search(
            searcher,
            curves,
            budget_epochs=_budget_epochs(setting, answers),
            workers=setting.workers,
            count_decisions=setting.decision_seconds == "measured",
        )
    except SpaceExhaustedError as error:
        if not isinstance(error.trajectory, FidelityTrajectory):
            raise
        found = error.trajectory
    return _columns(found, curves, answers)


@lru_cache(maxsize=4)
def _curves(problem: TableProblem) -> CurveEvaluator:
    """Return a problem's curves, read once a process."""
    return problem.curves()


def _budget_epochs(setting: Setting, answers: TableAnswers) -> float:
    """Return the epochs that a search may train."""
    limits = [] if setting.budget.epochs is None else [float(setting.budget.epochs)]
    if setting.budget.queries is not None:
        limits.append(setting.budget.queries * float(np.nanmax(answers.epochs)))
    return min(limits)


def _columns(
    found: FidelityTrajectory, curves: CurveEvaluator, answers: TableAnswers
) -> dict[str, NDArray[Any]]:
    complete = found.epochs == curves.max_epochs
    timed = found.clock_unit == "seconds"
    nothing = np.full(len(found.epochs), np.nan)
    places = np.array(answers.places(found.architectures) if len(complete) else [], np.int64)
    return {
        "scores": np.where(complete, found.scores, np.nan),
        "test": np.where(complete, answers.test[places], np.nan),
        "keys": answers.pool.space.keys(found.architectures),
        "train_seconds": _seconds(found, curves) if timed else nothing,
        "epochs": found.charged,
        "decision_seconds": found.decision_seconds,
        "clock": found.clock if timed else nothing,
    }


def _seconds(found: FidelityTrajectory, curves: CurveEvaluator) -> NDArray[np.float64]:
    """Return (q,) seconds of each evaluation; what goes on where it stopped costs what is added."""
    spent = np.zeros(len(found.epochs))
    had: dict[bytes, float] = {}
    for number, (row, epochs) in enumerate(zip(found.architectures, found.epochs.tolist(), strict=True)):
        total = float(curves.costs(row[None], [epochs])[1][0])
        before = had.get(row.tobytes(), 0.0) if curves.continues else 0.0
        spent[number], had[row.tobytes()] = max(0.0, total - before), max(total, before)
    return spent
