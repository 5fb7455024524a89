"""Stationary kernels as functions of the squared distance t = r²: value phi(t) and derivative dphi/dt."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = Callable[[Array], tuple[Array, Array]]  # squared distances -> correlations, derivatives


def squared_exponential(t: Array) -> tuple[Array, Array]:
    """Return exp(-t / 2) and its derivative."""
    value = np.exp(-0.5 * t)
    return value, -0.5 * value


def matern32(t: Array) -> tuple[Array, Array]:
    """Return (1 + u) exp(-u) with u = sqrt(3 t), and its derivative (Rasmussen and Williams, eq. 4.17)."""
    u = np.sqrt(3.0 * t)
    decay = np.exp(-u)
    return (1.0 + u) * decay, -1.5 * decay


def matern52(t: Array) -> tuple[Array, Array]:
    """Return (1 + u + u²/3) exp(-u) with u = sqrt(5 t), and its derivative (same, eq. 4.17)."""
    u = np.sqrt(5.0 * t)
    decay = np.exp(-u)
    return (1.0 + u + u * u / 3.0) * decay, (-5.0 / 6.0) * (1.0 + u) * decay


def squared_distances(a: Array, b: Array, b_squares: Array | None = None) -> Array:
    """Return (n, m) squared Euclidean distances between the rows of a (n, p) and of b (m, p).

    ``b_squares`` are the ``squared_lengths`` of b, where they are known.
    """
    t = (-2.0 * a) @ b.T
    t += squared_lengths(a)[:, None]
    t += squared_lengths(b) if b_squares is None else b_squares
    return np.maximum(t, 0.0, out=t)


def squared_lengths(rows: Array) -> Array:
    """Return the (n,) squared Euclidean lengths of rows (n, p)."""
    squares: Array = np.einsum("ij,ij->i", rows, rows)
    return squares
