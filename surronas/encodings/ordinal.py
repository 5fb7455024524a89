"""Ordinal: decisions as numbers, for spaces whose choices are sizes, in order."""

import numpy as np

from surronas.encodings.base import Features
from surronas.spaces import Architectures, SearchSpace


def ordinal(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, 2 d + 1): each decision from 0 to 1, whether it is live, and the mean of the live ones.

    A choice is its place among the choices; a dead decision is 0. Meaningful where choices are channels,
    layers or heads, from few to many: neighboring choices are alike then, which one-hot does not say. Not
    for operations.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures)
    live = space.live(rows)
    scaled = np.where(live, rows / np.maximum(space.num_choices - 1, 1), 0.0)
    mean = scaled.sum(axis=1, keepdims=True) / np.maximum(live.sum(axis=1, keepdims=True), 1)
    return np.hstack([scaled, live, mean])
