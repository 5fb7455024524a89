"""Random forest (Breiman 2001), scikit-learn's, with a spread that its out-of-bag errors calibrate."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import fit_error_variance
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_GRAIN = 2.0**-20  # of targets: sums are exact, so equal splits tie by feature, never by rounding or unit


class RandomForestSurrogate(WarpedRegressor):
    """The mean of trees grown on bootstrap samples of the rows, on warped targets.

    The variance of a prediction is a line in the variance between trees, fitted to the errors on rows that
    trees did not see (``ErrorVariance``); the trees' own is far too wide: it held .98 where .90 was asked.

    Args:
        num_trees: the number of trees.
        feature_share: share of the features that a split may choose from.
        smallest_leaf: rows that a leaf has at least.
        seed: of rows and features; the same seed gives the same predictions.
        n_jobs: threads.
    """

    def __init__(
        self,
        *,
        num_trees: int = 100,
        feature_share: float = 0.5,
        smallest_leaf: int = 1,
        seed: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.num_trees = num_trees
        self.feature_share = feature_share
        self.smallest_leaf = smallest_leaf
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = np.round(self.warp_.latent(y.astype(np.float64)) / _GRAIN) * _GRAIN
        self.forest_ = RandomForestRegressor(
            self.num_trees,
            max_features=self.feature_share,
            min_samples_leaf=self.smallest_leaf,
            random_state=self.seed,
            n_jobs=self.n_jobs,
        ).fit(X, z)
        mean, spread, count = self._trees(X, out_of_bag=True)
        told = count > 1
        self.error_variance_ = fit_error_variance((z - mean)[told], spread[told])
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        mean, spread, _ = self._trees(X, out_of_bag=False)
        return mean, np.sqrt(self.error_variance_(spread))

    def _trees(self, X: Matrix, *, out_of_bag: bool) -> tuple[Vector, Vector, NDArray[np.float64]]:
        """Return mean (n,), variance (n,) and number (n,) of the trees, or of those that missed a row."""
        rows = np.ascontiguousarray(X, dtype=np.float32)
        asked = np.ones(len(X))
        count, total, squares = np.zeros((3, len(X)))
        for tree, seen in zip(self.forest_.estimators_, self._seen(out_of_bag), strict=True):
            if out_of_bag:
                asked = np.ones(len(X))
                asked[seen] = 0.0
            predicted = tree.tree_.predict(rows)[:, 0]
            count += asked
            total += asked * predicted
            squares += asked * predicted**2
        mean = total / np.maximum(count, 1.0)
        between = squares - count * mean**2
        return mean, np.maximum(between, 0.0) / np.maximum(count - 1.0, 1.0), count

    def _seen(self, out_of_bag: bool) -> list[NDArray[np.int64]]:
        """Return the rows that each tree was grown on; nothing where that is not asked for."""
        if out_of_bag:
            return list(self.forest_.estimators_samples_)
        return [np.empty(0, dtype=np.int64)] * len(self.forest_.estimators_)
