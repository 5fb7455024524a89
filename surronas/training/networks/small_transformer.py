"""Small decoder transformers: GPT-2 (Radford et al. 2019) with heads and widths layer by layer."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.small_transformer import SmallTransformer
from surronas.training.job import Architecture
from surronas.training.networks.base import text_length
from surronas.training.networks.dropout import Dropout
from surronas.training.networks.text import TextHead, tells_next_token
from surronas.training.networks.transformer_layers import GPT2Layer, draw_modules
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature


class SmallTransformerNetwork(nn.Module):
    """Embeddings of tokens and places, layers, a layer norm, and logits: tied to the embedding for tokens."""

    def __init__(
        self, d_model: int, heads: list[int], inner: list[int], signature: Signature, dropout: float
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(signature.vocabulary, d_model)
        self.place = nn.Embedding(signature.input_shape[0], d_model)
        self.layers = nn.ModuleList(
            GPT2Layer(d_model, h, i, len(heads)) for h, i in zip(heads, inner, strict=True)
        )
        self.norm = nn.LayerNorm(d_model)
        self.head = None if tells_next_token(signature) else TextHead(d_model, signature)
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (n, length, classes) logits, or (n, classes) for whole texts, of (n, length) tokens."""
        drop = self.dropout.drawn()
        x = drop(self.token(tokens) + self.place.weight[: tokens.shape[1]])
        for layer in self.layers:
            x = layer(x, drop)
        x = self.norm(x)
        if self.head is None:
            return linear(x, self.token.weight)
        return cast(Tensor, self.head(x, tokens))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights as GPT-2's are."""
        draw_modules(self, generator)


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of a small decoder transformer; channels and cells of the recipe say nothing here.

    Raises:
        InputError: another space, or a task of images.
    """
    if not isinstance(space, SmallTransformer):
        raise InputError(f"expected the space small_transformer, got {space.name!r}")
    text_length(space, signature)
    return SmallTransformerNetwork(*space.sizes(architecture), signature, recipe.dropout)
