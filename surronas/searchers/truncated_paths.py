"""The truncated path encoding of BANANAS (White, Neiswanger and Savani 2021, section 4) on any space."""

from functools import lru_cache

import numpy as np

from surronas.encodings import Encoding, Features, Paths, one_hot
from surronas.encodings.live_graphs import Known, typical
from surronas.spaces import Architectures, SearchSpace

_SHARE = 0.6  # of the operations on the longest path: 3 of 5 on NAS-Bench-101, 2 of 3 on -201
_LONGEST = 3  # operations, in spaces of too many paths to list them all


def truncated_paths(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p): which of the shorter paths an architecture has.

    40 columns on NAS-Bench-101, as published; 20 on NAS-Bench-201, where the published 30 count ten that
    run through ``none`` and so are no paths. Where there are too many paths to list, those of up to 3
    operations that can be listed. Where the shorter paths tell architectures apart in nothing, as in a
    space of chains, it is the one-hot encoding of the decisions.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    return _encoding_of(Known(space))(space, architectures)


@lru_cache(maxsize=64)
def _encoding_of(known: Known) -> Encoding:
    """Return the encoding that serves a space."""
    space = known.space
    whole = Paths().listed(space)
    longest = int(np.ceil(_SHARE * len(whole[-1]))) if whole else _LONGEST
    for length in range(longest, 0, -1):
        paths = Paths(longest=length)
        if paths.listed(space):
            return paths if np.ptp(paths(space, typical(space)), axis=0).any() else one_hot
    return one_hot
