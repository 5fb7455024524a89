"""What a Gaussian process believes after its rows, at fixed hyper-parameters: exact, or through some rows."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from scipy.linalg import lapack, solve_triangular

from surronas.surrogates.cholesky import cholesky, with_rows_added
from surronas.surrogates.covariance import Covariance
from surronas.surrogates.kernels import Array

_BLOCK = 1024  # rows at once: a block of the cross-covariance stays in the cache, and memory bounded


class Posterior(Protocol):
    """Beliefs about the function at fixed hyper-parameters theta."""

    def moments(self, rows: Array) -> tuple[Array, Array]:
        """Return mean (m,) and variance (m,) of the function, noise left out, at rows (m, p)."""
        ...

    def between(self, a: Array, b: Array) -> Array:
        """Return (m, k) covariances of the function, noise left out, at rows a (m, p) and b (k, p)."""
        ...

    def updated(self, rows: Array, z: Array, noise: Array) -> Self:
        """Return the beliefs after k more rows (k, p), targets (k,) and noise variances (k,)."""
        ...


@dataclass(frozen=True)
class ExactPosterior:
    """Rasmussen and Williams 2006, algorithm 2.1."""

    covariance: Covariance
    theta: Array
    rows: Array  # (n, p)
    z: Array  # (n,)
    factor: Array  # (n, n) lower Cholesky factor of K

    @classmethod
    def given(cls, covariance: Covariance, theta: Array, rows: Array, z: Array, noise: Array) -> Self:
        """Return the posterior given rows (n, p), targets (n,) and noise variances (n,)."""
        factor = cholesky(covariance.between(theta, rows, rows), noise)
        return cls(covariance, theta, rows, z, factor)

    def moments(self, rows: Array) -> tuple[Array, Array]:
        """Return mean (m,) and variance (m,) of the function at rows (m, p)."""
        alpha = lapack.dpotrs(self.factor, self.z, lower=1)[0]
        prior = self.covariance.variance(self.theta)
        mean, variance = np.empty(len(rows)), np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            cross = self.covariance.between(self.theta, rows[block], self.rows)
            mean[block] = cross @ alpha  # eq. 2.25
            solved = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
            variance[block] = prior - np.einsum("ij,ij->j", solved, solved)  # eq. 2.26
        return mean, np.maximum(variance, 1e-10 * prior)  # rounding may leave less than zero

    def between(self, a: Array, b: Array) -> Array:
        """Return (m, k) covariances of the function at rows a (m, p) and b (k, p)."""
        white = self._whitened(a)
        explained = white.T @ (white if b is a else self._whitened(b))
        return self.covariance.between(self.theta, a, b) - explained  # eq. 2.24

    def _whitened(self, rows: Array) -> Array:
        """Return L^-1 k(own rows, rows) (n, m)."""
        cross = self.covariance.between(self.theta, rows, self.rows)
        solved: Array = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        return solved

    def updated(self, rows: Array, z: Array, noise: Array) -> Self:
        """Return the posterior after k more rows, in O(n² k)."""
        cross = self.covariance.between(self.theta, rows, self.rows)
        corner = self.covariance.between(self.theta, rows, rows)
        factor = with_rows_added(self.factor, cross, corner, noise)
        both = np.vstack([self.rows, rows]), np.append(self.z, z)
        return type(self)(self.covariance, self.theta, *both, factor)


@dataclass(frozen=True)
class InducingPosterior:
    """All rows seen through m of them: FITC (Snelson and Ghahramani 2006).

    What the m rows do not explain of a row is taken for noise of its own, so nothing larger than (m, m) is
    kept, and (block, m) worked on. With all rows among the m it is the exact posterior.
    """

    covariance: Covariance
    theta: Array
    inducing: Array  # (m, p)
    factor: Array  # (m, m) lower Cholesky factor L of the inducing rows' covariance
    precision: Array  # (m, m) I + V D^-1 V', where V = L^-1 K_mn and D are the rows' own variances
    weighted: Array  # (m,) V D^-1 z

    @classmethod
    def given(
        cls, covariance: Covariance, theta: Array, inducing: Array, rows: Array, z: Array, noise: Array
    ) -> Self:
        """Return the posterior given n rows (n, p), seen through the inducing rows (m, p)."""
        factor = cholesky(covariance.between(theta, inducing, inducing), 1e-6 * covariance.variance(theta))
        m = len(inducing)
        return cls(covariance, theta, inducing, factor, np.eye(m), np.zeros(m)).updated(rows, z, noise)

    def moments(self, rows: Array) -> tuple[Array, Array]:
        """Return mean (k,) and variance (k,) of the function at rows (k, p)."""
        inner = cholesky(self.precision.copy(), 0.0)
        beta = lapack.dpotrs(inner, self.weighted, lower=1)[0]
        prior = self.covariance.variance(self.theta)
        mean, variance = np.empty(len(rows)), np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            V = self._seen(rows[block])
            mean[block] = beta @ V
            solved = solve_triangular(inner, V, lower=True, check_finite=False)
            explained = np.einsum("ij,ij->j", V, V) - np.einsum("ij,ij->j", solved, solved)
            variance[block] = prior - explained
        return mean, np.maximum(variance, 1e-10 * prior)

    def between(self, a: Array, b: Array) -> Array:
        """Return (m, k) covariances of the function at rows a (m, p) and b (k, p)."""
        inner = cholesky(self.precision.copy(), 0.0)
        V, W = self._seen(a), self._seen(b)
        left, right = (solve_triangular(inner, seen, lower=True, check_finite=False) for seen in (V, W))
        covariances: Array = self.covariance.between(self.theta, a, b) - V.T @ W + left.T @ right
        return covariances

    def updated(self, rows: Array, z: Array, noise: Array) -> Self:
        """Return the posterior after k more rows, in O(m² k)."""
        precision, weighted = self.precision.copy(), self.weighted.copy()
        prior = self.covariance.variance(self.theta)
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            V = self._seen(rows[block])
            own = np.maximum(prior - np.einsum("ij,ij->j", V, V), 0.0) + noise[block]
            precision += (V / own) @ V.T
            weighted += V @ (z[block] / own)
        return type(self)(self.covariance, self.theta, self.inducing, self.factor, precision, weighted)

    def _seen(self, rows: Array) -> Array:
        """Return V (m, k): the rows' covariance with the inducing ones, whitened."""
        cross = self.covariance.between(self.theta, rows, self.inducing)
        solved: Array = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        return solved
