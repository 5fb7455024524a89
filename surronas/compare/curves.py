"""Regret at chosen budgets: what a search has found when it has spent so much, as a step function.

In what follows infinite means that a search has found nothing yet, and NaN that nobody knows: the search
raised, the table does not tell the cost, or some search of the same searcher ended before it had spent that
much.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.compare.facts import ProblemFacts
from surronas.compare.results import COSTS, Comparison
from surronas.errors import InputError

Floats = NDArray[np.float64]
Measure = Literal["regret", "test_regret"]

ROUNDING = 1e-12  # of scores that are sums, such as hypervolumes: less regret than that is none
MEASURES: tuple[Measure, ...] = ("regret", "test_regret")
COST_WORDS = {
    "queries": "queries",
    "networks": "distinct networks",
    "epochs": "epochs trained",
    "train_seconds": "simulated training seconds",
    "clock": "simulated seconds on the clock",
}
_LIMITED_BY = {
    "queries": "queries",
    "epochs": "epochs",
    "train_seconds": "train_seconds",
    "clock_seconds": "clock",
}


def step_values(values: Floats, spent: Floats, amounts: ArrayLike) -> Floats:
    """Return (..., B) the value at the last of q queries (..., q) with at most so much spent (..., q).

    Infinite before the first such query, and where its value is NaN (nothing found yet).
    """
    asked = np.asarray(amounts, np.float64)
    rows = values.reshape(-1, values.shape[-1])
    found = np.full((len(rows), len(asked)), np.inf)
    for row, (value, cost) in enumerate(zip(rows, spent.reshape(rows.shape), strict=True)):
        place = np.searchsorted(cost, asked, side="right") - 1
        known = place >= 0
        found[row, known] = value[place[known]]
    found[np.isnan(found)] = np.inf
    return found.reshape(*values.shape[:-1], len(asked))


def anytime(
    comparison: Comparison, amounts: ArrayLike, *, cost: str = "queries", measure: Measure = "regret"
) -> Floats:
    """Return (S, P, R, B) the regret, in the metric's unit, when ``amounts`` (B,) of a cost are spent.

    Raises:
        InputError: another cost or measure, or amounts that are not positive.
    """
    asked = np.asarray(amounts, np.float64)
    if asked.ndim != 1 or not (asked > 0).all():
        raise InputError(f"expected amounts (B,) above 0, got {amounts!r}")
    if measure not in MEASURES:
        raise InputError(f"expected a measure among {', '.join(MEASURES)}, got {measure!r}")
    spent, values = comparison.costs(cost), getattr(comparison, measure)
    found = step_values(values, spent, asked)
    ran = comparison.num_queries > 0
    found[~ran | np.isnan(spent).any(axis=-1)] = np.nan
    short = reach(comparison, cost)[..., None] < asked * (1.0 - 1e-9)  # (S, P, R, B)
    found[np.broadcast_to(short.any(axis=2, keepdims=True), found.shape)] = np.nan
    if measure == "test_regret":
        untested = np.array([problem.test_metric is None for problem in comparison.problems], np.bool_)
        found[:, untested] = np.nan
    return found


def reach(comparison: Comparison, cost: str) -> Floats:
    """Return (S, P, R) up to how much of a cost a search is known; NaN where it did not run.

    Infinite once it has the optimum or has asked all networks. Else what it has spent; or the budget, where
    that alone ended it.
    """
    spent = np.max(comparison.costs(cost), axis=-1)
    ran = comparison.num_queries > 0
    limits = limits_of(comparison)
    if list(limits) == [cost]:
        spent = np.maximum(spent, limits[cost])
    sizes = np.array([problem.num_networks for problem in comparison.problems])[:, None]
    exhausted = comparison.costs("networks")[..., -1] >= sizes
    solved = (comparison.regret <= ROUNDING).any(axis=-1)
    return np.where(ran, np.where(solved | exhausted, np.inf, spent), np.nan)


def limits_of(comparison: Comparison) -> dict[str, float]:
    """Return the budget by cost, from the settings; the number of queries where they do not tell."""
    budget = comparison.settings.get("setting", {}).get("budget", {})
    found = {_LIMITED_BY[name]: float(amount) for name, amount in budget.items() if amount is not None}
    return found or {"queries": float(comparison.scores.shape[-1])}


def default_amounts(comparison: Comparison, cost: str = "queries") -> tuple[float, ...]:
    """Return a quarter, a half and all of what every search has spent or been allowed, in whole numbers.

    Empty where the cost is unknown.
    """
    if cost not in COSTS:
        raise InputError(f"expected a cost among {', '.join(COSTS)}, got {cost!r}")
    limits = limits_of(comparison)
    if list(limits) == [cost]:
        whole = limits[cost]
    else:
        spent = np.max(comparison.costs(cost), axis=-1)[comparison.num_queries > 0]
        known = spent[np.isfinite(spent)]
        whole = float(known.min()) if len(known) else 0.0
    if whole < 1:
        return ()
    return tuple(sorted({float(max(1, int(whole * share))) for share in (0.25, 0.5, 1.0)}))


def grid(comparison: Comparison, cost: str, problem: int, *, points: int = 120) -> Floats:
    """Return amounts (B,) of a cost, evenly apart, to draw a problem's curves at; (0,) where unknown."""
    spent = np.max(comparison.costs(cost)[:, problem], axis=-1)[comparison.num_queries[:, problem] > 0]
    known = spent[np.isfinite(spent)]
    if not len(known):
        return np.zeros(0)
    whole = limits_of(comparison).get(cost, float(known.max()))
    if cost in ("queries", "networks"):
        return np.unique(np.round(np.linspace(1.0, whole, points)))
    return np.linspace(whole / points, whole, points)


def in_words(facts: ProblemFacts, measure: Measure) -> tuple[float, str, str]:
    """Return by what to multiply a regret to show it, its unit then, and the metric that it is of."""
    tested = measure == "test_regret"
    unit = facts.test_unit if tested else facts.unit
    metric = (facts.test_metric or "") if tested else facts.metric
    return (100.0, "percentage points", metric) if unit == "fraction" else (1.0, unit or "no unit", metric)
