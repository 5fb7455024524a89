"""Boosted trees (Chen and Guestrin 2016): members leave out rows in turn, so their spread is real."""

from typing import Self

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_NUM_FOLDS = 5  # a member learns from 4/5 of the rows
_SMALLEST_NOISE = 1e-4  # of the targets' variance: the noise a constant or perfectly fitted table is given
_GROWTH = ((500, 100, 3), (2000, 200, 4))  # below so many rows: rounds, depth


def growth(n: int) -> tuple[int, int]:
    """Return the number of rounds and the depth of trees that serve n rows."""
    return next(((rounds, depth) for below, rounds, depth in _GROWTH if n < below), (200, 6))


class XGBoostSurrogate(WarpedRegressor):
    """The mean of boosted-tree members, and a standard deviation calibrated on the rows they left out.

    Every member is boosted without one fifth of the rows, and each row is left out by as many members as
    any other. All members are grown in one xgboost model with one output a member: refit and prediction
    take 0.8 of the time of a loop over models. Targets are warped as for the Gaussian process.

    The variance of a prediction is that between the members, plus a noise variance, the same everywhere,
    by which their errors on left-out rows exceed what the members' variance explains (at least 1e-4 of the
    targets' variance, so the standard deviation is never 0). It is that of a new measurement.

    Rounds and depth follow the number of rows, by what reproduce/boosting_choices.py measured for 20 to
    50,000 of them: 100 rounds of depth 3, from 500 rows on 200 of depth 4, from 2,000 on 200 of depth 6.

    Args:
        num_members: the number of members, a multiple of 5.
        num_rounds: trees of each member; None: by the number of rows.
        learning_rate: shrinkage of each tree.
        max_depth: decisions on a path of a tree; None: by the number of rows.
        row_share: share of a member's rows that each of its trees sees.
        seed: of rows and trees; the same seed gives the same predictions.
        n_jobs: threads.
    """

    def __init__(
        self,
        *,
        num_members: int = 10,
        num_rounds: int | None = None,
        learning_rate: float = 0.18,
        max_depth: int | None = None,
        row_share: float = 0.7,
        seed: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.num_members = num_members
        self.num_rounds = num_rounds
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.row_share = row_share
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, X: Matrix, y: Vector, *, target_weight: Vector | None = None) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        ``target_weight`` (n,) is how often each target counts when the warping is fitted, as
        ``BalancedSurrogate`` has it; trees learn all rows alike.

        Raises:
            InputError: ``num_members`` is not a positive multiple of 5.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        if self.num_members < _NUM_FOLDS or self.num_members % _NUM_FOLDS:
            raise InputError(f"num_members: expected a multiple of {_NUM_FOLDS}, got {self.num_members}")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64), target_weight)
        z = self.warp_.latent(y.astype(np.float64))
        left_out = self._left_out(len(X))
        self.booster_ = self._boost(X, z, ~left_out)
        self.noise_ = self._noise(z, self._members(X), left_out)
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        members = self._members(X)
        return members.mean(axis=1), np.sqrt(members.var(axis=1, ddof=1) + self.noise_)

    def _left_out(self, n: int) -> NDArray[np.bool_]:
        """Return (n, members): whether a member leaves a row out; a single row is left out by none."""
        rng = np.random.default_rng(self.seed)
        columns = []
        for _ in range(self.num_members // _NUM_FOLDS):
            fold = rng.permutation(n) % _NUM_FOLDS
            columns.append(fold[:, None] == np.arange(_NUM_FOLDS))
        return np.hstack(columns) & (n > 1)

    def _boost(self, X: Matrix, z: Vector, learned: NDArray[np.bool_]) -> xgboost.Booster:
        """Return the model whose output k is boosted on the rows where ``learned`` (n, members) is true."""
        targets = np.repeat(z[:, None], self.num_members, axis=1)
        weights = learned.astype(np.float64)

        def squared_error(
            prediction: NDArray[np.float32], _: xgboost.DMatrix
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            return (prediction.reshape(targets.shape) - targets) * weights, weights

        num_rounds, max_depth = growth(len(X))
        parameters = {
            "eta": self.learning_rate,
            "max_depth": max_depth if self.max_depth is None else self.max_depth,
            "subsample": self.row_share,
            "seed": self.seed,
            "nthread": self.n_jobs,
            "num_target": self.num_members,
            "tree_method": "hist",
            "base_score": 0.0,
            "disable_default_eval_metric": True,
        }
        data = xgboost.QuantileDMatrix(X, targets, nthread=self.n_jobs)
        num_rounds = num_rounds if self.num_rounds is None else self.num_rounds
        return xgboost.train(parameters, data, num_rounds, obj=squared_error)

    def _members(self, X: Matrix) -> NDArray[np.float64]:
        """Return (n, members) predictions of the warped target."""
        predicted = self.booster_.inplace_predict(X)
        return np.asarray(predicted, dtype=np.float64).reshape(len(X), self.num_members)

    def _noise(self, z: Vector, members: NDArray[np.float64], left_out: NDArray[np.bool_]) -> float:
        """Return the variance of errors on left-out rows that the members' spread leaves unexplained."""
        if not left_out.any():  # one row: nothing says how far to trust it but the targets' own scale
            return 1.0
        count = left_out.sum(axis=1)
        held_out = np.where(left_out, members, 0.0).sum(axis=1) / count  # (n,) means over members
        error = np.mean((z - held_out) ** 2)
        explained = members.var(axis=1, ddof=1).mean()
        return float(max(error - explained, _SMALLEST_NOISE))
