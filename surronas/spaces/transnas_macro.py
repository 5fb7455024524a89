"""The macro space of TransNAS-Bench-101: 4 to 6 modules of residual blocks (Duan et al., CVPR 2021)."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.graph_batch import GraphBatch, fixed_edges

MODULES = ("", "normal", "double_channels", "halve_resolution", "double_and_halve")  # 0: no module
MIN_MODULES, MAX_MODULES = 4, 6
MAX_DOUBLINGS, MAX_HALVINGS = 3, 4  # at least one of each


class TransNASMacro(SearchSpace):
    """3,256 networks as (n, 6) int8: module types 1 to 4, then 0 for each of the places left empty.

    Valid are 4 to 6 modules of which 1 to 3 double the channels (types 2 and 4) and 1 to 4 halve the
    resolution (types 3 and 4): 210 + 750 + 2,296 networks, those of the benchmark. No two are isomorphic.
    Neighbors change the type of a module, or add or take away the last one.
    """

    name = "transnas_macro"
    num_choices = np.full(MAX_MODULES, len(MODULES), dtype=np.int64)
    constrained = True

    @property
    def num_architectures(self) -> int:
        """The number of valid networks."""
        return 3_256

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether modules precede gaps, and doublings and halvings are as many as they may be."""
        there = architectures > 0
        depth = there.sum(axis=1)
        doublings = np.isin(architectures, (2, 4)).sum(axis=1)
        halvings = np.isin(architectures, (3, 4)).sum(axis=1)
        allowed: NDArray[np.bool_] = (
            (np.diff(there.astype(np.int8), axis=1) <= 0).all(axis=1)
            & (depth >= MIN_MODULES)
            & (doublings >= 1)
            & (doublings <= MAX_DOUBLINGS)
            & (halvings >= 1)
            & (halvings <= MAX_HALVINGS)
        )
        return allowed

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the networks themselves: each is its own class."""
        return architectures.copy()

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 6): whether there is a module."""
        live: NDArray[np.bool_] = architectures > 0
        return live

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings such as ``64-1234-basic``: base channels, module types, residual blocks."""
        rows = self.validate(architectures).tolist()
        return [f"64-{''.join(str(module) for module in row if module)}-basic" for row in rows]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 6) networks that the benchmark's strings name.

        Raises:
            ArchitectureError: a malformed string, or a network that the space does not hold.
        """
        if isinstance(strings, str):
            strings = [strings]
        parsed = np.array([_parse(text) for text in strings], dtype=np.int8)
        return self.validate(parsed.reshape(-1, MAX_MODULES))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one network: a chain with one edge a module."""
        network = self.validate(architecture)
        if len(network) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(network)}")
        modules = [MODULES[module] for module in network[0].tolist() if module]
        return Graph(len(modules) + 1, tuple((i, i + 1, module) for i, module in enumerate(modules)))

    def graphs(self, architectures: Architectures) -> GraphBatch:
        """Return the graphs of n networks as arrays."""
        chain = [(i, i + 1) for i in range(MAX_MODULES)]
        batch = fixed_edges(MODULES[1:], chain, architectures.astype(np.int64) - 1)  # -1: no module
        return replace(batch, num_nodes=1 + (architectures > 0).sum(axis=1))


def _parse(text: str) -> list[int]:
    """Return the 6 module types of one string, 0 where there is none."""
    found = re.fullmatch(r"\s*64-([1-4]{4,6})-basic\s*", text, re.ASCII)
    if not found:
        raise ArchitectureError(
            f"malformed transnas_macro string {text!r}; expected 64-MODULES-basic with 4 to 6 digits 1 "
            f"(normal), 2 (channels x2), 3 (resolution / 2), 4 (both)"
        )
    return [int(digit) for digit in found[1].ljust(MAX_MODULES, "0")]
