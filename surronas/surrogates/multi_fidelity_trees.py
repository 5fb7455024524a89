"""Boosted trees over several tasks or fidelities: the task is one more feature."""

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.boosted_trees import XGBoostSurrogate
from surronas.surrogates.distinct_rows import distinct_rows
from surronas.surrogates.tasks import Index, TaskRegressor

_SMALLEST_NOISE = 1e-4  # of the targets' variance: the noise a constant or perfectly fitted table is given


class MultiFidelityXGBoost(TaskRegressor):
    """``XGBoostSurrogate`` on rows of several tasks or fidelities, each task standardised by itself.

    The place of a row's task among all in order is a feature, and every task weighs as much as the one with
    the most rows: a few rows of the target would drown among hundreds of another. Members leave out
    architectures, in all their tasks at once, so errors on the rows left out are those on architectures
    never seen. The variance of a prediction is that between the members plus a task's own noise, by which
    those errors exceed what the members' variance explains.

    Kendall tau on NAS-Bench-201 with 1,000 rows after 12 epochs and 16 / 64 after 200, four samples of
    ``live_one_hot_counts``: .670 / .778; all rows weighing the same .646 / .742; the other fidelity's
    prediction (on architectures left out) as a feature of trees for the target alone .633 / .765; without
    the other fidelity .550 / .742. With the default encoding: reproduce/multi_fidelity.py.

    Args:
        target: the task that ``predict`` answers for; None: the greatest of ``task``.
        num_members: the number of members, a multiple of 5.
        num_rounds: trees of each member.
        learning_rate: shrinkage of each tree.
        max_depth: decisions on a path of a tree.
        row_share: share of a member's rows that each of its trees sees.
        seed: of rows and trees; the same seed gives the same predictions.
        n_jobs: threads.
    """

    def __init__(
        self,
        *,
        target: int | None = None,
        num_members: int = 10,
        num_rounds: int = 100,
        learning_rate: float = 0.18,
        max_depth: int = 3,
        row_share: float = 0.7,
        seed: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.target = target
        self.num_members = num_members
        self.num_rounds = num_rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.row_share = row_share
        self.seed = seed
        self.n_jobs = n_jobs

    def _fit_latent(self, X: Matrix, z: Vector, row_task: Index) -> None:
        if self.num_members < 5 or self.num_members % 5:
            raise InputError(f"num_members: expected a multiple of 5, got {self.num_members}")
        parameters = self.get_params()
        del parameters["target"]
        self.members_ = XGBoostSurrogate(**parameters)
        rows = np.column_stack([X, row_task])
        count = np.bincount(row_task)
        weight = (count.max() / count)[row_task]
        left_out = self._left_out(X)
        self.members_.booster_ = self.members_._boost(rows, z, ~left_out * weight[:, None])
        predicted = self.members_._members(rows)
        errors, spread = _errors(z, predicted, left_out), predicted.var(axis=1, ddof=1)
        self.noise_ = np.array([_noise(errors, spread, row_task == place) for place in range(len(count))])

    def _latent(self, X: Matrix, place: int) -> tuple[Vector, Vector]:
        predicted = self.members_._members(np.column_stack([X, np.full(len(X), place)]))
        return predicted.mean(axis=1), np.sqrt(predicted.var(axis=1, ddof=1) + self.noise_[place])

    def _left_out(self, X: Matrix) -> NDArray[np.bool_]:
        """Return (n, members): whether a member leaves out a row; rows of equal features go together."""
        distinct, expand = distinct_rows(X)
        return self.members_._left_out(len(distinct))[expand]


def _errors(z: Vector, predicted: NDArray[np.float64], left_out: NDArray[np.bool_]) -> Vector:
    """Return (n,) errors of the mean of the members that left a row out, NaN where none did."""
    count = left_out.sum(axis=1)
    held_out = np.where(left_out, predicted, 0.0).sum(axis=1)
    return np.where(count > 0, z - held_out / np.maximum(count, 1), np.nan)


def _noise(errors: Vector, spread: Vector, of_task: NDArray[np.bool_]) -> float:
    """Return the variance of a task's errors that the members' spread leaves unexplained.

    Where no row was left out nothing says how far to trust it but the targets' own scale.
    """
    known = of_task & np.isfinite(errors)
    if not known.any():
        return 1.0
    return float(max(np.mean(errors[known] ** 2) - spread[known].mean(), _SMALLEST_NOISE))
