"""What the first epochs of a training tell: features of learning curves, for extrapolation."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings.base import Features
from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace

_TAIL = 4  # a quarter of the epochs is the end of a curve
NAMES = ("last", "best", "mean", "end_mean", "end_slope", "limit", "measured")


class CurveTable(Protocol):
    """What is asked of a table of learning curves: a ``BenchmarkStore`` is one."""

    @property
    def space(self) -> SearchSpace:
        """The search space of the architectures."""
        ...

    @property
    def architectures(self) -> Architectures:
        """(A, d) the architectures of the table."""
        ...

    def curves(
        self,
        architectures: Architectures,
        metric: str,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        missing: str = "raise",
        equivalent: bool = False,
    ) -> NDArray[np.float32]:
        """Return (n, epochs) learning curves, NaN where ``missing="nan"`` and there is none."""
        ...


def curve_features(curves: ArrayLike) -> Features:
    """Return the (n, 7) features of n partial learning curves (n, T), NaN where not measured.

    The columns, ``NAMES``: the last value; the greatest; the mean (the area under the curve, which ranks
    by speed of training; Ru et al. 2021); mean and slope an epoch of the last quarter; where the curve
    would end if it were a + b / sqrt(epoch), by least squares; the share of epochs that are measured.
    Epochs in between that were not measured are interpolated, later ones hold the last value. A curve
    without any value is NaN in all columns but the last, which is 0.

    Raises:
        InputError: not a (n, T) array with at least one epoch.
    """
    given = np.asarray(curves, np.float64)
    if given.ndim != 2 or not given.shape[1]:
        raise InputError(f"expected learning curves of shape (n, epochs), got shape {given.shape}")
    measured = np.isfinite(given)
    some = measured.any(axis=1)
    features = np.full((len(given), len(NAMES)), np.nan)
    features[some, :-1] = _of_filled(_filled(given[some], measured[some]))
    features[:, -1] = measured.mean(axis=1)
    return features


def _of_filled(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (n, 6) features of curves without gaps."""
    num_epochs = curves.shape[1]
    end = curves[:, -max(num_epochs // _TAIL, min(2, num_epochs)) :]
    epoch = np.arange(end.shape[1]) - (end.shape[1] - 1) / 2
    slope = end @ epoch / (float(epoch @ epoch) or 1.0)
    decay = 1.0 / np.sqrt(np.arange(1, num_epochs + 1))
    design = np.column_stack([np.ones(num_epochs), decay])
    limit = curves @ np.linalg.pinv(design)[0]
    parts = (curves[:, -1], curves.max(axis=1), curves.mean(axis=1), end.mean(axis=1), slope, limit)
    return np.column_stack(parts)


def _filled(curves: NDArray[np.float64], measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return curves with their gaps interpolated; each has at least one value."""
    epochs = np.arange(curves.shape[1])
    gaps = np.flatnonzero(~measured.all(axis=1))
    whole = curves.copy()
    for row in gaps:
        there = measured[row]
        whole[row] = np.interp(epochs, epochs[there], curves[row, there])
    return whole


class LearningCurves:
    """An encoding of the first epochs of trainings in a table: see ``learning_curves``."""

    def __init__(
        self,
        table: CurveTable,
        metric: str,
        num_epochs: int,
        *,
        task: str | None,
        recipe: str | None,
        epochs: int | None,
        seed: int | None,
    ) -> None:
        self._table, self._metric, self._num_epochs = table, metric, num_epochs
        self._task, self._recipe, self._epochs, self._seed = task, recipe, epochs, seed
        known = self._features(table.architectures)
        known = known[known[:, -1] > 0]
        if not len(known):
            raise InputError(
                f"expected learning curves of {metric!r} in the first {num_epochs} epochs; the table has none"
            )
        self._medians = np.median(known[:, :-1], axis=0)

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, 7) features of n architectures, the table's medians where there is no curve.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
            InputError: the table is of another space.
        """
        rows = space.validate(architectures)
        if space.name != self._table.space.name:
            raise InputError(
                f"expected architectures of {self._table.space.name!r}, the table's space, got {space.name!r}"
            )
        features = self._features(rows)
        features[:, :-1] = np.where(features[:, -1:] > 0, features[:, :-1], self._medians)
        return features

    def _features(self, rows: Architectures) -> Features:
        curves = self._table.curves(
            rows,
            self._metric,
            task=self._task,
            recipe=self._recipe,
            epochs=self._epochs,
            seed=self._seed,
            missing="nan",
        )
        return curve_features(curves[:, : self._num_epochs])


def learning_curves(
    table: CurveTable,
    metric: str,
    num_epochs: int,
    *,
    task: str | None = None,
    recipe: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
) -> LearningCurves:
    """Return the encoding (n, 7) of the first ``num_epochs`` epochs of curves in a table.

    The axes are those of ``BenchmarkStore.curves``; ``epochs`` is the length of the trainings, of which only
    the first ``num_epochs`` are looked at. An architecture without a curve has the medians of the table's and
    0 in the column ``measured``.

    Raises:
        InputError: ``num_epochs`` below 1, or no curve has a value so early; otherwise as ``curves``.
    """
    if num_epochs < 1:
        raise InputError(f"num_epochs: expected at least 1, got {num_epochs}")
    return LearningCurves(table, metric, num_epochs, task=task, recipe=recipe, epochs=epochs, seed=seed)
