"""A Gaussian process over several tasks or fidelities (Bonilla, Chai and Williams 2008).

The intrinsic coregionalisation model. Notation, beside that of ``marginal_likelihood``:

    task (n,)   the place 0 .. T-1 of each row's task
    k           a covariance function of the features
    B (T, T)    W W' + diag(kappa): covariance of the tasks; W (T, R)
    v (T,)      variance of the noise in each task
    K_ij        B[task_i, task_j] k(x_i, x_j) + [i = j] v[task_i]
    theta       parameters of k, W (T R), log kappa (T), log v (T)
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, lapack, solve_triangular
from scipy.optimize import Bounds, minimize

from surronas.surrogates.cholesky import cholesky
from surronas.surrogates.combined import Covariance, Evaluation, Prior

Array = NDArray[np.float64]
Index = NDArray[np.int64]
_BLOCK = 1024  # rows predicted at once: a block of the cross-covariance stays in the cache

# Normal priors on theta (mean, std), set by hand: tasks are alike (correlation .75) until rows say otherwise;
# columns of W after the first stand for what is left. Noise: as for a single task. Kendall tau moves by .01
# at most when they do (a deviation of .6 in W, kappa about .1, noise about .01; on NAS-Bench-201 with 200
# or 1,000 rows after 12 epochs and 16 or 64 after 200).
_SHARED_PRIOR = (0.95, 0.3)
_FURTHER_PRIOR = (0.0, 0.5)
_OWN_PRIOR = (float(np.log(0.3)), 1.0)
_NOISE_PRIOR = (float(np.log(3e-2)), 1.0)
_RANGE = 9.0  # a bound on theta on either side of the prior's mean


@dataclass(frozen=True)
class TaskParameters:
    """Parameters of the covariance of features (k,), covariance (T, T) and noise variance (T,) of tasks."""

    kernel: Array
    covariance: Array
    noise: Array


@dataclass(frozen=True)
class CoregionalLikelihood:
    """The negative log posterior of theta for rows of several tasks."""

    X: Array
    z: Array
    task: Index
    kernel: Covariance
    rank: int = 1

    @property
    def num_tasks(self) -> int:
        """The number T of tasks."""
        return int(self.task.max()) + 1

    @property
    def prior(self) -> Prior:
        """The prior of theta."""
        T, of_features = self.num_tasks, self.kernel.prior
        of_a_task = [_SHARED_PRIOR] + [_FURTHER_PRIOR] * (self.rank - 1)
        mean, std = np.array(of_a_task * T + [_OWN_PRIOR] * T + [_NOISE_PRIOR] * T).T
        precision = block_diag(of_features.precision, np.diag(std**-2.0))
        return Prior(np.concatenate([of_features.mean, mean]), precision)

    def unpack(self, theta: Array) -> TaskParameters:
        """Return the parameters that theta stands for."""
        kernel, W, kappa, noise = self._parts(theta)
        return TaskParameters(kernel, W @ W.T + np.diag(kappa), noise)

    def negative_log_posterior(self, theta: Array) -> tuple[float, Array]:
        """Return -log p(z | X, theta) - log p(theta), up to a constant, and its gradient."""
        kernel, W, kappa, noise = self._parts(theta)
        of_features, pullback = self._evaluation(kernel)
        of_tasks = (W @ W.T + np.diag(kappa))[np.ix_(self.task, self.task)]  # (n, n)
        factor = cholesky(of_tasks * of_features, noise[self.task])
        alpha = lapack.dpotrs(factor, self.z, lower=1)[0]
        value = 0.5 * self.z @ alpha + np.log(np.diag(factor)).sum()

        inverse = lapack.dpotri(factor, lower=1)[0]  # lower triangle of K^-1
        dK = inverse + inverse.T
        np.einsum("ii->i", dK)[:] *= 0.5
        dK -= np.outer(alpha, alpha)
        dK *= 0.5  # d value / d K
        member = np.equal.outer(np.arange(self.num_tasks), self.task).astype(np.float64)  # (T, n)
        dB = member @ (dK * of_features) @ member.T
        gradient = np.concatenate(
            [
                pullback(dK * of_tasks),
                (2.0 * dB @ W).ravel(),
                np.diag(dB) * kappa,
                member @ np.diag(dK) * noise,
            ]
        )
        prior = self.prior
        away = theta - prior.mean
        pull = prior.precision @ away
        return float(value + 0.5 * away @ pull), gradient + pull

    @cached_property
    def _evaluation(self) -> Evaluation:
        """What gives the covariances of the rows' features and their pullback for a theta."""
        return self.kernel.evaluation(self.X)

    def maximize(self) -> TaskParameters:
        """Return the parameters of greatest posterior density: L-BFGS from the prior's mean.

        Columns of W after the first start a little off 0, where the gradient vanishes.
        """
        T, mean = self.num_tasks, self.prior.mean
        W = np.full((T, self.rank), 0.2) * (-1.0) ** np.arange(T)[:, None]
        W[:, 0] = _SHARED_PRIOR[0]
        start = mean.copy()
        start[len(mean) - (self.rank + 2) * T : len(mean) - 2 * T] = W.ravel()
        found = minimize(
            self.negative_log_posterior,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(mean - _RANGE, mean + _RANGE),
            options={"ftol": 1e-7, "gtol": 1e-3},
        )
        return self.unpack(found.x)

    def _parts(self, theta: Array) -> tuple[Array, Array, Array, Array]:
        """Return parameters of the kernel (k,), W (T, R), kappa (T,) and noise (T,)."""
        T, R = self.num_tasks, self.rank
        kernel, W, kappa, noise = np.split(theta, np.cumsum([len(theta) - (R + 2) * T, R * T, T]))
        return kernel, W.reshape(T, R), np.exp(kappa), np.exp(noise)


@dataclass(frozen=True)
class CoregionalPosterior:
    """What is believed of each task after the rows, at fixed parameters."""

    kernel: Covariance
    at: TaskParameters
    rows: Array  # (n, p)
    task: Index  # (n,)
    factor: Array  # (n, n) lower Cholesky factor of K
    alpha: Array  # (n,) K^-1 z

    @classmethod
    def given(
        cls, kernel: Covariance, at: TaskParameters, rows: Array, task: Index, z: Array
    ) -> "CoregionalPosterior":
        """Return the posterior given rows (n, p) of tasks (n,) and targets z (n,)."""
        signal = kernel.between(at.kernel, rows, rows) * at.covariance[np.ix_(task, task)]
        factor = cholesky(signal, at.noise[task])
        return cls(kernel, at, rows, task, factor, lapack.dpotrs(factor, z, lower=1)[0])

    def moments(self, rows: Array, place: int) -> tuple[Array, Array]:
        """Return mean (m,) and variance (m,) of a new measurement, noise included, of one task."""
        of_tasks = self.at.covariance[place][self.task]  # (n,)
        prior = self.at.covariance[place, place] * self.kernel.variance(self.at.kernel)
        mean, variance = np.empty(len(rows)), np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            cross = of_tasks * self.kernel.between(self.at.kernel, rows[block], self.rows)
            mean[block] = cross @ self.alpha
            solved = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
            variance[block] = prior - np.einsum("ij,ij->j", solved, solved)
        smallest = 1e-10 * prior  # rounding may leave zero or less on a row that was fitted
        return mean, np.maximum(variance, smallest) + self.at.noise[place]
