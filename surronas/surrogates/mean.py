"""The mean of the targets, whatever the architecture: the floor that every other surrogate has to beat."""

from typing import Literal, Self, overload

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.surrogates.base import Matrix, Vector


class MeanSurrogate(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The targets' mean and, as the standard deviation of a new measurement, that of the targets.

    Constant targets have no scale; 1 % of their size is taken then, or .01. One row: its size, or 1.
    """

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p), which are not looked at, and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        n, y = len(y), y.astype(np.float64)
        self.mean_ = float(y.mean())
        size = abs(self.mean_) or 1.0
        spread = float(y.std(ddof=1)) if n > 1 else size
        self.std_ = np.sqrt(1.0 + 1.0 / n) * (spread if spread > 1e-12 * size else 0.01 * size)
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
        n = len(validate_data(self, X, reset=False, dtype=np.float64))
        mean = np.full(n, self.mean_)
        return (mean, np.full(n, self.std_)) if return_std else mean

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: it is not expected to score well."""
        tags: Tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags
