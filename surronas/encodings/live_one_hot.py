"""One-hot of the live decisions: a dead decision is one state, whatever choice stands there."""

import numpy as np

from surronas.encodings.base import Features
from surronas.encodings.one_hot import one_hot
from surronas.spaces import Architectures, SearchSpace


def live_one_hot(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, d + sum of num_choices): d columns for "decision i is dead", then ``one_hot`` of the rest.

    A dead decision has 1 in its "dead" column and zeros for its choices, so that architectures which
    differ only in what is dead have equal features. The column of its own, rather than a row of zeros,
    puts a dead edge as far from every operation as two operations are from each other; both give about the
    same Kendall tau, .74 against .64 of plain one-hot (reproduce/surrogate_choices.py). It is not choice 0
    either, which is a real operation in many spaces. (In ``Cell201`` choice 0, `none`, is never live.)

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures)
    live = space.live(rows)  # (n, d)
    choices = one_hot(space, rows) * np.repeat(live, space.num_choices, axis=1)
    return np.hstack([~live, choices])
