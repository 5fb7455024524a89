"""Boosted trees for quantiles (Koenker and Bassett 1978), by xgboost's reg:quantileerror."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.boosted_folds import NUM_FOLDS, boost_folds, left_out
from surronas.surrogates.error_variance import fit_error_variance
from surronas.surrogates.folds import fold_of_each_row
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_QUANTILES = (0.1, 0.5, 0.9)


class XGBoostQuantileSurrogate(WarpedRegressor):
    """The median of boosted trees, and a standard deviation from how far the outer quantiles lie apart.

    Five models each leave out a fold, and are averaged. Their quantiles are far too close (an interval of
    90 % held 24 % at n = 50), so the squared distance is but the spread that ``ErrorVariance`` turns into a
    variance by the errors on left-out rows. For noise that differs between architectures; otherwise
    ``XGBoostSurrogate`` ranks better (reproduce/boosting_choices.py).

    Args:
        learning_rate: shrinkage of each tree.
        row_share: share of a model's rows that each of its trees sees.
        seed: of folds and trees; the same seed gives the same predictions.
        n_jobs: threads.
    """

    def __init__(
        self, *, learning_rate: float = 0.18, row_share: float = 0.7, seed: int = 0, n_jobs: int = 1
    ) -> None:
        self.learning_rate = learning_rate
        self.row_share = row_share
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = self.warp_.latent(y.astype(np.float64))
        fold = fold_of_each_row(len(z), NUM_FOLDS, self.seed)
        parameters: dict[str, str | float | list[float]] = {
            "objective": "reg:quantileerror",
            "quantile_alpha": list(_QUANTILES),
            "eta": self.learning_rate,
            "subsample": self.row_share,
            "seed": self.seed,
            "nthread": self.n_jobs,
        }
        self.boosters_ = boost_folds(X, z, fold, parameters)
        middle, spread = _middle_and_spread(left_out(self._quantiles(X), fold))
        told = slice(None) if len(z) > 1 else slice(0)
        self.error_variance_ = fit_error_variance((z - middle)[told], spread[told])
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        middle, spread = _middle_and_spread(self._quantiles(X).mean(axis=0))
        return middle, np.sqrt(self.error_variance_(spread))

    def _quantiles(self, X: Matrix) -> NDArray[np.float64]:
        """Return (models, n, quantiles) of the warped target, crossed ones in order."""
        told = np.array([booster.inplace_predict(X) for booster in self.boosters_], dtype=np.float64)
        return np.sort(told, axis=2)


def _middle_and_spread(quantiles: NDArray[np.float64]) -> tuple[Vector, Vector]:
    """Return the median (n,), and the variance (n,) of a Gaussian of these outer quantiles."""
    width = (quantiles[:, 2] - quantiles[:, 0]) / (2.0 * float(ndtri(_QUANTILES[2])))
    return quantiles[:, 1], width**2
