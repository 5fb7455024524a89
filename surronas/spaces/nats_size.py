"""The size space of NATS-Bench: how many channels each of 5 layers has (Dong et al., TPAMI 2021)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph

CHANNELS = (8, 16, 24, 32, 40, 48, 56, 64)
LAYERS = ("cell", "reduction", "cell", "reduction", "cell")  # a reduction halves height and width


class NatsSize(SearchSpace):
    """32,768 networks as (n, 5) int8: 8 x (1 + decision) channels in each layer; all of one fixed cell."""

    name = "nats_size"
    num_choices = np.full(len(LAYERS), len(CHANNELS), dtype=np.int64)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the (n, 5) architectures themselves: no two are the same network."""
        return architectures

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 5) True: every layer takes part."""
        return np.ones(architectures.shape, bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``8:16:64:64:24``: the channels of the layers."""
        channels = np.array(CHANNELS)[self.validate(architectures)]
        return [":".join(map(str, row)) for row in channels.tolist()]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 5) architectures that strings of channels name.

        Raises:
            ArchitectureError: not 5 numbers, or one that is no multiple of 8 up to 64.
        """
        if isinstance(strings, str):
            strings = [strings]
        return np.array([_parse(text) for text in strings], dtype=np.int8).reshape(-1, len(LAYERS))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the chain of the 5 layers, labelled with kind and channels (the stem's are the first's)."""
        one = self.validate(architecture)
        if len(one) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(one)}")
        labels = [f"{kind}-{CHANNELS[at]}" for kind, at in zip(LAYERS, one[0], strict=True)]
        return Graph(len(labels) + 1, tuple((i, i + 1, label) for i, label in enumerate(labels)))


def _parse(text: str) -> list[int]:
    """Return the 5 decisions of a string of channels."""
    words = text.strip().split(":")
    if len(words) != len(LAYERS) or any(word not in _DECISION for word in words):
        raise ArchitectureError(
            f"malformed nats_size string {text!r}; expected {len(LAYERS)} numbers of channels such as "
            f"8:16:64:64:24, each one of {', '.join(_DECISION)}"
        )
    return [_DECISION[word] for word in words]


_DECISION = {str(channels): decision for decision, channels in enumerate(CHANNELS)}
