"""Several numbers to optimise at once, within limits or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.objectives.base import Scored, Values, search_metric, visible_metric
from surronas.objectives.limits import Limits
from surronas.spaces import Architectures
from surronas.store import Metric


@dataclass(frozen=True)
class Pareto:
    """Several metrics at once, each in its own direction, for multi-objective searchers; with limits or not.

    One metric within limits is fine too: that is how a searcher is told of limits apart from the score.

    Raises:
        InputError: no metrics, one twice, or limits that are not finite or exclude each other.
    """

    metrics: Sequence[str]
    at_most: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.metrics, str) or not self.metrics or len(set(self.metrics)) < len(self.metrics):
            raise InputError(f"expected one or more distinct metrics, got {self.metrics!r}")
        self.limits.check()

    @property
    def limits(self) -> Limits:
        """The limits."""
        return Limits(self.at_most, self.at_least)

    @property
    def names(self) -> tuple[str, ...]:
        """What is optimised, then what is limited."""
        return tuple(dict.fromkeys((*self.metrics, *self.limits.names)))

    @property
    def words(self) -> str:
        """What is optimised, and the limits."""
        return " against ".join(self.metrics) + (f" within {self.limits.words}" if self.limits.names else "")

    def check(self, metrics: Sequence[Metric]) -> None:
        """Raise unless metrics and limits may be seen; see ``Objective.check``."""
        for name in self.metrics:
            search_metric(metrics, name)
        for name in self.limits.names:
            visible_metric(metrics, name)

    def scored(self, values: Values, metrics: Sequence[Metric]) -> Scored:
        """Return scores (n, k), each column in its metric's unit; see ``Objective.scored``."""
        self.check(metrics)
        scores = np.stack([search_metric(metrics, name).sign * values[name] for name in self.metrics], axis=1)
        slacks = self.limits.slacks(values)
        missing = ~(np.isfinite(scores).all(axis=1) & np.isfinite(slacks).all(axis=1))
        scores[missing] = np.nan
        return Scored(scores, ~missing & (self.limits.violation(slacks) == 0), slacks)

    def allowed(self, architectures: Architectures, known: Mapping[str, ArrayLike]) -> Architectures:
        """Return the (m, d) architectures within the limits on what is known beforehand; see ``Limits``."""
        return self.limits.allowed(architectures, known)
