"""What all metrics ask of their arrays: one shape, finite numbers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError


def same_shape(least: int, **arrays: ArrayLike) -> list[NDArray[np.float64]]:
    """Return the arrays as float64 of one shape (n,), n >= ``least``, all finite.

    Raises:
        InputError: they are not; a NaN is refused, not skipped: who leaves rows out has to know.
    """
    vectors = [np.asarray(array, dtype=np.float64) for array in arrays.values()]
    shapes = {name: vector.shape for name, vector in zip(arrays, vectors, strict=True)}
    if len(set(shapes.values())) != 1 or vectors[0].ndim != 1 or len(vectors[0]) < least:
        raise InputError(f"expected arrays of one shape (n,) with n >= {least}, got {shapes}")
    for name, vector in zip(arrays, vectors, strict=True):
        if not np.isfinite(vector).all():
            row = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise InputError(
                f"{name}: expected finite values, got {vector[row]} at row {row}; leave failed rows out"
            )
    return vectors


def constant(*vectors: NDArray[np.float64]) -> bool:
    """Return whether any of the vectors has only one value."""
    return any(bool((vector == vector[0]).all()) for vector in vectors)
