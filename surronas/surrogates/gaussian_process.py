"""Exact Gaussian process regression (Rasmussen and Williams 2006, algorithm 2.1) on warped targets."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, solve_triangular
from sklearn.utils.validation import validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.kernels import Kernel, matern32, squared_distances
from surronas.surrogates.marginal_likelihood import MarginalLikelihood, cholesky
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_BLOCK = 1024  # rows predicted at once: a block of the cross-covariance stays in the cache


class GaussianProcessSurrogate(WarpedRegressor):
    """An exact Gaussian process, its hyper-parameters set by marginal likelihood at every fit.

    Targets are warped (``warping.Warp``) and predictions are the mean and standard deviation of the target
    itself, in its own unit. Rows may repeat, and one row or constant targets are enough.

    Args:
        kernel: ``matern32``, ``matern52``, ``squared_exponential`` or another function of
            ``surrogates.kernels``' kind.
        groups: (p,) the number 0, 1, ... of each feature's group; features of a group share a lengthscale.
            None: all features share one. ``range(p)``: each has its own.
        noise_in_std: whether the standard deviation is that of a new measurement, noise included (the
            one to judge against held-out trainings), or that of the function behind the measurements.
    """

    def __init__(
        self,
        *,
        kernel: Kernel = matern32,
        groups: Sequence[int] | None = None,
        noise_in_std: bool = True,
    ) -> None:
        self.kernel = kernel
        self.groups = groups
        self.noise_in_std = noise_in_std

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: ``groups`` does not number the features of X.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.center_ = X.mean(axis=0)
        spread = 2.0 * X.var(axis=0).sum()  # the mean squared distance between two rows
        self.scale_ = float(np.sqrt(spread)) if spread > 0 else 1.0
        scaled = (X - self.center_) / self.scale_
        self.warp_ = fit_warp(y)
        z = self.warp_.latent(y)
        group = self._group_of_each_feature(X.shape[1])
        self.hyper_parameters_ = MarginalLikelihood(scaled, z, group, self.kernel).maximize()
        self._rows = scaled * np.sqrt(self.hyper_parameters_.weights)
        covariance = self.hyper_parameters_.signal * self.kernel(squared_distances(self._rows, self._rows))[0]
        self._factor = cholesky(covariance, self.hyper_parameters_.noise)
        self._alpha = lapack.dpotrs(self._factor, z, lower=1)[0]
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        at = self.hyper_parameters_
        rows = (X - self.center_) / self.scale_ * np.sqrt(at.weights)
        mean, variance = np.empty(len(X)), np.empty(len(X))
        for start in range(0, len(X), _BLOCK):
            block = slice(start, start + _BLOCK)
            cross = at.signal * self.kernel(squared_distances(rows[block], self._rows))[0]
            mean[block] = cross @ self._alpha  # eq. 2.25
            solved = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
            variance[block] = at.signal - np.einsum("ij,ij->j", solved, solved)  # eq. 2.26
        noise = at.noise if self.noise_in_std else 0.0
        smallest = 1e-10 * at.signal  # rounding may leave zero or less on a row that was fitted
        return mean, np.sqrt(np.maximum(variance, smallest) + noise)

    def _group_of_each_feature(self, num_features: int) -> NDArray[np.int64]:
        """Return (p,) group numbers."""
        if self.groups is None:
            return np.zeros(num_features, dtype=np.int64)
        group = np.asarray(self.groups, dtype=np.int64)
        if group.shape != (num_features,) or set(group.tolist()) != set(range(int(group.max()) + 1)):
            raise InputError(
                f"groups: expected {num_features} numbers (one for each feature) that use all of 0, 1, ..., "
                f"got {list(self.groups)}; use range({num_features}) for a lengthscale of each feature"
            )
        return group
