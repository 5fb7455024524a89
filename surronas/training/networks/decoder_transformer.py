"""The networks of LiteTransformerSearch (Javaheripi et al., NeurIPS 2022): GPT-2, and Transformer-XL.

Their parameters are counted as the published logs count them, words and all. Transformer-XL's memory of the
text before is left out: texts of a task come in random order, so there is no text before.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.decoder_transformer import DecoderTransformer
from surronas.training.job import Architecture
from surronas.training.networks.adaptive_vocabulary import CUTOFFS, SHARED, AdaptiveVocabulary
from surronas.training.networks.base import text_length
from surronas.training.networks.dropout import Drop, Dropout
from surronas.training.networks.relative_attention import RelativeLayer, distance_embeddings
from surronas.training.networks.text import TextHead, tells_next_token
from surronas.training.networks.transformer_layers import GPT2Layer, draw_modules
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature


class GPT2Body(nn.Module):
    """Embeddings of places, layers, a layer norm."""

    def __init__(self, d_model: int, heads: list[int], inner: list[int], length: int) -> None:
        super().__init__()
        self.place = nn.Embedding(length, d_model)
        self.layers = nn.ModuleList(
            GPT2Layer(d_model, h, i, len(heads)) for h, i in zip(heads, inner, strict=True)
        )
        self.norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, drop: Drop) -> Tensor:
        """Return (n, length, d_model)."""
        x = drop(x + self.place.weight[: x.shape[1]])
        for layer in self.layers:
            x = layer(x, drop)
        return cast(Tensor, self.norm(x))


class TransformerXLBody(nn.Module):
    """Layers that know how far apart two positions are, not where they are."""

    def __init__(self, d_model: int, heads: list[int], inner: list[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(RelativeLayer(d_model, h, i) for h, i in zip(heads, inner, strict=True))

    def forward(self, x: Tensor, drop: Drop) -> Tensor:
        """Return (n, length, d_model)."""
        distances = drop(distance_embeddings(x.shape[1], x.shape[2], x.device))
        x = drop(x)
        for layer in self.layers:
            x = layer(x, distances, drop)
        return drop(x)


class DecoderNetwork(nn.Module):
    """The network of one config, whose keys are those of ``DecoderTransformer.to_configs``.

    ``cutoffs`` and ``shared`` are the bands of words and whether their projections are shared between input
    and output; the benchmark has others for LM1B.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        signature: Signature,
        dropout: float = 0.0,
        *,
        cutoffs: tuple[int, ...] = CUTOFFS,
        shared: tuple[bool, ...] = SHARED,
    ) -> None:
        super().__init__()
        d_model, heads, inner = config["d_model"], config["n_head"], config["d_inner"]
        self.head = None if tells_next_token(signature) else TextHead(d_model, signature)
        self.vocabulary = AdaptiveVocabulary(
            signature.vocabulary,
            d_model if config["d_embed"] < 0 else config["d_embed"],
            d_model,
            config["div_val"],
            output=self.head is None,
            cutoffs=cutoffs,
            shared=shared,
        )
        of_gpt2 = config["backbone"] == "GPT2"
        length = signature.input_shape[0]
        self.body: nn.Module = (
            GPT2Body(d_model, heads, inner, length) if of_gpt2 else TransformerXLBody(d_model, heads, inner)
        )
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (n, length, classes) logits, or (n, classes) for whole texts, of (n, length) tokens."""
        features = self.body(self.vocabulary(tokens), self.dropout.drawn())
        if self.head is None:
            return self.vocabulary.logits(features)
        return cast(Tensor, self.head(features, tokens))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights as the benchmark's are."""
        draw_modules(self, generator)


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of a decoder transformer; channels and cells of the recipe say nothing here.

    Raises:
        InputError: another space, or a task of images.
    """
    if not isinstance(space, DecoderTransformer):
        raise InputError(f"expected the space decoder_transformer, got {space.name!r}")
    text_length(space, signature)
    (config,) = space.to_configs(space.validate(architecture))
    return DecoderNetwork(config, signature, recipe.dropout)
