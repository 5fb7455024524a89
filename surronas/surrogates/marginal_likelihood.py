"""The log posterior of a Gaussian process's hyper-parameters and its gradient.

Notation (Rasmussen and Williams 2006, chapters 2 and 5):

    X (n, p)    features                       z (n,)   standardised targets
    group (p,)  the group of each feature      G        the number of groups
    theta       log of (w_1 .. w_G, s, v)
    w_g         inverse squared lengthscale of group g
    s, v        variance of the signal, of the noise
    t_ij        sum over features of w_group(f) (X_if - X_jf)²
    K           s phi(t) + (v + jitter) I
    alpha       K^-1 z
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import Bounds, minimize

from surronas.errors import InputError
from surronas.surrogates.kernels import Kernel, squared_distances

Array = NDArray[np.float64]
JITTER = 1e-8  # of the targets' variance: far under any noise measured (1e-4 and up), keeps K factorable

# Normal priors on theta (mean, std), set by hand once and not tuned: features are scaled to a mean squared
# distance of 1 between rows, so w = 1 is a lengthscale of one typical distance; targets have variance 1.
_WEIGHT_PRIOR = (0.0, 1.0)
_SIGNAL_PRIOR = (0.0, 1.0)
_NOISE_PRIOR = (float(np.log(1e-2)), 1.5)
_LOG_RANGE = 9.0  # a bound in log units on either side of the prior's mean


@dataclass(frozen=True)
class HyperParameters:
    """Inverse squared lengthscale of each feature (p,), variance of the signal and of the noise."""

    weights: Array
    signal: float
    noise: float


@dataclass(frozen=True)
class MarginalLikelihood:
    """The negative log posterior of theta for one data set."""

    X: Array
    z: Array
    group: NDArray[np.int64]
    kernel: Kernel

    @property
    def prior(self) -> tuple[Array, Array]:
        """Mean (G + 2,) and standard deviation (G + 2,) of the normal prior on theta."""
        num_groups = int(self.group.max()) + 1
        table = np.array([_WEIGHT_PRIOR] * num_groups + [_SIGNAL_PRIOR, _NOISE_PRIOR])
        return table[:, 0], table[:, 1]

    def unpack(self, theta: Array) -> HyperParameters:
        """Return the hyper-parameters that theta (G + 2,) stands for."""
        values = np.exp(theta)
        return HyperParameters(values[:-2][self.group], float(values[-2]), float(values[-1]))

    def negative_log_posterior(self, theta: Array) -> tuple[float, Array]:
        """Return -log p(z | X, theta) - log p(theta), up to a constant, and its gradient (G + 2,)."""
        at = self.unpack(theta)
        scaled = self.X * np.sqrt(at.weights)
        phi, slope = self.kernel(squared_distances(scaled, scaled))
        factor = cholesky(at.signal * phi, at.noise)
        alpha = lapack.dpotrs(factor, self.z, lower=1)[0]
        value = 0.5 * self.z @ alpha + np.log(np.diag(factor)).sum()  # eq. 5.8

        inverse = lapack.dpotri(factor, lower=1)[0]  # lower triangle of K^-1
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        dK = 0.5 * (inverse - np.outer(alpha, alpha))  # eq. 5.9: d value / d K
        dt = dK * slope * at.signal  # d value / d t
        # t_ij depends on w_g by (X_if - X_jf)², summed here over i and j without the (n, n, p) array.
        by_feature = 2.0 * (dt.sum(1) @ self.X**2 - np.einsum("if,if->f", self.X, dt @ self.X))
        gradient = np.append(
            np.bincount(self.group, by_feature * at.weights),
            [at.signal * np.vdot(dK, phi), at.noise * np.trace(dK)],
        )
        mean, std = self.prior
        away = (theta - mean) / std
        return float(value + 0.5 * away @ away), gradient + away / std

    def maximize(self) -> HyperParameters:
        """Return the hyper-parameters of greatest posterior density: L-BFGS from the prior's mean.

        One start is enough: see test_further_starts_find_no_better_optimum.
        """
        mean, _ = self.prior
        bounds = Bounds(mean - _LOG_RANGE, mean + _LOG_RANGE)
        found = minimize(self.negative_log_posterior, mean, jac=True, method="L-BFGS-B", bounds=bounds)
        return self.unpack(found.x)


def cholesky(signal_covariance: Array, noise: float) -> Array:
    """Return the lower Cholesky factor (n, n) of ``signal_covariance + (noise + jitter) I``.

    The jitter grows tenfold, to 1e-2 at most, until the matrix is positive definite. The argument's
    diagonal is overwritten.

    Raises:
        InputError: it never is: the features or targets are too large or too small for float64.
    """
    diagonal = np.einsum("ii->i", signal_covariance)
    clean = diagonal + noise
    for jitter in JITTER * 10.0 ** np.arange(7):
        diagonal[:] = clean + jitter
        factor, failed = lapack.dpotrf(signal_covariance, lower=1, clean=1)
        if not failed and np.isfinite(factor[-1, -1]):  # LAPACK lets NaN pass
            return np.asarray(factor)
    raise InputError(
        "the covariance of the rows is not positive definite; expected features and targets that float64 "
        "can square and sum: rescale them"
    )
