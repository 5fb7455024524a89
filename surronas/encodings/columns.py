"""Table columns as features: zero-cost proxies, parameters, accuracy elsewhere or after fewer epochs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Features
from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace


class Table(Protocol):
    """What is asked of a table: a ``BenchmarkStore`` is one."""

    @property
    def space(self) -> SearchSpace:
        """The search space of the architectures."""
        ...

    @property
    def architectures(self) -> Architectures:
        """(A, d) the architectures of the table."""
        ...

    def query(
        self,
        architectures: Architectures,
        metric: str,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | Literal["mean", "all"] | None = None,
        device: str | None = None,
        missing: str = "raise",
        equivalent: bool = False,
    ) -> NDArray[np.float64]:
        """Return (n,) values of a metric, NaN where ``missing="nan"`` and there is none."""
        ...


@dataclass(frozen=True)
class _Column:
    """How one metric is asked for, and its values in the whole table."""

    metric: str
    known: NDArray[np.float64]  # (k,) distinct finite values in the table, in order
    share: NDArray[np.float64]  # (k,) of the table's values below each, ties counted half


class Columns:
    """An encoding of values looked up in a table: see ``columns``."""

    def __init__(
        self,
        table: Table,
        metrics: Sequence[str],
        *,
        task: str | None,
        recipe: str | None,
        epochs: int | None,
        seed: int | Literal["mean"] | None,
        device: str | None,
        equivalent: bool,
    ) -> None:
        self._table, self._equivalent = table, equivalent
        self._task, self._recipe, self._epochs = task, recipe, epochs
        self._seed, self._device = seed, device
        self._columns = [self._summary(metric) for metric in metrics]

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, 2 m) features of n architectures for m metrics.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
            InputError: the table is of another space.
        """
        rows = space.validate(architectures)
        if space.name != self._table.space.name:
            raise InputError(
                f"expected architectures of {self._table.space.name!r}, the table's space, got {space.name!r}"
            )
        features = np.zeros((len(rows), 2 * len(self._columns)))
        for i, column in enumerate(self._columns):
            values = self._values(rows, column.metric)
            missing = ~np.isfinite(values)
            ranks = np.interp(np.where(missing, 0.0, values), column.known, column.share)
            features[:, 2 * i] = np.where(missing, 0.5, ranks)
            features[:, 2 * i + 1] = missing
        return features

    def _summary(self, metric: str) -> _Column:
        values = self._values(self._table.architectures, metric)
        known, count = np.unique(values[np.isfinite(values)], return_counts=True)
        if not len(known):
            raise InputError(f"expected values of {metric!r} to encode, but the table has none at these axes")
        return _Column(metric, known, (np.cumsum(count) - count / 2) / count.sum())

    def _values(self, rows: Architectures, metric: str) -> NDArray[np.float64]:
        return self._table.query(
            rows,
            metric,
            task=self._task,
            recipe=self._recipe,
            epochs=self._epochs,
            seed=self._seed,
            device=self._device,
            missing="nan",
            equivalent=self._equivalent,
        )


def columns(
    table: Table,
    metrics: Sequence[str],
    *,
    task: str | None = None,
    recipe: str | None = None,
    epochs: int | None = None,
    seed: int | Literal["mean"] | None = None,
    device: str | None = None,
    equivalent: bool = False,
) -> Columns:
    """Return the encoding (n, 2 m) of m metrics of a table: their ranks, and whether a value is missing.

    The axes are those of ``BenchmarkStore.query``; ``concatenate`` joins columns at different ones. A value
    is encoded by its rank, from 0 to 1, among all values of its column in the table, in between by
    interpolation: proxies have tails that would drown all else. A missing (or infinite) value is encoded as
    the median, .5, and 1 in the column that says so. No targets of a search belong here.

    Raises:
        InputError: no metrics, or the table has no value of one at these axes; otherwise as ``query``.
    """
    if isinstance(metrics, str) or not metrics:
        raise InputError(f"expected a list of metrics to encode, got {metrics!r}")
    return Columns(
        table,
        metrics,
        task=task,
        recipe=recipe,
        epochs=epochs,
        seed=seed,
        device=device,
        equivalent=equivalent,
    )
