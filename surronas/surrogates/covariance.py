"""Stationary kernels of weighted distances, and the categorical one; ``+`` and ``*`` combine them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from surronas.errors import InputError
from surronas.surrogates.combined import (
    Combinable,
    Covariance,
    Evaluation,
    Kernel,
    Prior,
    Product,
    Pullback,
    Sum,
)
from surronas.surrogates.kernels import (
    Array,
    Shape,
    matern52,
    squared_distances,
    squared_exponential,
    squared_lengths,
)

__all__ = ["Covariance", "Kernel", "Prior", "Product", "Pullback", "Stationary", "Sum", "hamming"]

# Normal priors on the log parameters, set by hand; the third decimal of Kendall tau moves when they do
# (reproduce/gp_choices.py). A group's features are scaled to a mean squared distance of 1 between rows.
_LEVEL = (-1.0, 1.5)  # mean and deviation of the log weights' common level: lengthscales beyond 1
_GROUP_DEVIATION = 0.7  # of each group's log weight from that level
_OPTIONAL = (-2.0, 1.0)  # the same of an optional group: next to nothing, unless the targets ask for it
_MOST_DISTANCES = 2**24  # numbers (128 MB) of squared distances that are kept to learn from
_SIGNAL = (1.0, 1.0)  # mean and deviation of the log variance; warped targets have variance 1


@dataclass(frozen=True)
class Stationary(Combinable):
    """s phi(sum over features of w_f (a_f - b_f)²), with phi a shape of ``surrogates.kernels``.

    Args:
        shape: ``matern32``, ``matern52``, ``squared_exponential``, or another of their kind.
        groups: (p,) the number 0, 1, ... of each feature's group; features of a group share a lengthscale.
            None: all features share one. ``range(p)``: each has its own. -1, -2, ... number optional groups,
            which are taken to matter little until the targets say otherwise.
        also: (p,) numbers of a second grouping; the weight of a feature is the product of those of its two
            groups. See ``hamming``.
        columns: which features it sees; None: all. ``groups`` and ``also`` number these.
    """

    shape: Shape = matern52
    groups: Sequence[int] | None = None
    also: Sequence[int] | None = None
    columns: Sequence[int] | slice | None = None

    def scaled(self, X: Array) -> "ScaledStationary":
        """Return the covariance function for features like those of X (n, p).

        Raises:
            InputError: the groups do not number the features.
        """
        some = slice(None) if self.columns is None else self.columns
        columns = some if isinstance(some, slice) else np.asarray(some, np.int64)
        X = X[:, columns]
        group, optional = _with_optional(self.groups, X.shape[1])
        also = None if self.also is None else _group_of_each_feature("also", self.also, X.shape[1])
        spread = np.bincount(group, 2.0 * X.var(axis=0))  # mean squared distance between two rows
        scale = np.sqrt(np.where(spread > 0, spread, 1.0))[group]
        return ScaledStationary(self.shape, columns, group, also, X.mean(axis=0), scale, optional)


@dataclass(frozen=True)
class ScaledStationary(Covariance):
    """``Stationary`` for scaled features: theta holds a log weight for each group, then log s."""

    shape: Shape
    columns: slice | NDArray[np.int64]
    group: NDArray[np.int64]  # (p,)
    also: NDArray[np.int64] | None  # (p,)
    center: Array  # (p,)
    scale: Array  # (p,)
    optional: int = 0  # how many groups, the last ones, are

    @property
    def prior(self) -> Prior:
        """A common level of the log weights, and each group's deviation from it."""
        k = int(self.group.max()) + 1
        mean, deviation = _LEVEL
        means, deviations = np.full(k, mean - np.log(max(k - self.optional, 1))), np.full(k, _GROUP_DEVIATION)
        means[k - self.optional :] += _OPTIONAL[0]
        deviations[k - self.optional :] = _OPTIONAL[1]
        weights = np.linalg.inv(np.full((k, k), deviation**2) + np.diag(deviations**2))
        others = 0 if self.also is None else int(self.also.max()) + 1
        return Prior(
            np.concatenate([means, np.zeros(others), [_SIGNAL[0]]]),
            block_diag(weights, np.eye(others) / _GROUP_DEVIATION**2, np.array([[_SIGNAL[1] ** -2]])),
        )

    def weights(self, theta: Array) -> Array:
        """Return (p,) weights: inverse squared lengthscales of the scaled features."""
        logs = theta[self.group]
        if self.also is not None:
            logs = logs + theta[int(self.group.max()) + 1 + self.also]
        return np.exp(logs)

    def between(self, theta: Array, a: Array, b: Array) -> Array:
        """Return (n, m) covariances of rows a (n, p) and b (m, p)."""
        return self.towards(theta, b)(a)

    def towards(self, theta: Array, b: Array) -> Callable[[Array], Array]:
        """Return what gives (n, m) covariances of rows a (n, p) with b (m, p), which is scaled only once."""
        weights, signal = np.sqrt(self.weights(theta)), np.exp(theta[-1])
        scaled = self._rows(b) * weights
        squares = squared_lengths(scaled)

        def covariances(a: Array) -> Array:
            t = squared_distances(self._rows(a) * weights, scaled, squares)
            found: Array = signal * self.shape(t)[0]
            return found

        return covariances

    def evaluate(self, theta: Array, a: Array) -> tuple[Array, Pullback]:
        """Return (n, n) covariances of rows a (n, p), and their pullback."""
        X, weights, signal = self._rows(a), self.weights(theta), np.exp(theta[-1])
        scaled = X * np.sqrt(weights)
        phi, slope = self.shape(squared_distances(scaled, scaled))
        K = signal * phi

        def pullback(dK: Array) -> Array:
            dt = dK * slope  # d value / d t, over s
            # t_ij depends on w_f by (X_if - X_jf)², summed here over i and j without the (n, n, p) array.
            by_feature = 2.0 * (dt.sum(1) @ X**2 - np.einsum("if,if->f", X, dt @ X))
            by_feature *= signal * weights
            parts = [np.bincount(self.group, by_feature)]
            if self.also is not None:
                parts.append(np.bincount(self.also, by_feature))
            return np.concatenate([*parts, [np.vdot(dK, K)]])

        return K, pullback

    def evaluation(self, a: Array) -> Evaluation:
        """Return what gives ``evaluate(theta, a)`` of rows a (n, p) for many theta.

        With a few groups of many features the squared distances of each group are computed once: each
        further theta costs O(k n²) for k groups, not O(p n²).
        """
        X, k = self._rows(a), int(self.group.max()) + 1
        many = self.also is not None or 2 * k > X.shape[1] or k * len(X) ** 2 > _MOST_DISTANCES
        if many:
            return lambda theta: self.evaluate(theta, a)
        parts = [X[:, self.group == number] for number in range(k)]
        distances = np.stack([squared_distances(part, part) for part in parts])  # (k, n, n)

        def evaluate(theta: Array) -> tuple[Array, Pullback]:
            weights, signal = np.exp(theta[:-1]), np.exp(theta[-1])
            phi, slope = self.shape(np.tensordot(weights, distances, axes=1))
            K = signal * phi

            def pullback(dK: Array) -> Array:
                by_group = distances.reshape(k, -1) @ (dK * slope).ravel()
                return np.append(signal * weights * by_group, np.vdot(dK, K))

            return K, pullback

        return evaluate

    def variance(self, theta: Array) -> float:
        """Return the variance of every row."""
        return float(np.exp(theta[-1]))

    def _rows(self, a: Array) -> Array:
        return (a[:, self.columns] - self.center) / self.scale


