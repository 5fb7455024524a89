"""What an encoding is: a plain function from architectures to the features of a surrogate."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures, SearchSpace

Features = NDArray[np.float64]  # (n, p): one row an architecture, one column a feature


class Encoding(Protocol):
    """A function ``(space, architectures (n, d)) -> features (n, p)``.

    It is pure, scores a whole space in one call, and gives every batch of a space the same p columns.
    """

    def __call__(self, space: SearchSpace, architectures: Architectures, /) -> Features:
        """Return the (n, p) float64 features of n architectures."""
        ...
