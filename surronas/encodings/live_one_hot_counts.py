"""One-hot of the live decisions, and how often each choice occurs among them."""

import numpy as np

from surronas.encodings.base import Features
from surronas.encodings.live_one_hot import live_one_hot
from surronas.spaces import Architectures, SearchSpace


def live_one_hot_counts(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p): the columns of ``live_one_hot``, then max(num_choices) counts among live decisions.

    The counts say how many live decisions take choice 0, 1, ...: what moving an operation from one edge
    to another leaves as it is. That is meaningful where decisions choose from one list of operations, as
    the edges of a cell do; it raises Kendall tau of a Gaussian process at n = 128 on NAS-Bench-201 from
    .74 to .78 (reproduce/surrogate_choices.py).

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    features = live_one_hot(space, architectures)
    choice = np.concatenate([np.arange(count) for count in space.num_choices])
    takes_choice = choice[:, None] == np.arange(space.num_choices.max())  # (sum of num_choices, max)
    counts = features[:, space.num_decisions :] @ takes_choice.astype(np.float64)
    return np.hstack([features, counts])
