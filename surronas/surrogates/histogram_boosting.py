"""Boosted trees on binned features: scikit-learn's, after LightGBM (Ke et al. 2017), on warped targets."""

from typing import Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import SMALLEST_VARIANCE
from surronas.surrogates.folds import fold_of_each_row
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_NUM_FOLDS = 5


class HistogramBoostingSurrogate(WarpedRegressor):
    """One model of boosted trees; its standard deviation is that of its errors on left-out folds.

    The standard deviation is the same everywhere on warped targets: the model itself has none to give.
    Leaves hold at least 20 rows where there are many, as is scikit-learn's default, and n / 20 where not.

    Args:
        num_rounds: trees.
        learning_rate: shrinkage of each tree.
        max_leaves: leaves of a tree.
        seed: of folds and trees; the same seed gives the same predictions.
    """

    def __init__(
        self,
        *,
        num_rounds: int = 100,
        learning_rate: float = 0.1,
        max_leaves: int = 31,
        seed: int = 0,
    ) -> None:
        self.num_rounds = num_rounds
        self.learning_rate = learning_rate
        self.max_leaves = max_leaves
        self.seed = seed

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = self.warp_.latent(y.astype(np.float64))
        self.std_ = self._error(X, z) if len(z) > 1 else 1.0
        self.model_ = self._model(len(z)).fit(X, z)
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        return self.model_.predict(X), np.full(len(X), self.std_)

    def _model(self, n: int) -> HistGradientBoostingRegressor:
        """Return an unfitted model for n rows."""
        return HistGradientBoostingRegressor(
            max_iter=self.num_rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaves,
            min_samples_leaf=int(np.clip(n // 20, 2, 20)),
            early_stopping=False,
            random_state=self.seed,
        )

    def _error(self, X: Matrix, z: Vector) -> float:
        """Return the root mean squared error on left-out folds, at least .01."""
        fold = fold_of_each_row(len(z), _NUM_FOLDS, self.seed)
        squared = np.empty(len(z))
        for number in range(int(fold.max()) + 1):
            left_out = fold == number
            model = self._model(int((~left_out).sum())).fit(X[~left_out], z[~left_out])
            squared[left_out] = (z[left_out] - model.predict(X[left_out])) ** 2
        return float(np.sqrt(max(squared.mean(), SMALLEST_VARIANCE)))
