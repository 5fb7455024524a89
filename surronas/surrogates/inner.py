"""What surrogates share that fit another one and let it speak."""

from typing import Literal, overload

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.surrogates.base import Matrix, Surrogate, Vector
from surronas.surrogates.intervals import cdf_of, interval_of


class InnerRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor whose ``fit`` sets ``surrogate_``, fitted, which predicts for it."""

    surrogate_: Surrogate

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
        X = self._checked(X)
        return self.surrogate_.predict(X, return_std=True) if return_std else self.surrogate_.predict(X)

    def predict_interval(self, X: Matrix, level: float = 0.9) -> tuple[Vector, Vector]:
        """Return lower and upper ends (n,), (n,) of central intervals: the inner surrogate's own.

        Raises:
            InputError: ``level`` is not inside (0, 1).
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        return interval_of(self.surrogate_, self._checked(X), level)

    def cdf(self, X: Matrix, y: Vector) -> Vector:
        """Return the (n,) predicted probabilities of targets at most y (n,): the inner surrogate's own.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        return cdf_of(self.surrogate_, self._checked(X), y)

    def _checked(self, X: Matrix) -> Matrix:
        """Return features (n, p) as in ``fit``."""
        check_is_fitted(self)
        checked: Matrix = validate_data(self, X, reset=False, dtype=np.float64)
        return checked
