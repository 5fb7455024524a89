"""The encoding that ranks best from few trainings in all spaces measured: reproduce/gp_choices.py.

Kendall tau of a Gaussian process at n = 128 on NAS-Bench-201 is .77 with ``live_one_hot_counts`` and .86
with this one; it is ahead of it on TransNAS-Bench-101, NAS-Bench-Graph and Accel-NASBench too.
"""

import numpy as np

from surronas.encodings.base import Encoding, Features
from surronas.encodings.canonical_one_hot import canonical_one_hot
from surronas.encodings.concatenate import concatenate, standardized
from surronas.encodings.live_graphs import Known, typical
from surronas.encodings.one_hot import one_hot
from surronas.encodings.path_profile import path_bags, path_extremes, path_steps
from surronas.spaces import Architectures, SearchSpace


class Balanced:
    """An encoding divided by one number, so that two architectures differ by 1 in the root mean square.

    Side by side, such encodings have a like say in distances, whatever the number of their columns. The
    mean is that over ``typical`` architectures of the space.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._distances: dict[Known, float] = {}

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, p) features of n architectures.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        features, known = self.encoding(space, architectures), Known(space)
        if known not in self._distances:
            squared = 2.0 * float(self.encoding(space, typical(space)).var(axis=0).sum())
            self._distances[known] = float(np.sqrt(squared)) if squared > 0 else 1.0
        scaled: Features = features / self._distances[known]
        return scaled


default_encoding = concatenate(
    Balanced(canonical_one_hot),
    Balanced(path_bags),
    Balanced(path_steps),
    Balanced(standardized(path_extremes)),
    optional=(Balanced(one_hot),),
)
"""What stands where, what is on the paths, what follows what, and the extremes: four lengthscale groups,
which ``default_encoding.groups(space)`` tells a ``GaussianProcessSurrogate``. A fifth, optional one is all
that is written down, dead operations included: no accuracy hangs on those, but a device's latency does."""


def default_groups(space: SearchSpace) -> list[int]:
    """Return the p groups of ``default_encoding``'s features in a space, for a Gaussian process."""
    groups: list[int] = default_encoding.groups(space).tolist()
    return groups
