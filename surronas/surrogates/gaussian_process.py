"""Gaussian process regression on warped targets (Rasmussen and Williams 2006), hyper-parameters learnt."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.covariance import Kernel, Stationary
from surronas.surrogates.distinct_rows import distinct_rows
from surronas.surrogates.joint_beliefs import draw, target_moments
from surronas.surrogates.kernels import Shape, matern52
from surronas.surrogates.marginal_likelihood import MarginalLikelihood
from surronas.surrogates.posteriors import ExactPosterior, InducingPosterior, Posterior
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_LEARNT_ON = 1_000  # rows at most that hyper-parameters are learnt on
_FIRST_ON = 300  # with more rows, L-BFGS starts from the optimum of so many
_NUM_LEARNT = 6  # hyper-parameters and those of the warping, roughly: they are estimates too
_INDUCING = 1_000  # rows that all others are seen through when there are more than max_exact


class GaussianProcessSurrogate(WarpedRegressor):
    """A Gaussian process, its hyper-parameters set by marginal likelihood at every fit.

    Targets are warped (``warping.Warp``) and predictions are the mean and standard deviation of the target
    itself, in its own unit. Rows may repeat, and one row or constant targets are enough. It is exact up to
    ``max_exact`` rows; more are seen through 1,000 of them, so that memory stays bounded.

    Args:
        kernel: ``matern52``, ``matern32``, ``squared_exponential`` or another shape of
            ``surrogates.kernels``, for one stationary kernel with ``groups``; or a kernel of
            ``surrogates.covariance``: ``Stationary``, ``hamming``, and their sums and products.
        groups: (p,) the number 0, 1, ... of each feature's group; features of a group share a lengthscale.
            None: all features share one. ``range(p)``: each has its own. -1, -2, ... number optional groups,
            taken to matter little until the targets say otherwise. Some encodings tell theirs:
            ``default_encoding.groups(space)``.
        noise_in_std: whether the standard deviation is that of a new measurement, noise included (the
            one to judge against held-out trainings), or that of the function behind the measurements.
        warm_start: whether hyper-parameters are sought from those of the last fit on, if their number fits.
        max_exact: rows up to which it is exact.
    """

    posterior_: Posterior

    def __init__(
        self,
        *,
        kernel: Shape | Kernel = matern52,
        groups: Sequence[int] | None = None,
        noise_in_std: bool = True,
        warm_start: bool = False,
        max_exact: int = 5_000,
    ) -> None:
        self.kernel = kernel
        self.groups = groups
        self.noise_in_std = noise_in_std
        self.warm_start = warm_start
        self.max_exact = max_exact

    def fit(
        self,
        X: Matrix,
        y: Vector,
        *,
        noise_variance: ArrayLike | None = None,
        target_weight: Vector | None = None,
    ) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        ``noise_variance`` (n,) is what is known of the noise of each target, in the target's unit squared:
        of a mean over seeds its variance. The noise learnt comes on top. ``target_weight`` (n,) is how often
        each target counts when the warping is fitted, as ``BalancedSurrogate`` has it.

        Raises:
            InputError: groups do not number the features of X, or a noise variance is negative.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.warp_ = fit_warp(y, target_weight)
        z, known = self.warp_.latent(y), self._known_noise(y, noise_variance)
        start = getattr(self, "theta_", None) if self.warm_start else None
        self.covariance_ = self._kernel().scaled(X)
        self.theta_ = self._learn(X, z, known, start)
        self.noise_ = float(np.exp(self.theta_[-1]))
        self.mean_known_noise_ = float(known.mean())
        self.widening_ = float(np.sqrt((len(X) + _NUM_LEARNT) / len(X)))  # as degrees of freedom would
        given = (X, z, self.noise_ + known)
        if len(X) <= self.max_exact:
            self.posterior_ = ExactPosterior.given(self.covariance_, self.theta_[:-1], *given)
        else:
            through = X[_some(len(X), _INDUCING)]
            self.posterior_ = InducingPosterior.given(self.covariance_, self.theta_[:-1], through, *given)
        return self

    def update(self, X: Matrix, y: Vector, *, noise_variance: ArrayLike | None = None) -> Self:
        """Return itself after k more rows, in O(n² k): warping and hyper-parameters stay those of ``fit``.

        Raises:
            NotFittedError: ``fit`` was not called.
            InputError: a noise variance is negative.
            ValueError: NaN or infinite values, another number of features, or X and y of different lengths.
        """
        check_is_fitted(self)
        X, y = validate_data(self, X, y, reset=False, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        noise = self.noise_ + self._known_noise(y, noise_variance)
        self.posterior_ = self.posterior_.updated(X, self.warp_.latent(y), noise)
        return self

    def joint(self, X: Matrix) -> tuple[Vector, Matrix]:
        """Return mean (m,) and covariance (m, m) of the function behind the targets, in their unit.

        The noise of a measurement is no part of them, whatever ``noise_in_std`` says.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        check_is_fitted(self)
        rows, expand = distinct_rows(validate_data(self, X, reset=False, dtype=np.float64))
        mean, variance = self.posterior_.moments(rows)
        covariance = self.posterior_.between(rows, rows)
        np.einsum("ii->i", covariance)[:] = variance  # never 0
        mean, covariance = target_moments(self.warp_, mean, self.widening_**2 * covariance)
        return mean[expand], covariance[expand][:, expand]

    def sample(self, X: Matrix, n: int, rng: np.random.Generator) -> Matrix:
        """Return (n, m) draws of the function behind the targets at features (m, p), in the targets' unit.

        They are exact for up to 1,024 distinct rows; ``joint_beliefs`` tells what more of them share.

        Raises:
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        check_is_fitted(self)
        rows, expand = distinct_rows(validate_data(self, X, reset=False, dtype=np.float64))
        mean, deviations = draw(self.posterior_, rows, n, rng)
        return self.warp_.target(mean + self.widening_ * deviations)[:, expand]

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        mean, variance = self.posterior_.moments(X)
        noise = self.noise_ + self.mean_known_noise_ if self.noise_in_std else 0.0
        return mean, self.widening_ * np.sqrt(variance + noise)

    def _kernel(self) -> Kernel:
        """Return the kernel that the parameters tell."""
        if hasattr(self.kernel, "scaled"):
            return self.kernel
        return Stationary(self.kernel, self.groups)

    def _learn(self, X: Matrix, z: Vector, known: Vector, start: Vector | None) -> Vector:
        """Return the hyper-parameters (k,) of greatest posterior density, for some rows if there are many."""
        if start is not None and len(start) != len(self.covariance_.prior.mean) + 1:
            start = None
        if start is None and len(X) > _FIRST_ON:
            start = self._optimum(X, z, known, _FIRST_ON, None)
        return self._optimum(X, z, known, _LEARNT_ON, start)

    def _optimum(self, X: Matrix, z: Vector, known: Vector, size: int, start: Vector | None) -> Vector:
        rows = _some(len(X), size)
        return MarginalLikelihood(X[rows], z[rows], self.covariance_, known[rows]).maximize(start)

    def _known_noise(self, y: Vector, noise_variance: ArrayLike | None) -> Vector:
        """Return the known part of each row's noise variance (n,), warped like the targets."""
        known = np.zeros(len(y)) if noise_variance is None else np.asarray(noise_variance, np.float64)
        if known.shape != y.shape or not np.isfinite(known).all() or (known < 0).any():
            raise InputError(
                f"noise_variance: expected {len(y)} finite numbers of at least 0, one a target, in its unit "
                f"squared; got shape {known.shape} with {known.tolist()[:4]} first"
            )
        return known * self.warp_.slope(y) ** 2


def _some(n: int, size: int) -> slice | Vector:
    """Return all of n rows, or ``size`` of them drawn with a fixed seed."""
    if n <= size:
        return slice(None)
    return np.sort(np.random.default_rng(0).permutation(n)[:size])
