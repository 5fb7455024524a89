"""From a comparison to its findings: summaries, verdicts, pairs, ranks, and costs to the optimum."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.compare.curves import Measure, anytime, default_amounts
from surronas.compare.findings import NOTHING, Findings, Pair, Range, Ranked, Settings, Summary
from surronas.compare.intervals import Statistic, bootstrap, interquartile_mean, mean, median, quantile
from surronas.compare.pairwise import (
    differences,
    effect_size,
    holm,
    mann_whitney_p,
    pairs,
    seeds_for_wilcoxon,
    wilcoxon_p,
)
from surronas.compare.ranks import ranking
from surronas.compare.results import Comparison
from surronas.compare.solving import efforts, solvings
from surronas.compare.verdicts import common, standing, standings
from surronas.errors import InputError

Floats = NDArray[np.float64]
_LEAST_BLOCKS = 3  # problems; with fewer, seeds are the blocks of the ranks


class _Described(NamedTuple):
    mean: Range
    median: Range
    interquartile_mean: Range
    quantiles: tuple[float, float, float, float]


def analyse(
    comparison: Comparison,
    *,
    cost: str = "queries",
    amounts: Sequence[float] | None = None,
    measure: Measure = "regret",
    test: str = "wilcoxon",
    alpha: float = 0.05,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Findings:
    """Return the findings of a comparison at ``amounts`` of a cost (default: a quarter, half and all of it).

    Raises:
        InputError: another cost, measure or test, or amounts that are not above 0.
    """
    if test not in ("wilcoxon", "mann-whitney"):
        raise InputError(f'expected test "wilcoxon" or "mann-whitney", got "{test}"')
    at = default_amounts(comparison, cost) if amounts is None else tuple(sorted(map(float, amounts)))
    settings = Settings(cost, at, measure, test, alpha, level, resamples, seed)
    values = anytime(comparison, at, cost=cost, measure=measure)
    places = list(product(range(len(comparison.problems)), range(len(at))))
    return Findings(
        comparison,
        settings,
        values,
        tuple(each for p, b in places for each in _summaries(comparison, settings, values, p, b)),
        tuple(each for p in range(len(comparison.problems)) for each in solvings(comparison, settings, p)),
        tuple(each for p, b in places for each in _pairs(comparison, settings, values, p, b)),
        tuple(each for b in range(len(at)) for each in _ranked(comparison, settings, values[..., b], b)),
        efforts(comparison),
    )


def _summaries(comparison: Comparison, settings: Settings, values: Floats, p: int, b: int) -> list[Summary]:
    """Return the summaries of all searchers at one place."""
    here = values[:, p, :, b]
    beaten = standings(here, test=settings.test, alpha=settings.alpha)
    unbeaten = sum(each == () for each in beaten)
    compared = sum(each is not None for each in beaten) > 1
    found = []
    for place, name in enumerate(comparison.searchers):
        known = here[place][~np.isnan(here[place])]
        by = beaten[place]
        how = "" if by is None or not compared else standing(by, unbeaten)
        names = tuple(comparison.searchers[other] for other in by or ())
        told = _described(known, settings)
        found.append(
            Summary(
                name,
                comparison.problems[p].name,
                settings.amounts[b],
                len(known),
                int(np.isinf(known).sum()),
                told.mean,
                told.median,
                told.interquartile_mean,
                told.quantiles,
                how,
                names,
            )
        )
    return found


def _described(known: Floats, settings: Settings) -> _Described:
    """Return mean, median and interquartile mean with intervals, and quantiles, of (n,) values."""
    if not len(known):
        return _Described(NOTHING, NOTHING, NOTHING, (np.nan,) * 4)
    q10, q25, q75, q90 = (float(quantile(share)(known[:, None])[0]) for share in (0.1, 0.25, 0.75, 0.9))
    return _Described(
        _range(known, mean, "bca", settings),
        _range(known, median, "percentile", settings),
        _range(known, interquartile_mean, "percentile", settings),
        (q10, q25, q75, q90),
    )


def _range(values: Floats, statistic: Statistic, method: str, settings: Settings) -> Range:
    """Return a statistic of (n,) values and its interval."""
    return bootstrap(
        values,
        statistic,
        level=settings.level,
        resamples=settings.resamples,
        method=method,
        seed=settings.seed,
    ).at(0)


def _pairs(comparison: Comparison, settings: Settings, values: Floats, p: int, b: int) -> list[Pair]:
    """Return all pairs of searchers that have runs in common at one place."""
    here, names = values[:, p, :, b], comparison.searchers
    both = [(i, j, *common(here[i], here[j])) for i, j in pairs(names)]
    both = [each for each in both if len(each[2])]
    signed = [wilcoxon_p(a, c) for *_, a, c in both]
    summed = [mann_whitney_p(a, c) for *_, a, c in both]
    alpha = settings.alpha / max(1, len(both))
    found = []
    for (i, j, a, c), *p_values in zip(both, signed, holm(signed), summed, holm(summed), strict=True):
        finite = np.isfinite(a).all() and np.isfinite(c).all()
        wilcoxon, wilcoxon_holm, mann_whitney, mann_whitney_holm = map(float, p_values)
        found.append(
            Pair(
                names[i],
                names[j],
                comparison.problems[p].name,
                settings.amounts[b],
                len(a),
                _range(differences(a, c), mean, "bca", settings) if finite else NOTHING,
                wilcoxon,
                wilcoxon_holm,
                mann_whitney,
                mann_whitney_holm,
                effect_size(a, c, level=settings.level),
                seeds_for_wilcoxon(a, c, power=0.8, alpha=alpha),
                seeds_for_wilcoxon(a, c, power=0.9, alpha=alpha),
            )
        )
    return found


def _ranked(comparison: Comparison, settings: Settings, values: Floats, b: int) -> list[Ranked]:
    """Return the ranks at one budget from regrets (S, P, R), over the problems or, of too few, the seeds."""
    judged = [s for s in range(len(values)) if not np.isnan(values[s]).all()]
    whole = [p for p in range(values.shape[1]) if not np.isnan(values[judged, p]).all(axis=-1).any()]
    if len(judged) < 2 or not whole:
        return []
    kept = values[np.ix_(judged, whole)]  # (s, p, R)
    if len(whole) >= _LEAST_BLOCKS:
        losses = np.array([[_mean_of_known(runs) for runs in of_one] for of_one in kept]).T
        words = f"blocks are the {len(losses)} problems, by mean regret over seeds"
    else:
        flat = kept.reshape(len(judged), -1).T  # (p R, s)
        losses = flat[~np.isnan(flat).any(axis=1)]
        of = "the problem" if len(whole) == 1 else f"the {len(whole)} problems"
        words = f"blocks are the {len(losses)} searches by seed of {of}: this says nothing of other problems"
    if not len(losses):
        return []
    names = tuple(comparison.searchers[place] for place in judged)
    return [Ranked(settings.amounts[b], names, ranking(losses, alpha=settings.alpha), words)]


def _mean_of_known(runs: Floats) -> float:
    return float(runs[~np.isnan(runs)].mean())
