"""Stacked surrogates (Wolpert 1992; Breiman 1996): weights that did best on rows that were left out."""

from collections.abc import Sequence
from typing import Any, Literal, Self, overload

import numpy as np
from scipy.optimize import nnls
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.boosted_trees import XGBoostSurrogate
from surronas.surrogates.folds import fold_of_each_row, out_of_fold
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate
from surronas.surrogates.warping import fit_warp

_FEWEST_ROWS = 10  # that weights are learnt from
_LEVEL, _HALF_WIDTH = 0.9, 1.6448536  # intervals of this level are to hold, a Gaussian's half width


class StackingSurrogate(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The weighted mean of surrogates, weights >= 0 with sum 1.

    Weights are the non-negative least squares of warped targets on the members' warped out-of-fold
    predictions, so that the tail of bad architectures does not decide. The variance is that of the mixture,
    its members' own and their disagreement, scaled so that 90 % intervals hold out-of-fold targets (by the
    mean squared error instead, one outlier in 32 rows made all intervals hold everything).
    Members of weight 0 are not kept. Below ten rows all members weigh the same, and nothing is scaled.

    Args:
        members: surrogates; those given stay unfitted. None: a Gaussian process and XGBoost.
        num_folds: the fits of each member that leave out a fold.
        seed: of the folds.
        groups: (p,) of the features, told to the Gaussian process where ``members`` is None.
    """

    def __init__(
        self,
        members: Sequence[Surrogate] | None = None,
        *,
        num_folds: int = 5,
        seed: int = 0,
        groups: Sequence[int] | None = None,
    ) -> None:
        self.members = members
        self.num_folds = num_folds
        self.seed = seed
        self.groups = groups

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a state; those saved before ``groups`` was a parameter have none."""
        super().__setstate__({"groups": None} | state)

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: no members, or fewer than two folds.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        members = _default_members(self.groups) if self.members is None else list(self.members)
        if not members or self.num_folds < 2:
            raise InputError(
                f"expected at least one member and two folds, got {len(members)} and {self.num_folds}"
            )
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        weights, self.scale_ = np.full(len(members), 1.0 / len(members)), 1.0
        if len(y) >= _FEWEST_ROWS and np.ptp(y) > 0.0:
            weights = self._learn_weights(members, X, y)
        self.weights_ = weights
        self.surrogates_ = [
            unfitted(member).fit(X, y) if weight > 0 else None
            for member, weight in zip(members, weights, strict=True)
        ]
        return self

    @overload
    def predict(self, X: Matrix) -> Vector: ...
    @overload
    def predict(self, X: Matrix, return_std: Literal[True]) -> tuple[Vector, Vector]: ...
    def predict(self, X: Matrix, return_std: bool = False) -> Vector | tuple[Vector, Vector]:
        """Return the mean (n,) and, if ``return_std``, the standard deviation (n,), in the targets' unit.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        told = [fitted.predict(X, return_std=True) for fitted in self.surrogates_ if fitted is not None]
        means, stds = np.array(told).transpose(1, 0, 2)
        mean, variance = _mixture(self.weights_[self.weights_ > 0], means, stds)
        return (mean, self.scale_ * np.sqrt(variance)) if return_std else mean

    def _learn_weights(self, members: Sequence[Surrogate], X: Matrix, y: Vector) -> Vector:
        """Return (members,) weights, and set the scale of the standard deviation."""
        fold = fold_of_each_row(len(y), self.num_folds, self.seed)
        told = [out_of_fold(member, X, y, fold) for member in members]
        means, stds = np.array(told).transpose(1, 0, 2)  # (members, n) each
        warp = fit_warp(y)
        weights, _ = nnls(warp.latent(means).T, warp.latent(y))
        weights = np.where(weights < 1e-3 * weights.sum(), 0.0, weights)
        if weights.sum() <= 0.0:  # no member helps: all of them as they are
            weights = np.ones(len(members))
        weights = np.asarray(weights / weights.sum(), dtype=np.float64)
        mean, variance = _mixture(weights, means, stds)
        scores = np.sort(np.abs(y - mean) / np.sqrt(variance))
        self.scale_ = max(float(scores[int(np.ceil((len(y) + 1) * _LEVEL)) - 1] / _HALF_WIDTH), 1e-2)
        return weights


def _mixture(weights: Vector, means: Matrix, stds: Matrix) -> tuple[Vector, Vector]:
    """Return mean (n,) and variance (n,) of the mixture of members (members, n)."""
    mean = weights @ means
    return mean, weights @ (stds**2 + (means - mean) ** 2)


def _default_members(groups: Sequence[int] | None) -> list[Surrogate]:
    return [GaussianProcessSurrogate(groups=groups), XGBoostSurrogate()]
