"""Decoder transformers with a width of its own in each layer (LiteTransformerSearch, NeurIPS 2022).

Javaheripi et al., "LiteTransformerSearch: Training-free Neural Architecture Search for Efficient Language
Models". The choices are those of the published runs (microsoft/archai, nlp/nas/saved_logs).
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.layers import Layers

BACKBONES = ("GPT2", "TransformerXL")
D_MODELS = tuple(range(64, 961, 64))
D_EMBEDS = (-1, 64, 128, 256, 512)  # -1: as d_model
DIV_VALS = (1, 2, 4)
N_HEADS = (2, 4, 8)
FEWEST_LAYERS, MOST_LAYERS = 2, 16
SMALLEST_D_INNER, LARGEST_D_INNER = 512, 4095  # the published runs: 512 to 4032
_DIGIT = 64  # d_inner = 512 + 64 * high + low, as a decision holds at most 127 choices
_KEYS = ("backbone", "n_layer", "d_model", "d_embed", "div_val", "d_inner", "n_head")
_LAYERS = Layers(depth=1, fewest=FEWEST_LAYERS, most=MOST_LAYERS, start=5, width=3)
_HIGHS = (LARGEST_D_INNER + 1 - SMALLEST_D_INNER) // _DIGIT


class DecoderTransformer(SearchSpace):
    """Decoder language models as (n, 53) int8: backbone, n_layer, d_model, d_embed, div_val, then layers.

    Each of the 16 layers has three decisions: the high and the low digit of d_inner, and n_head; those of
    layers beyond n_layer are 0. The backbone is a decision, since GPT-2's learned positions and
    Transformer-XL's relative ones with memory make different networks of different size. Adaptive
    embeddings have d_embed columns (-1: as many as d_model), divided by div_val from one frequency band of
    words to the next. The space is too large to number.
    """

    name = "decoder_transformer"
    constrained = True
    num_choices: NDArray[np.int64] = np.array(
        [len(BACKBONES), MOST_LAYERS - FEWEST_LAYERS + 1, len(D_MODELS), len(D_EMBEDS), len(DIV_VALS)]
        + [_HIGHS, _DIGIT, len(N_HEADS)] * MOST_LAYERS,
        dtype=np.int64,
    )

    @property
    def num_architectures(self) -> int:
        """The number of architectures in the space."""
        whole = len(BACKBONES) * len(D_MODELS) * len(D_EMBEDS) * len(DIV_VALS)
        layer = _HIGHS * _DIGIT * len(N_HEADS)
        return whole * sum(int(layer**depth) for depth in range(FEWEST_LAYERS, MOST_LAYERS + 1))

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether the decisions of all layers beyond n_layer are 0."""
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
        """Return (n, d) with a d_embed that equals d_model written as -1: it is the same network."""
        canonical = architectures.copy()
        d_embed = np.array(D_EMBEDS)[architectures[:, 3]]
        canonical[d_embed == np.array(D_MODELS)[architectures[:, 2]], 3] = 0
        return canonical

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): all decisions but those of absent layers take part."""
        return _LAYERS.present(architectures)

    def to_configs(self, architectures: Architectures) -> list[dict[str, object]]:
        """Return n dicts with the keys of the benchmark's ``model_config.yaml``, and ``backbone``."""
        configs: list[dict[str, object]] = []
        for row in self.validate(architectures).tolist():
            n_layer = row[1] + FEWEST_LAYERS
            layers = np.array(row[5 : 5 + 3 * n_layer]).reshape(n_layer, 3)
            d_inner = SMALLEST_D_INNER + _DIGIT * layers[:, 0] + layers[:, 1]
            config = (BACKBONES[row[0]], n_layer, D_MODELS[row[2]], D_EMBEDS[row[3]], DIV_VALS[row[4]])
            per_layer = (d_inner.tolist(), [N_HEADS[choice] for choice in layers[:, 2]])
            configs.append(dict(zip(_KEYS, config + per_layer, strict=True)))
        return configs

    def from_configs(self, configs: Sequence[Mapping[str, object]]) -> Architectures:
        """Return the (n, d) architectures of dicts as ``to_configs`` gives them; other keys are ignored.

        ``d_inner`` and ``n_head`` may be one number for all layers.

        Raises:
            ArchitectureError: a key is missing, or a value is none of the choices.
        """
        rows = [_row(config) for config in configs]
        return np.array(rows, dtype=np.int8).reshape(-1, self.num_decisions)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n JSON texts of the keys of ``to_configs``, ``{"backbone": "GPT2", "n_layer": 2, ...}``."""
        return [json.dumps(config) for config in self.to_configs(architectures)]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, d) architectures that JSON texts as of ``to_strings`` describe.

        Raises:
            ArchitectureError: no JSON of an object, a key is missing, or a value is none of the choices.
        """
        if isinstance(strings, str):
            strings = [strings]
        return self.from_configs([_parsed(text) for text in strings])

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the chain of one architecture: the embedding, then an edge for each layer."""
        one = self.validate(architecture)
        if len(one) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(one)}")
        config = json.loads(self.to_strings(one)[0])
        attention = "attention" if config["backbone"] == "GPT2" else "relative_attention"
        operations = ["embedding-{d_model}-{d_embed}-div{div_val}".format(**config)]
        operations += [
            f"{attention}-{heads}-ffn-{inner}"
            for heads, inner in zip(config["n_head"], config["d_inner"], strict=True)
        ]
        edges = tuple((i, i + 1, operation) for i, operation in enumerate(operations))
        return Graph(len(operations) + 1, edges)


def _row(config: Mapping[str, object]) -> list[int]:
    """Return the 53 decisions of one config."""
    if missing := [key for key in _KEYS if key not in config]:
        raise ArchitectureError(f"expected a config with {', '.join(_KEYS)}; it lacks {', '.join(missing)}")
    depths = tuple(range(FEWEST_LAYERS, MOST_LAYERS + 1))
    choices = (BACKBONES, depths, D_MODELS, D_EMBEDS, DIV_VALS)
    row = [_choice(key, config[key], known) for key, known in zip(_KEYS, choices, strict=False)]
    n_layer = depths[row[1]]
    widths = range(SMALLEST_D_INNER, LARGEST_D_INNER + 1)
    for d_inner, n_head in zip(
        _each_layer("d_inner", config, n_layer), _each_layer("n_head", config, n_layer), strict=True
    ):
        row += [*divmod(_choice("d_inner", d_inner, widths), _DIGIT), _choice("n_head", n_head, N_HEADS)]
    return row + [0] * (3 * (MOST_LAYERS - n_layer))


def _choice(key: str, value: object, choices: Sequence[object]) -> int:
    """Return the number of a value among the choices."""
    if type(value) is type(choices[0]) and value in choices:
        return choices.index(value)
    known = f"{choices[0]} to {choices[-1]}" if isinstance(choices, range) else ", ".join(map(str, choices))
    raise ArchitectureError(f"expected {key} to be one of {known}, got {value!r}")


def _each_layer(key: str, config: Mapping[str, object], n_layer: int) -> Sequence[object]:
    """Return the n_layer values of a key that has one for each layer, or one for all."""
    values = config[key]
    if not isinstance(values, list):
        return [values] * n_layer
    if len(values) != n_layer:
        raise ArchitectureError(f"expected {key} of {n_layer} layers, got {len(values)}")
    return values


def _parsed(text: str) -> Mapping[str, object]:
    """Return the JSON object of a text."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArchitectureError(f"malformed decoder_transformer string {text[:100]!r}: {error}") from None
    if not isinstance(config, dict):
        raise ArchitectureError(
            f"malformed decoder_transformer string {text[:100]!r}; expected a JSON object with "
            f"{', '.join(_KEYS)}"
        )
    return config
