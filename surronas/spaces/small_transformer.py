"""A small space of decoder transformers, for machines without a GPU: 1 to 6 layers, 32 to 256 wide.

Each layer has attention heads and a feed-forward width of its own, as in LiteTransformerSearch (Javaheripi et
al., NeurIPS 2022); the network is GPT-2's (Radford et al. 2019).
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.layers import Layers

D_MODELS = (32, 64, 96, 128, 192, 256)
N_HEADS = (1, 2, 4, 8)
FFN_RATIOS = (1, 2, 3, 4)
FEWEST_LAYERS, MOST_LAYERS = 1, 6
_LAYERS = Layers(depth=0, fewest=FEWEST_LAYERS, most=MOST_LAYERS, start=2, width=2)
_WHOLE = re.compile(r"d_model (\d+)((?: \| \d+ heads, ffn x\d+)+)")
_LAYER = re.compile(r"(\d+) heads, ffn x(\d+)")


class SmallTransformer(SearchSpace):
    """Decoder transformers as (n, 14) int8: number of layers, d_model, then heads and feed-forward ratio.

    Each of the 6 layers has two decisions, n_head and the feed-forward ratio (its width over d_model); those
    of layers that are not there are 0. No two of the networks are the same, so each is its canonical form.
    """

    name = "small_transformer"
    constrained = True
    num_choices: NDArray[np.int64] = np.array(
        [MOST_LAYERS - FEWEST_LAYERS + 1, len(D_MODELS)] + [len(N_HEADS), len(FFN_RATIOS)] * MOST_LAYERS,
        dtype=np.int64,
    )

    @property
    def num_architectures(self) -> int:
        """The number of architectures in the space: 107,374,176."""
        layer = len(N_HEADS) * len(FFN_RATIOS)
        depths = range(FEWEST_LAYERS, MOST_LAYERS + 1)
        return len(D_MODELS) * sum(int(layer**depth) for depth in depths)

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether the decisions of all layers that are not there are 0."""
        return _LAYERS.allowed(architectures)

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d) architectures: every number of layers is as likely, then every choice."""
        drawn = rng.integers(self.num_choices, size=(n, self.num_decisions)).astype(np.int8)
        return _LAYERS.trimmed(drawn)

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, d), and the (m,) row in the batch that each belongs to.

        A new number of layers drops the last ones, or repeats the last one.
        """
        return _LAYERS.neighborhoods(architectures, self.num_choices)

    def mutate(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each row replaced by one of its neighbors, drawn uniformly."""
        return _LAYERS.mutate(architectures, self.num_choices, rng)

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each decision of the whole network, and each layer whole, from ``a`` or ``b``."""
        return _LAYERS.crossover(a, b, rng)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return (n, d) the architectures as they are: no two are the same network."""
        return architectures.copy()

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): all decisions but those of absent layers take part."""
        return _LAYERS.present(architectures)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n texts such as ``d_model 64 | 2 heads, ffn x4 | 8 heads, ffn x1``, a part a layer."""
        texts = []
        for row in self.validate(architectures).tolist():
            depth = row[0] + FEWEST_LAYERS
            layers = zip(row[2 : 2 + 2 * depth : 2], row[3 : 3 + 2 * depth : 2], strict=True)
            parts = [f"{N_HEADS[heads]} heads, ffn x{FFN_RATIOS[ratio]}" for heads, ratio in layers]
            texts.append(" | ".join([f"d_model {D_MODELS[row[1]]}", *parts]))
        return texts

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, d) architectures that texts as of ``to_strings`` describe.

        Raises:
            ArchitectureError: no such text, or a value that is none of the choices.
        """
        if isinstance(strings, str):
            strings = [strings]
        rows = [_row(text) for text in strings]
        return np.array(rows, dtype=np.int8).reshape(-1, self.num_decisions)

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the chain of one architecture: the embedding, then an edge for each layer."""
        row = self.validate(architecture)
        if len(row) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(row)}")
        d_model, heads, inner = self.sizes(row[0])
        operations = [f"embedding-{d_model}"]
        operations += [f"attention-{h}-ffn-{i}" for h, i in zip(heads, inner, strict=True)]
        edges = tuple((i, i + 1, operation) for i, operation in enumerate(operations))
        return Graph(len(operations) + 1, edges)

    def sizes(self, architecture: ArrayLike) -> tuple[int, list[int], list[int]]:
        """Return d_model, and the heads and the feed-forward width of each layer, of one architecture."""
        (row,) = self.validate(architecture).tolist()
        depth, d_model = row[0] + FEWEST_LAYERS, D_MODELS[row[1]]
        heads = [N_HEADS[choice] for choice in row[2 : 2 + 2 * depth : 2]]
        inner = [d_model * FFN_RATIOS[choice] for choice in row[3 : 3 + 2 * depth : 2]]
        return d_model, heads, inner


def _row(text: str) -> list[int]:
    """Return the 14 decisions of one text."""
    if (whole := _WHOLE.fullmatch(text)) is None:
        raise ArchitectureError(
            f"malformed small_transformer string {text[:100]!r}; expected a text such as "
            "'d_model 64 | 2 heads, ffn x4 | 8 heads, ffn x1'"
        )
    layers = _LAYER.findall(whole[2])
    depths = tuple(range(FEWEST_LAYERS, MOST_LAYERS + 1))
    row = [_choice("layers", len(layers), depths), _choice("d_model", whole[1], D_MODELS)]
    for heads, ratio in layers:
        row += [_choice("heads", heads, N_HEADS), _choice("ffn", ratio, FFN_RATIOS)]
    return row + [0] * (2 * (MOST_LAYERS - len(layers)))


def _choice(what: str, value: str | int, choices: tuple[int, ...]) -> int:
    """Return the number of a value among the choices."""
    if str(value) not in (words := [str(choice) for choice in choices]):
        raise ArchitectureError(f"expected {what} to be one of {', '.join(words)}, got {str(value)[:20]}")
    return words.index(str(value))
