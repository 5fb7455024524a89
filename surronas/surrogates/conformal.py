"""Conformal calibration across folds (Vovk 2015; Barber et al. 2021): intervals that hold what they say."""

from typing import Literal, Self, overload

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.folds import fold_of_each_row, out_of_fold
from surronas.surrogates.intervals import check_level


class ConformalSurrogate(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A surrogate whose standard deviation is scaled so that its intervals cover left-out rows.

    Each row is predicted by a fit without its fold, and scored by |target - mean| / std. The conformal
    quantile of the scores, the ceil((n + 1) * level)-th smallest, over the Gaussian's, is what the standard
    deviation of the surrogate fitted to all rows is multiplied by. mean ± z(level) * std then holds a
    share ``level`` of new rows of the same kind; ``predict_interval`` does so for any level. The mean stays
    the surrogate's own. It costs ``num_folds`` more fits.

    Where a level asks for more rows than there are (.99 of 64), the largest score is stretched as
    a Gaussian's would be. One row says nothing: the surrogate's own standard deviation is kept.

    Args:
        surrogate: any surrogate; the one given stays unfitted.
        level: the central share that mean ± z * std is to hold, with the Gaussian's z.
        num_folds: the fits that leave out a fold; n of them where there are fewer rows.
        seed: of the folds.
    """

    def __init__(
        self, surrogate: Surrogate, *, level: float = 0.9, num_folds: int = 5, seed: int = 0
    ) -> None:
        self.surrogate = surrogate
        self.level = level
        self.num_folds = num_folds
        self.seed = seed

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: ``level`` is not inside (0, 1), or fewer than two folds.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        check_level(self.level)
        if self.num_folds < 2:
            raise InputError(f"num_folds: expected 2 or more, got {self.num_folds}")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.scores_ = np.empty(0)
        if len(y) > 1:
            mean, std = out_of_fold(self.surrogate, X, y, fold_of_each_row(len(y), self.num_folds, self.seed))
            self.scores_ = np.sort(np.abs(y - mean) / std)
        self.surrogate_ = unfitted(self.surrogate).fit(X, y)
        self.scale_ = self._half_width(self.level) / float(ndtri((1.0 + self.level) / 2.0))
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
        if not return_std:
            return self.surrogate_.predict(X)
        mean, std = self.surrogate_.predict(X, return_std=True)
        return mean, self.scale_ * std

    def predict_interval(self, X: Matrix, level: float | None = None) -> tuple[Vector, Vector]:
        """Return lower and upper ends (n,), (n,) that a share ``level`` of new targets lies between.

        Raises:
            InputError: ``level`` is not inside (0, 1).
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        level = self.level if level is None else level
        check_level(level)
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        mean, std = self.surrogate_.predict(X, return_std=True)
        half = self._half_width(level) * std
        return mean - half, mean + half

    def _half_width(self, level: float) -> float:
        """Return how many of the surrogate's own standard deviations hold ``level`` of the rows."""
        n = len(self.scores_)
        gaussian = float(ndtri((1.0 + level) / 2.0))
        if n == 0:
            return gaussian
        rank = int(np.ceil((n + 1) * level - 1e-9))
        smallest = 1e-2 * gaussian  # perfectly fitted rows are no certainty
        if rank <= n:
            return max(float(self.scores_[rank - 1]), smallest)
        reached = float(ndtri((1.0 + n / (n + 1)) / 2.0))
        return max(float(self.scores_[-1]) * gaussian / reached, smallest)
