"""From a comparison to its findings: summaries, verdicts, pairs, ranks, and costs to the optimum."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.compare.curves import Measure, anytime, default_amounts
from surronas.compare.findings import NOTHING, Findings, Pair, Range, Ranked, Settings, Summary
from surronas.compare.intervals import Statistic, bootstrap, interquartile_mean, mean, median, quantile
from surronas.compare.pairwise import differences, holm, seeds_for_wilcoxon
from surronas.compare.ranks import ranking
from surronas.compare.results import Comparison
from surronas.compare.solving import efforts, solvings
from surronas.compare.verdicts import Match, beaten_by, matches, standing
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
    summaries: list[Summary] = []
    found_pairs: list[Pair] = []
    for p, b in product(range(len(comparison.problems)), range(len(at))):
        tests = matches(values[:, p, :, b], level=level)
        summaries += _summaries(comparison, settings, values[:, p, :, b], tests, p, b)
        found_pairs += _pairs(comparison, settings, tests, p, b)
    return Findings(
        comparison,
        settings,
        values,
        tuple(summaries),
        tuple(each for p in range(len(comparison.problems)) for each in solvings(comparison, settings, p)),
        tuple(found_pairs),
        tuple(each for b in range(len(at)) for each in _ranked(comparison, settings, values[..., b], b)),
        efforts(comparison),
    )


def _summaries(
    comparison: Comparison, settings: Settings, here: Floats, tests: Sequence[Match], p: int, b: int
) -> list[Summary]:
    """Return the summaries of all searchers at one place, from regrets (S, R) and the tests of all pairs."""
    by = beaten_by(tests, len(here), test=settings.test, alpha=settings.alpha)
    compared = {place for each in tests for place in (each.first, each.second)}
    unbeaten = sum(not by[place] for place in compared)
    known = [runs[~np.isnan(runs)] for runs in here]
    found = []
    for place, told in enumerate(_described(known, settings)):
        found.append(
            Summary(
                comparison.searchers[place],
                comparison.problems[p].name,
                settings.amounts[b],
                len(known[place]),
                int(np.isinf(known[place]).sum()),
                told.mean,
                told.median,
                told.interquartile_mean,
                told.quantiles,
                standing(by[place], unbeaten) if place in compared else "",
                tuple(comparison.searchers[other] for other in by[place]),
            )
        )
    return found


def _described(known: Sequence[Floats], settings: Settings) -> list[_Described]:
    """Return mean, median and interquartile mean with intervals, and quantiles, each of (n,) values."""
    of_mean = _ranges(known, mean, "bca", settings)
    of_median = _ranges(known, median, "percentile", settings)
    of_middle = _ranges(known, interquartile_mean, "percentile", settings)
    of_each = zip(of_mean, of_median, of_middle, map(_quantiles, known), strict=True)
    return [_Described(*each) for each in of_each]


def _quantiles(runs: Floats) -> tuple[float, float, float, float]:
    if not len(runs):
        return (np.nan,) * 4
    q10, q25, q75, q90 = (float(quantile(share)(runs[:, None])[0]) for share in (0.1, 0.25, 0.75, 0.9))
    return q10, q25, q75, q90


def _ranges(columns: Sequence[Floats], statistic: Statistic, method: str, settings: Settings) -> list[Range]:
    """Return a statistic and its interval of each of some (n,) values; equally long ones are drawn alike."""
    found = [NOTHING] * len(columns)
    for length in {len(column) for column in columns} - {0}:
        places = [place for place, column in enumerate(columns) if len(column) == length]
        interval = bootstrap(
            np.stack([columns[place] for place in places], axis=1),
            statistic,
            level=settings.level,
            resamples=settings.resamples,
            method=method,
            seed=settings.seed,
        )
        for column, place in enumerate(places):
            found[place] = interval.at(column)
    return found


def _pairs(comparison: Comparison, settings: Settings, tests: Sequence[Match], p: int, b: int) -> list[Pair]:
    """Return all pairs of searchers that have runs in common at one place."""
    changes = [differences(*each.regrets) for each in tests]
    finite = [change if np.isfinite(change).all() else change[:0] for change in changes]
    ranges = _ranges(finite, mean, "bca", settings)
    wilcoxon = holm([each.wilcoxon_p for each in tests])
    mann_whitney = holm([each.mann_whitney_p for each in tests])
    alpha = settings.alpha / max(1, len(tests))
    found = []
    for place, each in enumerate(tests):
        found.append(
            Pair(
                comparison.searchers[each.first],
                comparison.searchers[each.second],
                comparison.problems[p].name,
                settings.amounts[b],
                len(changes[place]),
                ranges[place],
                each.wilcoxon_p,
                float(wilcoxon[place]),
                each.mann_whitney_p,
                float(mann_whitney[place]),
                each.effect,
                seeds_for_wilcoxon(*each.regrets, power=0.8, alpha=alpha),
                seeds_for_wilcoxon(*each.regrets, power=0.9, alpha=alpha),
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
