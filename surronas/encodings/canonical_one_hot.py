"""One-hot of the canonical form: isomorphic architectures have equal features."""

from surronas.encodings.base import Features
from surronas.encodings.live_one_hot_counts import live_one_hot_counts
from surronas.spaces import Architectures, SearchSpace


def canonical_one_hot(space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p): the columns of ``live_one_hot_counts`` of the canonical forms.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    return live_one_hot_counts(space, space.canonical(space.validate(architectures)))
