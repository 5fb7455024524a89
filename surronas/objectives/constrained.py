"""One number to optimise within limits, for searchers that are told one number (Deb 2000, eq. 4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.objectives.base import Scored, Values, search_metric, visible_metric
from surronas.objectives.limits import Limits
from surronas.objectives.plain import Single, Weighted
from surronas.spaces import Architectures
from surronas.store import Metric
from surronas.store.schema import FRACTION

_DEPTH = 1.0  # of the scores of infeasible architectures under the worst feasible one


@dataclass(frozen=True)
class Constrained:
    """One metric, or a weighted sum, within limits; for searchers that are told one number.

    ``Constrained("valid_accuracy", at_most={"latency_ms": 5.0})``. Every architecture within the limits
    scores above every one that is not, and of the latter the one with less violation scores higher (Deb
    2000, eq. 4). Violations are shares of the limits, and added up. Deb puts infeasible ones under the
    worst feasible one met, which changes as a search goes on; a score that was told can't, so here they
    lie under ``worst``, and a feasible one that is even worse is told as ``worst``.

    Where the limited metric is known beforehand, restrict the candidates instead (``allowed``): nothing is
    spent on what violates it. Where it is not, a searcher with a model does better with ``Pareto`` of the
    one metric within these limits and ``MultiObjectiveBayesianOptimization``, which models the limits by
    themselves: the step at a limit is no smooth function of the architecture.

    Args:
        metric: what is optimised.
        at_most, at_least: limits by metric, in its unit; a value equal to a limit keeps it.
        worst: of the metric in its unit (of a weighted sum: the score) that matters among feasible ones.
            None: 0 of a fraction to be maximised, 1 of one to be minimised.

    Raises:
        InputError: no limit, limits that are not finite or exclude each other, or ``worst`` missing.
    """

    metric: str | Weighted
    at_most: Mapping[str, float] = field(default_factory=dict)
    at_least: Mapping[str, float] = field(default_factory=dict)
    worst: float | None = None

    def __post_init__(self) -> None:
        if not self.limits.names:
            raise InputError("expected a limit in at_most or at_least, got none; without limits use Single")
        self.limits.check()
        if isinstance(self.metric, Weighted) and self.worst is None:
            raise InputError("worst: expected the lowest weighted sum that matters, got None")
        if self.worst is not None and not np.isfinite(self.worst):
            raise InputError(f"worst: expected a finite number, got {self.worst}")

    @property
    def limits(self) -> Limits:
        """The limits."""
        return Limits(self.at_most, self.at_least)

    @property
    def names(self) -> tuple[str, ...]:
        """What is optimised, then what is limited."""
        return tuple(dict.fromkeys(self._free.names + self.limits.names))

    @property
    def words(self) -> str:
        """What is optimised, and the limits."""
        return f"{self._free.words} within {self.limits.words}"

    @property
    def _free(self) -> Single | Weighted:
        return Single(self.metric) if isinstance(self.metric, str) else self.metric

    def check(self, metrics: Sequence[Metric]) -> None:
        """Raise unless metric and limits may be seen; see ``Objective.check``."""
        self._free.check(metrics)
        for name in self.limits.names:
            visible_metric(metrics, name)
        self._floor(metrics)

    def scored(self, values: Values, metrics: Sequence[Metric]) -> Scored:
        """Return scores (n,); see ``Objective.scored``."""
        self.check(metrics)
        scores, slacks = self._free.scored(values, metrics).scores, self.limits.slacks(values)
        violation, floor = self.limits.violation(slacks), self._floor(metrics)
        behind = floor - _DEPTH * violation / (1.0 + violation)
        told = np.where(violation > 0, behind, np.maximum(scores, floor))
        told[~np.isfinite(scores) | ~np.isfinite(violation)] = np.nan
        return Scored(told, np.isfinite(told) & (violation == 0), slacks)

    def allowed(self, architectures: Architectures, known: Mapping[str, ArrayLike]) -> Architectures:
        """Return the (m, d) architectures within the limits on what is known beforehand; see ``Limits``."""
        return self.limits.allowed(architectures, known)

    def _floor(self, metrics: Sequence[Metric]) -> float:
        """Return the score under which infeasible architectures lie."""
        if isinstance(self.metric, Weighted):
            return float(self.worst or 0.0)
        chosen = search_metric(metrics, self.metric)
        if self.worst is not None:
            return chosen.sign * self.worst
        if chosen.unit != FRACTION:
            raise InputError(
                f"worst: expected the worst {chosen.name} that matters, in {chosen.unit or 'its unit'}: what "
                f"violates the limits scores below it; got None"
            )
        return 0.0 if chosen.sign > 0 else -1.0
