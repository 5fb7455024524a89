"""What a covariance function with parameters is, and the sums and products of two.

Each kernel is a frozen description. ``kernel.scaled(X)`` fixes what depends on the data but is not learnt
(centre and scale of the features) and gives a ``Covariance``, whose parameters theta are all logarithms.
Gradients run backwards: ``evaluate`` returns K and its pullback, which turns d value / d K into
d value / d theta, so that sums and products need no more than the rules for sums and products.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import block_diag

from surronas.surrogates.kernels import Array

Pullback = Callable[[Array], Array]  # d value / d K (n, n), symmetric -> d value / d theta (k,)
Evaluation = Callable[[Array], tuple[Array, Pullback]]  # theta (k,) -> K (n, n) of some rows, its pullback


@dataclass(frozen=True)
class Prior:
    """A normal distribution of theta: mean (k,) and precision (k, k)."""

    mean: Array
    precision: Array


class Covariance(Protocol):
    """A kernel whose features are scaled; theta (k,) are the logs of its parameters.

    Subclasses give the first four; where rows or theta stay the same over many calls, one that can spare work
    says so in ``evaluation`` and ``towards``.
    """

    @property
    def prior(self) -> Prior:
        """The prior of theta."""
        ...

    def between(self, theta: Array, a: Array, b: Array) -> Array:
        """Return (n, m) covariances of rows a (n, p) and b (m, p)."""
        ...

    def evaluate(self, theta: Array, a: Array) -> tuple[Array, Pullback]:
        """Return (n, n) covariances of rows a (n, p), and their pullback."""
        ...

    def variance(self, theta: Array) -> float:
        """Return the variance of every row."""
        ...

    def evaluation(self, a: Array) -> Evaluation:
        """Return what gives ``evaluate(theta, a)`` of rows a (n, p) for many theta."""
        return lambda theta: self.evaluate(theta, a)

    def towards(self, theta: Array, b: Array) -> Callable[[Array], Array]:
        """Return what gives ``between(theta, a, b)`` with rows b (m, p) for many rows a (n, p)."""
        return lambda a: self.between(theta, a, b)


class Kernel(Protocol):
    """The description of a covariance function; ``+`` and ``*`` combine two."""

    def scaled(self, X: Array) -> Covariance:
        """Return the covariance function for features like those of X (n, p)."""
        ...


class Combinable:
    """What gives a kernel its ``+`` and ``*``."""

    def __add__(self: Kernel, other: Kernel) -> "Sum":
        return Sum(self, other)

    def __mul__(self: Kernel, other: Kernel) -> "Product":
        return Product(self, other)


@dataclass(frozen=True)
class Sum(Combinable):
    """The sum of two kernels."""

    first: Kernel
    second: Kernel

    def scaled(self, X: Array) -> "Combined":
        """Return the covariance function for features like those of X (n, p)."""
        return Combined(self.first.scaled(X), self.second.scaled(X), product=False)


@dataclass(frozen=True)
class Product(Combinable):
    """The product of two kernels."""

    first: Kernel
    second: Kernel

    def scaled(self, X: Array) -> "Combined":
        """Return the covariance function for features like those of X (n, p)."""
        return Combined(self.first.scaled(X), self.second.scaled(X), product=True)


@dataclass(frozen=True)
class Combined(Covariance):
    """The sum or product of two covariance functions: theta holds that of the first, then of the second."""

    first: Covariance
    second: Covariance
    product: bool

    @property
    def prior(self) -> Prior:
        """The priors of both, independent."""
        a, b = self.first.prior, self.second.prior
        return Prior(np.concatenate([a.mean, b.mean]), block_diag(a.precision, b.precision))

    def between(self, theta: Array, a: Array, b: Array) -> Array:
        """Return (n, m) covariances of rows a (n, p) and b (m, p)."""
        return self.towards(theta, b)(a)

    def towards(self, theta: Array, b: Array) -> Callable[[Array], Array]:
        """Return what gives (n, m) covariances of rows a (n, p) with b (m, p)."""
        one, two = self._split(theta)
        first, second = self.first.towards(one, b), self.second.towards(two, b)
        return (lambda a: first(a) * second(a)) if self.product else (lambda a: first(a) + second(a))

    def evaluate(self, theta: Array, a: Array) -> tuple[Array, Pullback]:
        """Return (n, n) covariances of rows a (n, p), and their pullback."""
        return self.evaluation(a)(theta)

    def evaluation(self, a: Array) -> Evaluation:
        """Return what gives ``evaluate(theta, a)`` of rows a (n, p) for many theta."""
        first, second = self.first.evaluation(a), self.second.evaluation(a)

        def evaluate(theta: Array) -> tuple[Array, Pullback]:
            one, two = self._split(theta)
            (K, back), (L, back_too) = first(one), second(two)
            if self.product:
                return K * L, lambda dK: np.concatenate([back(dK * L), back_too(dK * K)])
            return K + L, lambda dK: np.concatenate([back(dK), back_too(dK)])

        return evaluate

    def variance(self, theta: Array) -> float:
        """Return the variance of every row."""
        one, two = self._split(theta)
        k, m = self.first.variance(one), self.second.variance(two)
        return k * m if self.product else k + m

    def _split(self, theta: Array) -> tuple[Array, Array]:
        k = len(self.first.prior.mean)
        return theta[:k], theta[k:]
