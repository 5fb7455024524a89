"""Standard deviations that fit the errors seen: what a spread is worth, told by rows that were left out."""

from dataclasses import dataclass

import numpy as np

from surronas.surrogates.base import Vector

SMALLEST_VARIANCE = 1e-4  # of the targets' variance: the least a constant or perfectly fitted table is given
_SHARES = np.linspace(0.0, 0.9, 10)  # never 1: a spread of 0 somewhere is no certainty


@dataclass(frozen=True)
class ErrorVariance:
    """The variance of an error as a line in the spread of a model's members: slope * spread + level."""

    slope: float
    level: float

    def __call__(self, spread: Vector) -> Vector:
        """Return the variance (n,) of the error where the members' variance is ``spread`` (n,)."""
        return self.slope * spread + self.level


def fit_error_variance(errors: Vector, spread: Vector) -> ErrorVariance:
    """Return the line of greatest Gaussian likelihood for errors (n,) on left-out rows, on warped targets.

    For a share t in [0, .9] of the variance that follows the spread, the scale that makes
    scale * ((1 - t) * mean spread + t * spread) most likely is the mean of squared errors over it; the best
    of ten shares is taken. Fewer than ten errors can't tell: the variance is then the same everywhere.
    """
    squared = errors**2
    if not len(squared):  # one row: nothing says how far to trust it but the targets' own scale
        return ErrorVariance(0.0, 1.0)
    typical = float(spread.mean())
    if len(squared) < 10 or typical <= 0.0:
        return ErrorVariance(0.0, max(float(squared.mean()), SMALLEST_VARIANCE))
    shape = (1.0 - _SHARES) * typical + _SHARES * spread[:, None]  # (n, shares)
    scale = np.mean(squared[:, None] / shape, axis=0)
    cost = np.log(np.maximum(scale, 1e-300)) + np.mean(np.log(shape), axis=0)  # twice -log likelihood
    best = int(np.argmin(cost))
    level = scale[best] * (1.0 - _SHARES[best]) * typical
    return ErrorVariance(float(scale[best] * _SHARES[best]), float(max(level, SMALLEST_VARIANCE)))
