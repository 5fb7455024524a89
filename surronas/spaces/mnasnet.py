"""The MnasNet-like ImageNet space of Accel-NASBench: 7 blocks of layers (Ahmad et al., DAC 2024)."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph

NUM_BLOCKS = 7
CHOICES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("e", (1, 4, 6)),  # expansion ratio of the inverted residual layers
    ("k", (3, 5)),  # kernel size
    ("l", (1, 2, 3)),  # layers
    ("se", (0, 1)),  # squeeze and excitation
)
DEEP_BLOCK = 5  # may have 4 layers
DECISIONS: tuple[tuple[str, tuple[int, ...]], ...] = tuple(
    (f"block{block}_{name}", (*values, 4) if (block, name) == (DEEP_BLOCK, "l") else values)
    for block in range(NUM_BLOCKS)
    for name, values in CHOICES
)


class MnasNet(SearchSpace):
    """1.0e11 networks as (n, 28) int8: expansion, kernel size, layers, squeeze-excite of blocks 0 to 6.

    A decision is the place of its value among its choices. All combinations are networks, no two isomorphic.
    """

    name = "mnasnet"
    num_choices = np.array([len(values) for _, values in DECISIONS], dtype=np.int64)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return the networks themselves: each is its own class."""
        return architectures.copy()

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 28), all True: every decision changes the network."""
        return np.ones(architectures.shape, dtype=bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n JSON objects, the benchmark's ``architecture``: {"block0_e": 6, ...}."""
        return [json.dumps(settings) for settings in self.to_settings(architectures)]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 28) networks that JSON objects name.

        Raises:
            ArchitectureError: no JSON object, or one that ``from_settings`` refuses.
        """
        if isinstance(strings, str):
            strings = [strings]
        return self.from_settings([_parse(text) for text in strings])

    def to_settings(self, architectures: Architectures) -> list[dict[str, int | bool]]:
        """Return n dicts such as {"block0_e": 6, "block0_k": 3, "block0_l": 1, "block0_se": False, ...}."""
        rows = self.validate(architectures).tolist()
        return [
            {name: _value(name, values[at]) for at, (name, values) in zip(row, DECISIONS, strict=True)}
            for row in rows
        ]

    def from_settings(self, settings: Sequence[dict[str, object]]) -> Architectures:
        """Return the (n, 28) networks that dicts of settings describe.

        Raises:
            ArchitectureError: a setting that is missing, not known, or not one of its choices.
        """
        rows = [_decisions(given) for given in settings]
        return np.array(rows, dtype=np.int8).reshape(-1, self.num_decisions)

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one network: a chain with one edge a layer, such as ``mb6_k5_se``."""
        if len(self.validate(architecture)) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(self.validate(architecture))}")
        (settings,) = self.to_settings(self.validate(architecture))
        layers = [_layer(settings, block) for block in range(NUM_BLOCKS) for _ in _layers(settings, block)]
        return Graph(len(layers) + 1, tuple((i, i + 1, layer) for i, layer in enumerate(layers)))


def _value(name: str, value: int) -> int | bool:
    return bool(value) if name.endswith("_se") else value


def _layers(settings: dict[str, int | bool], block: int) -> range:
    return range(int(settings[f"block{block}_l"]))


def _layer(settings: dict[str, int | bool], block: int) -> str:
    excited = "_se" if settings[f"block{block}_se"] else ""
    return f"mb{settings[f'block{block}_e']}_k{settings[f'block{block}_k']}{excited}"


def _parse(text: str) -> dict[str, object]:
    """Return the settings of one JSON object."""
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise ArchitectureError(
            f"malformed mnasnet string {text[:60]!r}; expected a JSON object with block0_e to block6_se"
        )
    return settings


def _decisions(settings: dict[str, object]) -> list[int]:
    """Return the 28 decisions of one dict of settings."""
    if set(settings) != {name for name, _ in DECISIONS}:
        odd = sorted(map(str, set(settings) ^ {name for name, _ in DECISIONS}))
        raise ArchitectureError(
            f"expected the {len(DECISIONS)} settings block0_e, block0_k, block0_l, block0_se to block6_se; "
            f"missing or not known: {', '.join(odd[:4])}"
        )
    for name, values in DECISIONS:
        if not isinstance(settings[name], int) or settings[name] not in values:
            raise ArchitectureError(f"expected {name} to be one of {values}, got {settings[name]!r}")
    return [values.index(settings[name]) for name, values in DECISIONS]
