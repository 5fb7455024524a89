"""k nearest neighbours on warped targets: the number of them, and the error, told by leaving one out."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import fit_error_variance
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_BLOCK = 256  # rows whose distances are held at once: 100 MB at 50,000 fitted rows
_MOST_LEFT_OUT = 2000  # rows that are left out in turn: enough to tell, and bounded for large tables


class NearestNeighborsSurrogate(WarpedRegressor):
    """The mean of the nearest rows by Euclidean distance of standardised features.

    Rows as near as the k-th count too, so that ties, frequent among architectures, are not broken by
    chance. The variance of a prediction is the mean squared error of rows that were left out in turn, the
    same everywhere but for what the neighbours' own variance tells (``ErrorVariance``).

    Args:
        choices: numbers of neighbours; the one with the least error on rows left out is taken.
        seed: of the rows that are left out where there are more than 2,000.
    """

    def __init__(self, *, choices: tuple[int, ...] = (1, 2, 3, 5, 8, 12, 20), seed: int = 0) -> None:
        self.choices = choices
        self.seed = seed

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        self.z_ = self.warp_.latent(y.astype(np.float64))
        self.scaler_ = StandardScaler().fit(X)
        self.rows_ = self.scaler_.transform(X)
        n = len(X)
        left_out = np.random.default_rng(self.seed).permutation(n)[:_MOST_LEFT_OUT]
        choices = sorted({min(k, n - 1) for k in self.choices}) if n > 1 else [1]
        means, spreads = self._nearest(self.rows_[left_out], choices, left_out)
        errors = self.z_[left_out] - means  # (choices, rows)
        best = int(np.argmin(np.mean(errors**2, axis=1)))
        self.num_neighbors_ = choices[best]
        told = slice(None) if n > 1 else slice(0)
        self.error_variance_ = fit_error_variance(errors[best][told], spreads[best][told])
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        means, spreads = self._nearest(self.scaler_.transform(X), [self.num_neighbors_])
        return means[0], np.sqrt(self.error_variance_(spreads[0]))

    def _nearest(
        self, rows: Matrix, choices: list[int], own: NDArray[np.int64] | None = None
    ) -> tuple[Matrix, Matrix]:
        """Return mean and variance (choices, n) of the nearest targets; ``own`` (n,): rows not to count."""
        means, spreads = np.empty((2, len(choices), len(rows)))
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            distance = self._distances(rows[block])
            if own is not None and len(self.z_) > 1:
                distance[np.arange(len(distance)), own[block]] = np.inf
            for i, k in enumerate(choices):
                kth = np.partition(distance, k - 1, axis=1)[:, k - 1 : k]
                near = (distance <= kth * (1 + 1e-9) + 1e-9).astype(np.float64)
                count = near.sum(axis=1)
                means[i, block] = near @ self.z_ / count
                between = near @ self.z_**2 / count - means[i, block] ** 2
                spreads[i, block] = np.maximum(between, 0.0)
        return means, spreads

    def _distances(self, rows: Matrix) -> Matrix:
        """Return (n, fitted rows) squared distances."""
        squares = (rows**2).sum(axis=1)[:, None] + (self.rows_**2).sum(axis=1)
        distances: Matrix = np.maximum(squares - 2.0 * rows @ self.rows_.T, 0.0)
        return distances
