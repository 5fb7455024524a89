"""What an objective is: from measured values to scores. And which metrics a search may see at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store import Metric

Values = Mapping[str, NDArray[np.float64]]  # (n,) by metric, in its unit; NaN: failed or not measured


@dataclass(frozen=True)
class Scored:
    """What a search is told of n architectures."""

    scores: NDArray[np.float64]  # (n,), or (n, k) of a Pareto objective; NaN: a value is missing
    feasible: NDArray[np.bool_]  # (n,) whether all limits are kept; False where a value is missing
    slacks: NDArray[np.float64]  # (n, c) how far within each limit, as a share of it; negative: violated


class Objective(Protocol):
    """From values of metrics to scores."""

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that it reads."""
        ...

    @property
    def words(self) -> str:
        """What is optimised, as a report says it."""
        ...

    def check(self, metrics: Sequence[Metric], /) -> None:
        """Raise unless a search may optimise this on what has these metrics.

        Raises:
            InputError: no such metric, one of the test split, or one to optimise that has no direction.
        """
        ...

    def scored(self, values: Values, metrics: Sequence[Metric], /) -> Scored:
        """Return the scores of n architectures from their values (n,) by metric.

        Raises:
            InputError: as ``check``.
        """
        ...


def visible_metric(metrics: Sequence[Metric], name: str) -> Metric:
    """Return the metric of a name, if a search may see it.

    Raises:
        InputError: no such metric, or one of the test split.
    """
    by_name = {metric.name: metric for metric in metrics}
    if name not in by_name:
        raise InputError(f"expected a metric among {', '.join(by_name)}, got {name!r}")
    if by_name[name].split == "test":
        raise InputError(
            f"{name!r} is measured on the test split, which a search must not see; "
            "search on a validation metric and report the test score of what it finds"
        )
    return by_name[name]


def search_metric(metrics: Sequence[Metric], name: str) -> Metric:
    """Return the metric that a search optimises.

    Raises:
        InputError: no such metric, one without direction, or one of the test split.
    """
    metric = visible_metric(metrics, name)
    if metric.direction is None:
        raise InputError(f"metric {name!r} does not say whether more is better; give it a direction")
    return metric