def hamming(num_choices: Sequence[int], *, columns: Sequence[int] | slice | None = None) -> Stationary:
    """Return the categorical kernel on one-hot features: a lengthscale a decision, a similarity of choices.

    The features are those of ``encodings.one_hot``: a block of columns a decision. Where two architectures
    choose a and b at decision e, exp(-w_e (u_a + u_b) / 2) is a factor of their covariance: w_e tells how
    much the decision matters, u_a how unlike the others choice a is, whatever the decision. (Ru et al. 2020,
    CoCaBO, without u.) A sum of two terms, u_a + u_b, and not any number for each pair, keeps it a kernel.
    """
    decision = np.repeat(np.arange(len(num_choices)), num_choices)
    choice = np.concatenate([np.arange(count) for count in num_choices])
    return Stationary(squared_exponential, decision.tolist(), choice.tolist(), columns)


def _with_optional(groups: Sequence[int] | None, num_features: int) -> tuple[NDArray[np.int64], int]:
    """Return (p,) group numbers from 0 on, the optional groups last, and how many are optional."""
    if groups is None or not len(groups) or min(groups) >= 0:
        return _group_of_each_feature("groups", groups, num_features), 0
    group = np.asarray(groups, dtype=np.int64)
    num_other, optional = max(int(group.max()) + 1, 0), -int(group.min())
    if set(group[group < 0].tolist()) != set(range(-optional, 0)):
        raise InputError(f"groups: expected optional groups to be numbered -1, -2, ..., got {list(groups)}")
    moved = np.where(group < 0, num_other - 1 - group, group)
    return _group_of_each_feature("groups", moved.tolist(), num_features), optional


def _group_of_each_feature(name: str, groups: Sequence[int] | None, num_features: int) -> NDArray[np.int64]:
    """Return (p,) group numbers."""
    if groups is None:
        return np.zeros(num_features, dtype=np.int64)
    group = np.asarray(groups, dtype=np.int64)
    if group.shape != (num_features,) or set(group.tolist()) != set(range(int(group.max()) + 1)):
        raise InputError(
            f"{name}: expected {num_features} numbers (one for each feature) that use all of 0, 1, ..., "
            f"got {list(groups)}; use range({num_features}) for a lengthscale of each feature"
        )
    return group
