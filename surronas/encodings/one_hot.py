"""One-hot: one column for every choice of every decision, live or not."""

import numpy as np

from surronas.encodings.base import Features
from surronas.spaces import Architectures, SearchSpace


def one_hot(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, sum of num_choices): 1 in the column of the choice taken at each decision, else 0.

    The columns run decision by decision, and by choice within a decision.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures)
    first_column = np.cumsum(space.num_choices) - space.num_choices  # (d,)
    features = np.zeros((len(rows), int(space.num_choices.sum())))
    features[np.arange(len(rows))[:, None], first_column + rows] = 1.0
    return features
