"""What a multi-objective model believes: a surrogate for each score and each limit, and what that is worth.

The value of an architecture is its expected hypervolume improvement times the probability that it keeps the
limits (Gardner et al. 2014, eq. 7), or that probability alone until something has kept them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from surronas.searchers.hypervolume_improvement import log_expected_hypervolume_improvement, reference_point
from surronas.searchers.many_scores import violations

if TYPE_CHECKING:  # scikit-learn takes a second to import
    from surronas.surrogates import Surrogate

Array = NDArray[np.float64]

_ALWAYS_UP_TO = 20  # rows up to which hyper-parameters are learnt anew with every row
_GROWTH = 1.1  # of the rows, after which they are learnt anew; in between new rows only condition them


@dataclass(frozen=True)
class Beliefs:
    """Fitted surrogates, k of scores and c of how far within each limit, and what they are to improve on."""

    models: tuple[Surrogate, ...]
    X: Array  # (m, p) features of what was told
    Y: Array  # (m, k + c) scores and slacks told
    num_scores: int
    reference: Array | None  # (k,)

    def log_value(self, X: Array) -> Array:
        """Return (n,) logarithms of what measuring architectures with features (n, p) is worth."""
        mean, std = self._moments(X)
        k = self.num_scores
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(std > 0, mean / std, np.where(mean >= 0, np.inf, -np.inf))[:, k:]
        log_kept = np.asarray(log_ndtr(z).sum(axis=1))
        scores = self.Y[violations(self.Y[:, k:]) == 0, :k]
        if not len(scores):
            return log_kept
        reference = reference_point(scores) if self.reference is None else self.reference
        return log_kept + log_expected_hypervolume_improvement(mean[:, :k], std[:, :k], scores, reference)

    def believing(self, x: Array) -> Beliefs:
        """Return the beliefs if architectures with features (m, p) had been measured as expected."""
        y = self._moments(x)[0]
        models = tuple(
            _with_rows(model, self.X, self.Y[:, j], x, y[:, j]) for j, model in enumerate(self.models)
        )
        return replace(self, models=models, X=np.vstack([self.X, x]), Y=np.vstack([self.Y, y]))

    def _moments(self, X: Array) -> tuple[Array, Array]:
        """Return means and standard deviations (n, k + c)."""
        found = [model.predict(X, return_std=True) for model in self.models]
        return np.stack([mean for mean, _ in found], axis=1), np.stack([std for _, std in found], axis=1)


def learnt_on(num_rows: int) -> int:
    """Return on how many of the rows told hyper-parameters are learnt: the same whenever one asks."""
    if num_rows <= _ALWAYS_UP_TO:
        return num_rows
    size = _ALWAYS_UP_TO
    while (larger := int(size * _GROWTH)) <= num_rows:
        size = larger
    return size


def fitted(surrogate: Surrogate, X: Array, Y: Array) -> tuple[Surrogate, ...]:
    """Return a surrogate for each column of Y (m, w), fitted to features (m, p)."""
    from surronas.surrogates import unfitted

    return tuple(unfitted(surrogate).fit(X, y) for y in Y.T)


def conditioned(models: tuple[Surrogate, ...], X: Array, Y: Array, num_fitted: int) -> tuple[Surrogate, ...]:
    """Return models that know all rows, of which they were fitted to the first ``num_fitted``."""
    if num_fitted == len(X):
        return models
    parts = X[:num_fitted], X[num_fitted:]
    return tuple(
        _with_rows(model, parts[0], y[:num_fitted], parts[1], y[num_fitted:])
        for model, y in zip(models, Y.T, strict=True)
    )


def _with_rows(model: Surrogate, X: Array, y: Array, more_X: Array, more_y: Array) -> Surrogate:
    """Return a model that knows more rows; hyper-parameters stay where the model can be updated."""
    changed: Any = copy.copy(model)  # fitted parts are replaced, never written into
    if hasattr(changed, "update"):
        found: Surrogate = changed.update(more_X, more_y)
        return found
    return fitted(model, np.vstack([X, more_X]), np.append(y, more_y)[:, None])[0]
