"""What can be said of a comparison: every number that tables, figures and the report show, computed once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.compare.curves import Measure
from surronas.compare.pairwise import Effect
from surronas.compare.ranks import Ranking
from surronas.compare.results import Comparison
from surronas.compare.survival import RestrictedMean, Survival

Floats = NDArray[np.float64]
Range = tuple[float, float, float]  # estimate, and the ends of its interval
NOTHING: Range = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Settings:
    """How the findings were computed.

    Attributes:
        cost: that budgets are counted in; ``amounts`` (B,): of it.
        measure: ``"regret"`` of the score searched, or ``"test_regret"`` of the best by score so far.
        test: that decides verdicts: ``"wilcoxon"`` (paired by seed) or ``"mann-whitney"``.
        alpha: below which a corrected p-value counts; ``level``: of all intervals.
        resamples: of the bootstrap; ``seed``: of it.
    """

    cost: str
    amounts: tuple[float, ...]
    measure: Measure
    test: str = "wilcoxon"
    alpha: float = 0.05
    level: float = 0.95
    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class Summary:
    """The regrets of one searcher on one problem at one budget, over the runs, in the metric's unit.

    Attributes:
        num_runs: with a value; ``num_without``: of them, those that had found nothing yet (infinite regret).
        mean, median, interquartile_mean: with bootstrap intervals.
        quantiles: of .1, .25, .75 and .9 of the runs.
        standing: "first", "tied for first", "behind", or "" where there was nobody to compare with.
        beaten_by: the searchers that are significantly better, where it is behind.
    """

    searcher: str
    problem: str
    amount: float
    num_runs: int
    num_without: int
    mean: Range
    median: Range
    interquartile_mean: Range
    quantiles: tuple[float, float, float, float]
    standing: str
    beaten_by: tuple[str, ...]


@dataclass(frozen=True)
class Solving:
    """How much of a cost one searcher needed to find one problem's optimum.

    Attributes:
        curve: the share of runs still without it; None without a run whose cost is known.
        share: that found it, with Wilson's interval.
        mean: restricted to a horizon that all searchers reached; ``median``: infinite if fewer than half did.
        slower_p: of the log-rank test against the searcher with the least restricted mean, corrected by Holm
            for the others; NaN for that one itself.
    """

    searcher: str
    problem: str
    curve: Survival | None
    share: Range
    mean: RestrictedMean | None
    median: Range
    slower_p: float


@dataclass(frozen=True)
class Pair:
    """Two searchers on one problem at one budget.

    Attributes:
        num_seeds: with a value of both.
        difference: mean regret of the first minus that of the second, with its paired bootstrap interval.
        wilcoxon_p, mann_whitney_p: two-sided, and corrected by Holm over all pairs of problem and budget.
        effect: A12, above one half where the first is better.
        seeds_80, seeds_90: pairs of runs at which Wilcoxon's test would find this effect with that power, at
            ``alpha`` divided by the number of pairs.
    """

    first: str
    second: str
    problem: str
    amount: float
    num_seeds: int
    difference: Range
    wilcoxon_p: float
    wilcoxon_holm: float
    mann_whitney_p: float
    mann_whitney_holm: float
    effect: Effect
    seeds_80: float
    seeds_90: float


@dataclass(frozen=True)
class Ranked:
    """Ranks of the searchers at one budget over blocks, which ``words`` describe."""

    amount: float
    searchers: tuple[str, ...]
    ranking: Ranking
    words: str


@dataclass(frozen=True)
class Effort:
    """What the searches of one searcher on one problem did, as means over runs."""

    searcher: str
    problem: str
    num_runs: int
    queries: float
    networks: float  # distinct ones among the queries, whatever their strings
    failed: float  # queries without a score
    decision_milliseconds: float  # real time, a query


@dataclass(frozen=True)
class Findings:
    """All that a report tells of a comparison."""

    comparison: Comparison
    settings: Settings
    values: Floats  # (S, P, R, B) regrets at the amounts
    summaries: tuple[Summary, ...]  # by problem, amount, searcher
    solvings: tuple[Solving, ...]  # by problem, searcher
    pairs: tuple[Pair, ...]  # by problem, amount
    ranked: tuple[Ranked, ...]  # by amount
    efforts: tuple[Effort, ...]  # by problem, searcher

    def of_problem(self, name: str) -> list[Summary]:
        """Return the summaries of one problem, by amount, then searcher."""
        return [each for each in self.summaries if each.problem == name]

    def firsts(self, searcher: str, amount: float) -> tuple[int, int]:
        """Return on how many problems a searcher is first or tied for it, and on how many it was judged."""
        mine = [e for e in self.summaries if e.searcher == searcher and e.amount == amount and e.standing]
        return sum(each.standing != "behind" for each in mine), len(mine)
