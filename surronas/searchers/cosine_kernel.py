"""The normalised linear kernel: s times the cosine of the angle between two rows of features.

Import it inside functions: it loads scikit-learn.
"""

from dataclasses import dataclass

import numpy as np

from surronas.surrogates.combined import Covariance, Prior, Pullback
from surronas.surrogates.kernels import Array

_SIGNAL = (1.0, 1.0)  # mean and deviation of log s; the prior of ``surrogates.covariance.Stationary``


@dataclass(frozen=True)
class Cosine:
    """A kernel for ``GaussianProcessSurrogate``; with counts of subtrees that of Weisfeiler and Lehman."""

    def scaled(self, X: Array) -> "ScaledCosine":
        """Return the covariance function; features are taken as they are."""
        return ScaledCosine()


@dataclass(frozen=True)
class ScaledCosine(Covariance):
    """``Cosine`` as a covariance function: theta holds log s."""

    @property
    def prior(self) -> Prior:
        """The prior of log s."""
        return Prior(np.array([_SIGNAL[0]]), np.array([[_SIGNAL[1] ** -2]]))

    def between(self, theta: Array, a: Array, b: Array) -> Array:
        """Return (n, m) covariances of rows a (n, p) and b (m, p)."""
        covariances: Array = np.exp(theta[0]) * (_unit(a) @ _unit(b).T)
        return covariances

    def evaluate(self, theta: Array, a: Array) -> tuple[Array, Pullback]:
        """Return (n, n) covariances of rows a (n, p), and their pullback."""
        K = self.between(theta, a, a)
        return K, lambda dK: np.array([np.vdot(dK, K)])

    def variance(self, theta: Array) -> float:
        """Return the variance of every row."""
        return float(np.exp(theta[0]))


def _unit(rows: Array) -> Array:
    """Return the rows (n, p) at length 1; those without features stay 0."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1.0)
