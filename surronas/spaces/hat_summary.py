"""Summaries of encoder-decoder transformers, as in HAT's latency tables (Wang et al., ACL 2020).

HAT, "Hardware-Aware Transformers for Efficient Natural Language Processing", chooses widths and heads layer
by layer, but its published tables hold only the averages over layers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph

EMBED_DIMS = (512, 640)
ENCODER_LAYERS = 6  # in all tables
MOST_DECODER_LAYERS = 6
FEATURES = (
    "encoder_embed_dim",
    "encoder_layer_num",
    "encoder_ffn_embed_dim_avg",
    "encoder_self_attention_heads_avg",
    "decoder_embed_dim",
    "decoder_layer_num",
    "decoder_ffn_embed_dim_avg",
    "decoder_self_attention_heads_avg",
    "decoder_ende_attention_heads_avg",
    "decoder_arbitrary_ende_attn_avg",
)
# What one layer may add to a sum over the smallest choice, and what a unit is:
_FFN = (512, (0, 1, 3, 5))  # 512, 1024, 2048 or 3072
_HEADS = (2, (0, 1, 3))  # 2, 4 or 8
_SOURCES = (1, (0, 1, 2))  # the decoder attends to the last 1, 2 or 3 encoder layers
_SUMS = {2: _FFN, 3: _HEADS, 6: _FFN, 7: _HEADS, 8: _HEADS, 9: _SOURCES}  # by feature
_DECISIONS = (0, 2, 3, 4, 5, 6, 7, 8, 9)  # the feature of each decision; encoder_layer_num is fixed


def _reachable(steps: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return (7, s): whether so many layers can have a sum of so much over the smallest."""
    table = np.zeros((MOST_DECODER_LAYERS + 1, steps[-1] * MOST_DECODER_LAYERS + 1), bool)
    table[0, 0] = True
    for layer in range(MOST_DECODER_LAYERS):
        for step in steps:
            table[layer + 1, step:] |= table[layer, : table.shape[1] - step]
    return table


_REACHABLE = {feature: _reachable(steps) for feature, (_, steps) in _SUMS.items()}
_SIZES = [table.shape[1] for table in _REACHABLE.values()]


class HatSummary(SearchSpace):
    """What HAT's tables tell of a transformer, as (n, 9) int8. A row is a summary, not a network.

    Decisions: encoder width; sums over the 6 encoder layers of feed-forward width and of heads; decoder
    width; number of decoder layers; sums over these of feed-forward width, of heads of both attentions, and
    of encoder layers attended to. A sum is written as what it exceeds its smallest value by, in units of 512
    (widths), 2 (heads) or 1; sums that no choice of layers gives are no architectures. Networks that differ
    in the order of layers, or otherwise with the same sums, share a row, and can't be told apart.
    """

    name = "hat_summary"
    constrained = True
    num_choices: NDArray[np.int64] = np.array(
        [len(EMBED_DIMS), *_SIZES[:2], len(EMBED_DIMS), MOST_DECODER_LAYERS, *_SIZES[2:]], dtype=np.int64
    )

    @property
    def num_architectures(self) -> int:
        """The number of summaries that some network has."""
        decoders = sum(
            int(np.prod([_REACHABLE[feature][layers].sum() for feature in (6, 7, 8, 9)]))
            for layers in range(1, MOST_DECODER_LAYERS + 1)
        )
        encoders = int(np.prod([_REACHABLE[feature][ENCODER_LAYERS].sum() for feature in (2, 3)]))
        return len(EMBED_DIMS) ** 2 * encoders * decoders

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether some choice of layers gives these sums."""
        fits = np.ones(len(architectures), bool)
        for column, feature in enumerate(_DECISIONS):
            if feature in _SUMS:
                layers = ENCODER_LAYERS if feature < 4 else architectures[:, 4].astype(np.int64) + 1
                fits &= _REACHABLE[feature][layers, architectures[:, column]]
        return fits

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return a copy: different summaries are different networks."""
        return architectures.copy()

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, 9): every decision takes part."""
        return np.ones(architectures.shape, bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n feature tuples as in the tables: ``640,6,1962.6666666666667,6.0,512,4,1920.0,...``."""
        return [",".join(_features(row)) for row in self.validate(architectures).tolist()]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, 9) summaries of feature tuples, the first ten columns of the tables.

        Raises:
            ArchitectureError: a malformed tuple, or averages that no choice of layers has.
        """
        if isinstance(strings, str):
            strings = [strings]
        rows = [_parse(text) for text in strings]
        return self.validate(np.array(rows, dtype=np.int64).reshape(-1, self.num_decisions))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the chain of one summary: an edge for the encoder and one for the decoder."""
        one = self.validate(architecture)
        if len(one) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(one)}")
        features = _features(one[0].tolist())
        encoder, decoder = "encoder-" + "-".join(features[:4]), "decoder-" + "-".join(features[4:])
        return Graph(3, ((0, 1, encoder), (1, 2, decoder)))


def _features(row: list[int]) -> list[str]:
    """Return the ten features of one summary, as the tables write them."""
    layers = row[4] + 1
    words = {0: str(EMBED_DIMS[row[0]]), 1: str(ENCODER_LAYERS), 4: str(EMBED_DIMS[row[3]]), 5: str(layers)}
    for column, feature in enumerate(_DECISIONS):
        if feature in _SUMS:
            count, unit = (ENCODER_LAYERS if feature < 4 else layers), _SUMS[feature][0]
            words[feature] = str((row[column] + count) * unit / count)
    return [words[feature] for feature in range(len(FEATURES))]


def _parse(text: str) -> list[int]:
    """Return the 9 decisions of one feature tuple."""
    words = text.strip().split(",")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != len(FEATURES):
        raise ArchitectureError(
            f"malformed hat_summary string {text[:200]!r}; expected {len(FEATURES)} numbers: "
            f"{','.join(FEATURES)}"
        )
    layers = numbers[5]
    widths_known = numbers[0] in EMBED_DIMS and numbers[4] in EMBED_DIMS
    if not (widths_known and numbers[1] == ENCODER_LAYERS and layers in range(1, MOST_DECODER_LAYERS + 1)):
        raise ArchitectureError(
            f"expected widths of {EMBED_DIMS}, {ENCODER_LAYERS} encoder layers and 1 to "
            f"{MOST_DECODER_LAYERS} decoder layers, got {text[:200]!r}"
        )
    row = [EMBED_DIMS.index(int(numbers[0])), 0, 0, EMBED_DIMS.index(int(numbers[4])), int(layers) - 1]
    row += [0] * 4
    for column, feature in enumerate(_DECISIONS):
        if feature in _SUMS:
            row[column] = _excess(feature, numbers[feature], ENCODER_LAYERS if feature < 4 else int(layers))
    return row


def _excess(feature: int, average: float, layers: int) -> int:
    """Return by how many units the sum over layers exceeds its smallest value.

    Averages are written with 16 digits; a millionth of a unit tells rounding from a wrong number.
    """
    unit = _SUMS[feature][0]
    excess = average * layers / unit - layers
    if not -0.5 < excess < _REACHABLE[feature].shape[1] or abs(excess - round(excess)) > 1e-6:
        raise ArchitectureError(
            f"expected {FEATURES[feature]} to be an average over {layers} layers in units of {unit}, "
            f"got {average}"
        )
    return round(excess)
