"""How far predictions lie from targets: (n,) against (n,), finite; NaN is refused.

Definitions as in scikit-learn, which would cost every reader of a store a second to import.
"""

import numpy as np
from numpy.typing import ArrayLike

from surronas.metrics.arrays import constant, same_shape


def root_mean_squared_error(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return the root mean squared error, in the targets' unit.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing.
    """
    y, mean = same_shape(1, targets=targets, predictions=predictions)
    return float(np.sqrt(np.mean((y - mean) ** 2)))


def mean_absolute_error(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return the mean absolute error, in the targets' unit.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or nothing.
    """
    y, mean = same_shape(1, targets=targets, predictions=predictions)
    return float(np.mean(np.abs(y - mean)))


def r2(targets: ArrayLike, predictions: ArrayLike) -> float:
    """Return the coefficient of determination, at most 1: the share of variance that is explained.

    0 is what predicting the targets' mean gives. Constant targets: 1 if all are met, else 0.

    Raises:
        InputError: the arrays differ in shape, hold NaN or infinity, or fewer than two values.
    """
    y, mean = same_shape(2, targets=targets, predictions=predictions)
    squared = float(np.sum((y - mean) ** 2))
    if constant(y):
        return 1.0 if squared == 0 else 0.0
    return 1.0 - squared / float(np.sum((y - y.mean()) ** 2))
