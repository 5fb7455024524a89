"""How good searches are."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError


def simple_regret(scores: ArrayLike, optimum: float) -> NDArray[np.float64]:
    """Return (n,) how far the best of the first 1, 2, ..., n scores lies below the optimum, in its unit.

    A failed evaluation, NaN, leaves the best as it was; before the first success the regret is infinite.

    Raises:
        InputError: the scores are not of shape (n,), or the optimum is not finite.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(optimum):
        raise InputError(f"expected scores (n,) and a finite optimum, got {values.shape} and {optimum}")
    return optimum - np.maximum.accumulate(np.where(np.isnan(values), -np.inf, values))
