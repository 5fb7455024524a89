"""A model for choosers: a Gaussian process that believes by ``update``."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from contracts.surrogate_contract import cell_accuracies

from surronas.surrogates import GaussianProcessSurrogate


@dataclass
class Process:
    """A fitted Gaussian process as a ``Model`` that is joint and draws."""

    surrogate: GaussianProcessSurrogate

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.surrogate.predict(X, return_std=True)

    def joint(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.surrogate.joint(X)

    def sample(self, X: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.surrogate.sample(X, n, rng)

    def believing(self, x: np.ndarray) -> "Process":
        return Process(deepcopy(self.surrogate).update(x, self.surrogate.predict(x)))


@dataclass
class OnlyJoint:
    """The same without drawing."""

    process: Process

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.process.predict(X)

    def joint(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.process.joint(X)

    def believing(self, x: np.ndarray) -> "OnlyJoint":
        return OnlyJoint(self.process.believing(x))


@dataclass
class Plain:
    """Beliefs of independent points: mean and std by the first two features."""

    def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return X[:, 0].copy(), X[:, 1].copy()

    def believing(self, x: np.ndarray) -> "Plain":
        return self


def task(m: int = 300, n: int = 40) -> tuple[Process, np.ndarray, np.ndarray, float]:
    """Return a fitted process, features (m, p) of other cells, their accuracy (m,), and the best fitted."""
    X, y = cell_accuracies(np.random.default_rng(0), n + m, noise=0.002)
    X, first = np.unique(X, axis=0, return_index=True)
    order = np.random.default_rng(1).permutation(len(X))
    X, y = X[order], y[first][order]
    return Process(GaussianProcessSurrogate().fit(X[:n], y[:n])), X[n:], y[n:], float(y[:n].max())
