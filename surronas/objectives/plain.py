"""Objectives without limits: one metric, or a weighted sum of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.objectives.base import Scored, Values, search_metric
from surronas.store import Metric


@dataclass(frozen=True)
class Single:
    """One metric, up or down as its direction says; the score is its value, or that below zero."""

    metric: str

    @property
    def names(self) -> tuple[str, ...]:
        """The metric."""
        return (self.metric,)

    @property
    def words(self) -> str:
        """The metric."""
        return self.metric

    def check(self, metrics: Sequence[Metric]) -> None:
        """Raise unless the metric may be optimised; see ``Objective.check``."""
        search_metric(metrics, self.metric)

    def scored(self, values: Values, metrics: Sequence[Metric]) -> Scored:
        """Return scores (n,) in the metric's unit; see ``Objective.scored``."""
        return _unlimited(search_metric(metrics, self.metric).sign * values[self.metric])


@dataclass(frozen=True)
class Weighted:
    """The sum of several metrics, each times a weight that says what one unit of it is worth.

    ``Weighted({"valid_accuracy": 1.0, "latency_ms": 0.002})``: a millisecond costs as much as .2 % of
    accuracy. Weights are positive: which way is better is the metric's own to say.

    Raises:
        InputError: no weights, or one that is not a positive, finite number.
    """

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.weights or not all(0 < weight < np.inf for weight in self.weights.values()):
            raise InputError(
                f"expected a positive weight for each of one or more metrics, got {dict(self.weights)}; "
                f"a metric's direction says which way is better"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that have weights."""
        return tuple(self.weights)

    @property
    def words(self) -> str:
        """The sum; which metrics are to be minimised is theirs to say."""
        return " and ".join(f"{weight:g} x {name}" for name, weight in self.weights.items())

    def check(self, metrics: Sequence[Metric]) -> None:
        """Raise unless all metrics may be optimised; see ``Objective.check``."""
        for name in self.weights:
            search_metric(metrics, name)

    def scored(self, values: Values, metrics: Sequence[Metric]) -> Scored:
        """Return scores (n,); see ``Objective.scored``."""
        signs = {name: search_metric(metrics, name).sign for name in self.weights}
        terms = [signs[name] * weight * values[name] for name, weight in self.weights.items()]
        return _unlimited(np.sum(terms, axis=0))


def _unlimited(scores: NDArray[np.float64]) -> Scored:
    return Scored(scores, np.isfinite(scores), np.empty((len(scores), 0)))
