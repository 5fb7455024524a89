"""What searches needed until they had the optimum, and what they did all the while."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from surronas.compare.curves import ROUNDING
from surronas.compare.findings import NOTHING, Effort, Range, Settings, Solving
from surronas.compare.pairwise import holm
from surronas.compare.results import Comparison
from surronas.compare.survival import Survival, log_rank_p, restricted_mean, share_interval, survival

Floats = NDArray[np.float64]


def solvings(comparison: Comparison, settings: Settings, p: int) -> list[Solving]:
    """Return how much each searcher needed to find the optimum of one problem."""
    reached = comparison.cost_to_optimum(settings.cost, ROUNDING)[:, p]  # (S, R)
    ended = np.max(comparison.costs(settings.cost)[:, p], axis=-1)
    times, curves = [], []
    for found, end in zip(reached, ended, strict=True):
        known = ~np.isnan(found) & ~np.isnan(end)
        solved = np.isfinite(found[known])
        times.append((np.where(solved, found[known], end[known]), solved))
        curves.append(survival(*times[-1], level=settings.level) if known.any() else None)
    horizon = _horizon(times)
    means = [restricted_mean(c, horizon, level=settings.level) if c else None for c in curves]
    least = min((m.value, place) for place, m in enumerate(means) if m)[1] if any(means) else -1
    others = [place for place, curve in enumerate(curves) if curve and place != least]
    slower = dict(
        zip(others, holm([log_rank_p(*times[least], *times[place]) for place in others]), strict=True)
    )
    return [
        Solving(
            name,
            comparison.problems[p].name,
            curve,
            _share(curve, settings.level),
            means[place],
            curve.median() if curve else NOTHING,
            float(slower.get(place, np.nan)),
        )
        for place, (name, curve) in enumerate(zip(comparison.searchers, curves, strict=True))
    ]


def _horizon(times: Sequence[tuple[Floats, NDArray[np.bool_]]]) -> float:
    """Return up to where the survival of every searcher is known."""
    ran = [(ended, solved) for ended, solved in times if len(ended)]
    censored = [float(ended.max()) for ended, solved in ran if not solved.all()]
    return min(censored, default=max((float(ended.max()) for ended, _ in ran), default=1.0))


def _share(curve: Survival | None, level: float) -> Range:
    if curve is None:
        return NOTHING
    low, high = share_interval(curve.num_solved, curve.num_runs, level=level)
    return curve.num_solved / curve.num_runs, low, high


def efforts(comparison: Comparison) -> tuple[Effort, ...]:
    """Return what the searches did."""
    networks = comparison.costs("networks")[..., -1]
    failed = (comparison.asked & np.isnan(comparison.scores)).sum(axis=-1)
    seconds = np.where(comparison.asked, comparison.decision_seconds, 0.0).sum(axis=-1)
    found = []
    for (p, problem), (s, name) in product(enumerate(comparison.problems), enumerate(comparison.searchers)):
        queries = comparison.num_queries[s, p]
        ran = queries > 0
        if not ran.any():
            found.append(Effort(name, problem.name, 0, *[np.nan] * 4))
            continue
        found.append(
            Effort(
                name,
                problem.name,
                int(ran.sum()),
                float(queries[ran].mean()),
                float(networks[s, p][ran].mean()),
                float(failed[s, p][ran].mean()),
                1000.0 * float(seconds[s, p][ran].sum() / queries[ran].sum()),
            )
        )
    return tuple(found)
