"""The GPT sub-networks of HW-GPT-Bench (Sukthanker et al., NeurIPS 2024), at scales S, M and L."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError, InputError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.layers import Layers

BIASES = (False, True)
MLP_RATIOS = (2, 3, 4)


@dataclass(frozen=True)
class Scale:
    """The choices of one scale of the benchmark (``search_spaces`` of the authors' lib/utils.py)."""

    embed_dims: tuple[int, ...]
    n_layers: tuple[int, ...]
    n_heads: tuple[int, ...]


SCALES = {
    "s": Scale((192, 384, 768), (10, 11, 12), (4, 8, 12)),
    "m": Scale((256, 512, 1024), (22, 23, 24), (8, 12, 16)),
    "l": Scale((320, 640, 1280), (34, 35, 36), (8, 16, 20)),
}


class GptBench(SearchSpace):
    """Sub-networks of a GPT supernet as (n, d) int8: embed_dim, n_layer, bias, then (mlp_ratio, n_head)s.

    Scale "s" (the default) has d = 27 decisions, with 10 to 12 layers of 3 x 3 choices each; the decisions
    of layers beyond n_layer are 0. Different architectures are different networks.
    """

    constrained = True

    def __init__(self, scale: str = "s") -> None:
        if scale not in SCALES:
            raise InputError(f"unknown scale {scale!r}; HW-GPT-Bench has {', '.join(SCALES)}")
        self.name = f"gpt_{scale}"
        self.scale = scale
        self._choices = SCALES[scale]
        fewest, most = self._choices.n_layers[0], self._choices.n_layers[-1]
        self._layers = Layers(depth=1, fewest=fewest, most=most, start=3, width=2)
        self.num_choices = np.array([3, 3, 2] + [len(MLP_RATIOS), 3] * most, dtype=np.int64)

    @property
    def num_architectures(self) -> int:
        """The number of architectures in the space."""
        return 3 * len(BIASES) * sum(int(9**depth) for depth in self._choices.n_layers)

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether the decisions of all layers beyond n_layer are 0."""
        return self._layers.allowed(architectures)

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d) architectures: every number of layers is as likely, then every choice."""
        drawn = rng.integers(self.num_choices, size=(n, self.num_decisions)).astype(np.int8)
        return self._layers.trimmed(drawn)

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, d), and the (m,) row in the batch that each belongs to.

        A new number of layers drops the last ones, or repeats the last one.
        """
        return self._layers.neighborhoods(architectures, self.num_choices)

    def mutate(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each row replaced by one of its neighbors, drawn uniformly."""
        return self._layers.mutate(architectures, self.num_choices, rng)

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each decision of the whole network, and each layer whole, from ``a`` or ``b``."""
        return self._layers.crossover(a, b, rng)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return a copy: no two architectures of this space are the same network."""
        return architectures.copy()

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): all decisions but those of absent layers take part."""
        return self._layers.present(architectures)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n strings ``gpt-s-10-384-2-3-...-12-4-...-False``: depth, width, ratios, heads, bias."""
        strings = []
        for row in self.validate(architectures).tolist():
            n_layer = self._choices.n_layers[row[1]]
            ratios = [MLP_RATIOS[choice] for choice in row[3::2][:n_layer]]
            heads = [self._choices.n_heads[choice] for choice in row[4::2][:n_layer]]
            words = ["gpt", self.scale, n_layer, self._choices.embed_dims[row[0]], *ratios, *heads]
            strings.append("-".join(map(str, [*words, BIASES[row[2]]])))
        return strings

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, d) architectures that the benchmark's strings name.

        Raises:
            ArchitectureError: a malformed string, another scale, or a number that is none of the choices.
        """
        if isinstance(strings, str):
            strings = [strings]
        return np.array([self._parse(text) for text in strings], dtype=np.int8).reshape(
            -1, self.num_decisions
        )

    def pack(
        self, embed_dim: int, n_layer: int, bias: bool, mlp_ratios: Sequence[int], n_heads: Sequence[int]
    ) -> list[int]:
        """Return the d decisions of one architecture; ratios and heads beyond n_layer are left out.

        Raises:
            ArchitectureError: a number that is none of the choices, or too few layers.
        """
        if len(mlp_ratios) < n_layer or len(n_heads) < n_layer:
            raise ArchitectureError(
                f"expected a ratio and heads for each of {n_layer} layers, "
                f"got {len(mlp_ratios)} and {len(n_heads)}"
            )
        row = [
            _choice("embed_dim", embed_dim, self._choices.embed_dims),
            _choice("n_layer", n_layer, self._choices.n_layers),
            _choice("bias", bias, BIASES),
        ]
        for ratio, heads in zip(mlp_ratios[:n_layer], n_heads[:n_layer], strict=True):
            row.append(_choice("mlp_ratio", ratio, MLP_RATIOS))
            row.append(_choice("n_head", heads, self._choices.n_heads))
        return row + [0] * (self.num_decisions - len(row))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the chain of one architecture: the embedding, then an edge for each layer."""
        one = self.validate(architecture)
        if len(one) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(one)}")
        _, _, n_layer, embed_dim, *layers, bias = self.to_strings(one)[0].split("-")
        ratios, heads = layers[: int(n_layer)], layers[int(n_layer) :]
        operations = [f"embedding-{embed_dim}" + ("-bias" if bias == "True" else "")]
        operations += [f"attention-{h}-mlp-{ratio}" for ratio, h in zip(ratios, heads, strict=True)]
        edges = tuple((i, i + 1, operation) for i, operation in enumerate(operations))
        return Graph(len(operations) + 1, edges)

    def _parse(self, text: str) -> list[int]:
        """Return the d decisions of one string of the benchmark."""
        words = text.strip().split("-")
        numbers, bias = words[2:-1], {"True": True, "False": False}.get(words[-1])
        digits = all(word.isascii() and word.isdecimal() and len(word) < 5 for word in numbers)
        if words[:2] != ["gpt", self.scale] or bias is None or not digits or len(numbers) < 2:
            raise ArchitectureError(
                f"malformed string {text[:200]!r}; expected gpt-{self.scale}-layers-width-ratios-heads-bias "
                f"such as {self.to_strings(np.zeros((1, self.num_decisions), np.int8))[0]}"
            )
        n_layer, embed_dim, *layers = map(int, numbers)
        if len(layers) != 2 * n_layer:
            raise ArchitectureError(
                f"expected {n_layer} ratios and {n_layer} heads, got {len(layers)} numbers in {text[:200]!r}"
            )
        return self.pack(embed_dim, n_layer, bias, layers[:n_layer], layers[n_layer:])


def gpt_m() -> GptBench:
    """Return the space of scale M."""
    return GptBench("m")


def gpt_l() -> GptBench:
    """Return the space of scale L."""
    return GptBench("l")


def _choice(name: str, value: int, choices: Sequence[int]) -> int:
    """Return the number of a value among the choices."""
    if type(value) is not type(choices[0]) or value not in choices:
        raise ArchitectureError(
            f"expected {name} to be one of {', '.join(map(str, choices))}, got {str(value)[:50]}"
        )
    return choices.index(value)
