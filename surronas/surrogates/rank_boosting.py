"""Boosted trees that learn which of two architectures is better (Burges et al. 2005), by rank:pairwise."""

from typing import Self

import numpy as np
from scipy.stats import rankdata
from sklearn.utils.validation import validate_data

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.boosted_folds import NUM_FOLDS, boost_folds, left_out
from surronas.surrogates.error_variance import fit_error_variance
from surronas.surrogates.folds import fold_of_each_row
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp


class XGBoostRankSurrogate(WarpedRegressor):
    """Scores that order pairs of rows, mapped to the targets' unit by an increasing line and the warp.

    Five models each leave out a fold; their standardised scores are averaged. The line is the least-squares
    fit of warped targets to scores of left-out rows (its slope at least .01, so the order stays), and the
    variance follows the models' disagreement as ``ErrorVariance`` says.

    Args:
        learning_rate: shrinkage of each tree.
        row_share: share of a model's rows that each of its trees sees.
        num_pairs: pairs that a row is compared in, a round.
        seed: of folds, trees and pairs; the same seed gives the same predictions.
        n_jobs: threads.
    """

    def __init__(
        self,
        *,
        learning_rate: float = 0.18,
        row_share: float = 0.7,
        num_pairs: int = 8,
        seed: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.learning_rate = learning_rate
        self.row_share = row_share
        self.num_pairs = num_pairs
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
            "objective": "rank:pairwise",
            "lambdarank_pair_method": "mean",
            "lambdarank_num_pair_per_sample": self.num_pairs,
            "eta": self.learning_rate,
            "subsample": self.row_share,
            "seed": self.seed,
            "nthread": self.n_jobs,
        }
        self.boosters_ = boost_folds(X, rankdata(z, method="dense") - 1.0, fold, parameters)
        raw = self._raw(X)
        self.center_ = raw.mean(axis=1, keepdims=True)
        self.spread_ = np.maximum(raw.std(axis=1, keepdims=True), 1e-9)
        scores = (raw - self.center_) / self.spread_
        self._map(z, left_out(scores, fold), scores.var(axis=0))
        return self

    def _map(self, z: Vector, scores: Vector, between: Vector) -> None:
        """Set the line from scores (n,) of left-out rows to warped targets, and the variance about it."""
        variance = float(scores.var())
        slope = float(np.mean((scores - scores.mean()) * z)) / variance if variance > 0.0 else 0.0
        self.slope_ = max(slope, 0.01 if np.ptp(z) > 0.0 else 0.0)
        self.level_ = float(z.mean()) - self.slope_ * float(scores.mean())
        told = slice(None) if len(z) > 1 else slice(0)
        errors = z - self.level_ - self.slope_ * scores
        self.error_variance_ = fit_error_variance(errors[told], between[told])

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        scores = (self._raw(X) - self.center_) / self.spread_
        mean = self.level_ + self.slope_ * scores.mean(axis=0)
        return mean, np.sqrt(self.error_variance_(scores.var(axis=0)))

    def _raw(self, X: Matrix) -> Matrix:
        """Return (models, n) scores."""
        return np.array([booster.inplace_predict(X) for booster in self.boosters_], dtype=np.float64)
