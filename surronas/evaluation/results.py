"""What an evaluation found: every fit's scores, and their means over seeds with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.evaluation.ceilings import Ceiling
from surronas.evaluation.scores import SCORE_KINDS, TARGET_UNIT, ScoreKind

_RESAMPLES = 2000
_INTERVAL = 0.95


@dataclass(frozen=True)
class Fit:
    """The scores of one surrogate, fitted once.

    Attributes:
        surrogate: its name; ``encoding``: that of its features.
        num_train: rows that it learned from; ``num_judged``: rows that judged it.
        seed: of the split.
        scores: by the names of SCORE_KINDS, those that there are.
        error: why there are no scores; "" where there are.
        seconds: wall time of fit and predictions.
    """

    surrogate: str
    encoding: str
    num_train: int
    num_judged: int
    seed: int
    scores: dict[str, float]
    error: str = ""
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Mean:
    """The mean of one score over seeds, and its 95 % bootstrap interval over them."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """What one surrogate scored at one train size, over the seeds."""

    surrogate: str
    encoding: str
    num_train: int
    num_seeds: int  # with scores
    num_failed: int  # fits that gave none
    scores: dict[str, Mean]


@dataclass(frozen=True)
class Results:
    """All that an evaluation found; ``to_json`` gives it as one document.

    Attributes:
        target: what was predicted, in words; ``unit``: of its values; ``space``: the search space's name.
        num_architectures: with a value, of which rows were drawn.
        split: what was learned from and judged on, in words.
        notes: what a reader has to know beside.
        top_k: of precision and regret at k.
        ceilings: how well a perfect surrogate could rank.
        fits: every fit.
    """

    target: str
    unit: str
    space: str
    num_architectures: int
    split: str
    notes: tuple[str, ...]
    top_k: int
    ceilings: tuple[Ceiling, ...]
    fits: tuple[Fit, ...]

    @property
    def kinds(self) -> tuple[ScoreKind, ...]:
        """The kinds of score that at least one fit has, with k and the target's unit filled in."""
        return tuple(
            ScoreKind(
                kind.name,
                kind.column.format(k=self.top_k),
                self.unit if kind.unit == TARGET_UNIT else kind.unit,
                kind.better,
                kind.words.format(k=self.top_k),
            )
            for kind in SCORE_KINDS
            if any(kind.name in fit.scores for fit in self.fits)
        )

    @property
    def contenders(self) -> list[tuple[str, str]]:
        """The (surrogate, encoding) pairs, in the order in which they were given."""
        return list(dict.fromkeys((fit.surrogate, fit.encoding) for fit in self.fits))

    @property
    def train_sizes(self) -> list[int]:
        """The numbers of rows learned from, ascending."""
        return sorted({fit.num_train for fit in self.fits})

    def summaries(self) -> list[Summary]:
        """Return the means over seeds, by contender, then train size."""
        return [
            _summary(group)
            for contender in self.contenders
            for size in self.train_sizes
            if (group := self._of(contender, size))
        ]

    def summary(self, surrogate: str, encoding: str, num_train: int) -> Summary:
        """Return the means over seeds of one contender at one train size; KeyError where it has no fit."""
        group = self._of((surrogate, encoding), num_train)
        if not group:
            raise KeyError((surrogate, encoding, num_train))
        return _summary(group)

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-able values; NaN stands for no score."""
        facts = {name: value for name, value in asdict(self).items() if name != "fits"}
        return {
            **facts,
            "scores": [asdict(kind) for kind in self.kinds],
            "summaries": [asdict(each) for each in self.summaries()],
            "fits": [asdict(fit) for fit in self.fits],
        }

    def _of(self, contender: tuple[str, str], size: int) -> list[Fit]:
        return [
            fit for fit in self.fits if (fit.surrogate, fit.encoding) == contender and fit.num_train == size
        ]


def _summary(fits: Sequence[Fit]) -> Summary:
    """Return the means over the fits of one contender at one train size."""
    scored = [fit for fit in fits if not fit.error]
    return Summary(
        fits[0].surrogate,
        fits[0].encoding,
        fits[0].num_train,
        len(scored),
        len(fits) - len(scored),
        {
            kind.name: bootstrapped(np.array([fit.scores.get(kind.name, np.nan) for fit in scored]))
            for kind in SCORE_KINDS
        },
    )


def bootstrapped(values: NDArray[np.float64]) -> Mean:
    """Return the mean of (s,) values and its percentile bootstrap interval; NaN where any value is, or none.

    Of one value the interval is unknown: NaN. Resampled with a fixed seed.
    """
    if not len(values) or np.isnan(values).any():
        return Mean(np.nan, np.nan, np.nan)
    if len(values) == 1:
        return Mean(float(values[0]), np.nan, np.nan)
    drawn = np.random.default_rng(0).integers(len(values), size=(_RESAMPLES, len(values)))
    tail = (1.0 - _INTERVAL) / 2.0
    low, high = np.quantile(values[drawn].mean(axis=1), [tail, 1.0 - tail])
    return Mean(float(values.mean()), float(low), float(high))
