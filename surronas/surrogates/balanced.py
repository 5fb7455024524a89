"""Rows that a search chose, weighted so that their targets look like those of the whole space."""

from typing import Protocol, Self, cast

import numpy as np
from sklearn.utils.validation import validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.inner import InnerRegressor


class _Weighted(Surrogate, Protocol):
    """A surrogate whose warping can count targets by weight."""

    def fit(self, X: Matrix, y: Vector, *, target_weight: Vector | None = None) -> Self: ...


class BalancedSurrogate(InnerRegressor):
    """A surrogate that is told what the space is like, when a search chose the rows it learns from.

    A search picks good architectures, so after some rounds most targets are high: a surrogate that takes them
    for the space's own puts what it doesn't know in their midst, and ranks the rest of the space worse. Here
    a first fit predicts ``sample``, architectures drawn at random; each target then counts in the warping
    by how much rarer its like are among the rows than in the sample (importance weights, in bins of equal
    share, within 1 / ``most`` and ``most``); a second fit learns all rows so. What it buys, and where it
    does not, is in reproduce/write_back.py.

    Args:
        surrogate: a ``GaussianProcessSurrogate`` or ``XGBoostSurrogate``; the one given stays unfitted.
        sample: (m, p) features of architectures drawn uniformly; None: nothing is weighted.
        num_bins: of the targets.
        most: the largest weight, before they are scaled to a mean of 1.
    """

    def __init__(
        self, surrogate: Surrogate, *, sample: Matrix | None = None, num_bins: int = 8, most: float = 5.0
    ) -> None:
        self.surrogate = surrogate
        self.sample = sample
        self.num_bins = num_bins
        self.most = most

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: fewer than two bins, ``most`` below 1, or a sample with other features.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        if self.num_bins < 2 or not self.most >= 1.0:
            raise InputError(
                f"expected 2 bins or more and most >= 1, got num_bins={self.num_bins}, most={self.most}"
            )
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.surrogate_ = unfitted(self.surrogate).fit(X, y)
        self.weight_ = np.ones(len(y))
        if self.sample is not None:
            sample = np.asarray(self.sample, dtype=np.float64)
            if sample.ndim != 2 or not len(sample) or sample.shape[1] != X.shape[1]:
                raise InputError(
                    f"sample: expected (m, {X.shape[1]}) features as those of X, got {sample.shape}"
                )
            like = self.surrogate_.predict(sample)
            self.weight_ = balanced_weights(y, like, num_bins=self.num_bins, most=self.most)
            weighted = cast(_Weighted, unfitted(self.surrogate))
            self.surrogate_ = weighted.fit(X, y, target_weight=self.weight_)
        return self


def balanced_weights(y: Vector, like: Vector, *, num_bins: int = 8, most: float = 5.0) -> Vector:
    """Return (n,) weights of mean 1 under which targets (n,) are spread as values (m,) of the space are.

    The bins hold equal shares of ``like``; a weight is the share of a bin there over its share here.
    """
    edges = np.quantile(like, np.arange(1, num_bins) / num_bins)
    of_target = np.searchsorted(edges, y)
    shares = [
        np.bincount(places, minlength=num_bins) / len(places)
        for places in (np.searchsorted(edges, like), of_target)
    ]
    ratio = shares[0][of_target] / shares[1][of_target]
    weight = np.clip(ratio, 1.0 / most, most)
    return np.asarray(weight / weight.mean(), dtype=np.float64)
