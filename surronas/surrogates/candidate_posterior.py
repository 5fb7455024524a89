"""A Gaussian process's beliefs about fixed candidates, kept up to date row by row.

A search asks for the same candidates again and again, one row more each time. With V = L^-1 k(rows,
candidates) at hand, L the Cholesky factor, a further row costs O(n m + p m) for m candidates instead of the
O(n² m) of a prediction from scratch (Rasmussen and Williams 2006, algorithm 2.1, a row at a time).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate
from surronas.surrogates.posteriors import ExactPosterior

_BLOCK = 1024  # candidates at once: what is worked on stays in the cache
_SPARE = 32  # rows that memory is set aside for


class CandidatePosterior:
    """What a fitted Gaussian process predicts of fixed candidates, hyper-parameters as they were fitted.

    Args:
        surrogate: a fitted, exact Gaussian process; it is left as it is.
        candidates: (m, p) features.

    Raises:
        InputError: the surrogate is fitted to more than ``max_exact`` rows.
    """

    def __init__(self, surrogate: GaussianProcessSurrogate, candidates: Matrix) -> None:
        posterior = surrogate.posterior_
        if not isinstance(posterior, ExactPosterior):
            raise InputError("expected an exact Gaussian process, got one that sees its rows through others")
        self._surrogate, self._candidates = surrogate, candidates
        self._covariance, self._theta = posterior.covariance, posterior.theta
        n, m = len(posterior.rows), len(candidates)
        self._rows = np.empty((n + _SPARE, candidates.shape[1]))
        self._factor = np.zeros((n + _SPARE, n + _SPARE))  # L
        self._white = np.empty((n + _SPARE, m))  # V
        self._beta = np.empty(n + _SPARE)  # L^-1 z
        self._prior = self._covariance.variance(self._theta)
        self._mean, self._variance = np.empty(m), np.empty(m)
        self._towards = self._covariance.towards(self._theta, candidates)
        self.num_rows = n
        self._rows[:n], self._factor[:n, :n] = posterior.rows, np.tril(posterior.factor)
        self._beta[:n] = self._whitened(posterior.z)
        cross = self._towards(posterior.rows)
        for start in range(0, m, _BLOCK):
            block = slice(start, start + _BLOCK)
            white = self._whitened(cross[:, block])
            self._white[:n, block] = white
            self._mean[block] = self._beta[:n] @ white
            self._variance[block] = self._prior - np.einsum("ij,ij->j", white, white)

    def add(self, x: Vector, y: float) -> None:
        """Take in one more row of features (p,) and its target, at the same hyper-parameters."""
        self._append(x, float(self._surrogate.warp_.latent(np.array([y]))[0]))

    def believe(self, candidate: int) -> None:
        """Take in a candidate as if its own mean had been measured: means stay, deviations shrink."""
        self._append(self._candidates[candidate], float(self._mean[candidate]))

    @property
    def best(self) -> float:
        """The greatest mean of the warped target among the rows."""
        n, fitted = self.num_rows, self._surrogate
        alpha = solve_triangular(
            self._factor[:n, :n], self._beta[:n], lower=True, trans=1, check_finite=False
        )
        at_rows = self._factor[:n, :n] @ self._beta[:n] - (fitted.noise_ + fitted.mean_known_noise_) * alpha
        return float(at_rows.max())

    def mark(self) -> tuple[int, Vector, Vector]:
        """Return what ``restore`` needs to forget the rows that come after."""
        return self.num_rows, self._mean.copy(), self._variance.copy()

    def restore(self, mark: tuple[int, Vector, Vector]) -> None:
        """Forget all rows since a mark."""
        self.num_rows, self._mean, self._variance = mark

    def _append(self, x: Vector, z: float) -> None:
        n, fitted = self.num_rows, self._surrogate
        if n == len(self._beta):
            self._grow()
        row = self._whitened(self._covariance.between(self._theta, self._rows[:n], x[None])[:, 0])
        noise = fitted.noise_ + fitted.mean_known_noise_
        corner = float(np.sqrt(max(self._prior + noise - float(row @ row), 1e-10 * self._prior)))
        across = self._towards(x[None])[0]
        white = (across - row @ self._white[:n]) / corner
        self._rows[n], self._white[n] = x, white
        self._factor[n, :n], self._factor[n, n] = row, corner
        self._beta[n] = (z - row @ self._beta[:n]) / corner
        self._mean += self._beta[n] * white
        self._variance -= white**2
        self.num_rows = n + 1

    def latent_moments(self, some: NDArray[np.int64] | slice = slice(None)) -> tuple[Vector, Vector]:
        """Return mean (k,) and standard deviation (k,) of the warped target of some candidates."""
        fitted = self._surrogate
        noise = fitted.noise_ + fitted.mean_known_noise_ if fitted.noise_in_std else 0.0
        variance = np.maximum(self._variance[some], 1e-10 * self._prior)
        return self._mean[some], fitted.widening_ * np.sqrt(variance + noise)

    def moments(self, some: NDArray[np.int64] | slice = slice(None)) -> tuple[Vector, Vector]:
        """Return mean (k,) and standard deviation (k,) of the target, in its unit, of some candidates."""
        return self._surrogate.warp_.moments(*self.latent_moments(some))

    def _whitened(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return L^-1 values (n,) or (n, k)."""
        n = self.num_rows
        found: NDArray[np.float64] = solve_triangular(
            self._factor[:n, :n], values, lower=True, check_finite=False
        )
        return found

    def _grow(self) -> None:
        """Make room for more rows."""
        n, more = self.num_rows, self.num_rows + _SPARE + self.num_rows // 4
        factor, self._factor = self._factor, np.zeros((more, more))
        self._factor[:n, :n] = factor
        for name in ("_rows", "_white", "_beta"):
            old = getattr(self, name)
            new = np.empty((more, *old.shape[1:]))
            new[:n] = old
            setattr(self, name, new)
