"""The NAS-Bench-Macro space: 8 layers in 3 stages, 3 blocks each (Su et al., CVPR 2021)."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import IDENTITY, Graph

BLOCKS = ("identity", "mb3_k3", "mb6_k5")  # MobileNetV2 blocks: expansion ratio, kernel size
STAGES = (slice(0, 2), slice(2, 5), slice(5, 8))
FIRST_OF_STAGE = (0, 2, 5)  # these layers halve the resolution and double the channels
REDUCTION = "conv1x1_stride2"  # what "identity" is there


class NASBenchMacro(SearchSpace):
    """6,561 networks as (n, 8) int8: the block of each layer, 0 identity, 1 MB3_K3, 2 MB6_K5."""

    name = "nasbench_macro"
    num_choices = np.full(8, len(BLOCKS), dtype=np.int64)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the networks with the identities at the end of each stage: 3,969 distinct ones.

        An identity is nothing where the shape does not change, so only the order of the other blocks
        of a stage counts (``get_real_arch`` of the authors' code, which trained one network of each class).
        """
        moved = architectures.copy()
        for stage in STAGES:
            tail = architectures[:, stage.start + 1 : stage.stop]
            blocks_first = np.argsort(tail == 0, axis=1, kind="stable")
            moved[:, stage.start + 1 : stage.stop] = np.take_along_axis(tail, blocks_first, axis=1)
        return moved

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 8): whether a layer is there; an identity is, at the start of a stage only."""
        live: NDArray[np.bool_] = architectures != 0
        live[:, FIRST_OF_STAGE] = True
        return live

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings of 8 digits such as ``22212220``."""
        return ["".join(map(str, row)) for row in self.validate(architectures).tolist()]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 8) networks that strings of 8 digits name.

        Raises:
            ArchitectureError: a malformed string.
        """
        if isinstance(strings, str):
            strings = [strings]
        return np.array([_parse(text) for text in strings], dtype=np.int8).reshape(-1, 8)

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one network: a chain of 8 edges, one a layer."""
        network = self.validate(architecture)
        if len(network) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(network)}")
        blocks = [BLOCKS[block] if block else IDENTITY for block in network[0].tolist()]
        for layer in FIRST_OF_STAGE:
            if blocks[layer] == IDENTITY:
                blocks[layer] = REDUCTION
        return Graph(len(blocks) + 1, tuple((i, i + 1, block) for i, block in enumerate(blocks)))


def _parse(text: str) -> list[int]:
    """Return the 8 block numbers of one string."""
    if not re.fullmatch(r"\s*[012]{8}\s*", text, re.ASCII):
        raise ArchitectureError(
            f"malformed nasbench_macro string {text!r}; expected 8 digits, each 0 (identity), "
            f"1 (MB3_K3) or 2 (MB6_K5)"
        )
    return [int(digit) for digit in text.strip()]
