"""Bayesian linear ridge regression (MacKay 1992), scikit-learn's, on warped targets."""

from typing import Self

import numpy as np
from sklearn.linear_model import BayesianRidge
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import SMALLEST_VARIANCE
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp


class BayesianRidgeSurrogate(WarpedRegressor):
    """A line through standardised features, its two precisions set by marginal likelihood.

    The standard deviation is that of a new measurement: of the coefficients, and of the noise, which is
    at least 1e-4 of the targets' variance.
    """

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = self.warp_.latent(y.astype(np.float64))
        self.scaler_ = StandardScaler().fit(X)
        self.ridge_ = BayesianRidge().fit(self.scaler_.transform(X), z)
        self.smallest_ = SMALLEST_VARIANCE if len(z) > 1 else 1.0
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        mean, std = self.ridge_.predict(self.scaler_.transform(X), return_std=True)
        return mean, np.sqrt(np.maximum(std**2, self.smallest_))
