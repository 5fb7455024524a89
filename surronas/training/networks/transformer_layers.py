"""The layer of GPT-2 (Radford et al. 2019), with heads and feed-forward width of its own, and its weights."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from surronas.training.networks.dropout import Drop

STD = 0.02  # of all weights at the start (Radford et al. 2018)


class ResidualLinear(nn.Linear):
    """A linear layer whose output is added to the residual stream by one of ``num_added`` branches.

    Its weights start smaller by the root of that number, so that the stream's variance does not grow with
    the depth (Radford et al. 2019, Section 2.3).
    """

    def __init__(self, features_in: int, features_out: int, num_added: int) -> None:
        super().__init__(features_in, features_out)
        self.std = STD * num_added**-0.5


class CausalAttention(nn.Module):
    """Self-attention of several heads, in which a position sees itself and those before it."""

    def __init__(self, d_model: int, num_heads: int, num_added: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.output = ResidualLinear(d_model, d_model, num_added)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, length, d_model)."""
        query, key, value = (
            split_heads(part, self.num_heads) for part in self.query_key_value(x).chunk(3, -1)
        )
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        attended: Tensor = self.output(seen.transpose(1, 2).flatten(2))
        return attended


class GPT2Layer(nn.Module):
    """Attention, then a feed-forward network, each behind a layer norm and added to what came in."""

    def __init__(self, d_model: int, num_heads: int, d_inner: int, num_layers: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model)
        self.attention = CausalAttention(d_model, num_heads, 2 * num_layers)
        self.ffn_norm = nn.LayerNorm(d_model)
        self.ffn_in = nn.Linear(d_model, d_inner)
        self.ffn_out = ResidualLinear(d_inner, d_model, 2 * num_layers)

    def forward(self, x: Tensor, drop: Drop) -> Tensor:
        """Return (n, length, d_model)."""
        x = x + drop(self.attention(self.attention_norm(x)))
        inner = gelu(self.ffn_in(self.ffn_norm(x)), approximate="tanh")
        return x + drop(self.ffn_out(inner))


def split_heads(x: Tensor, num_heads: int) -> Tensor:
    """Return (n, heads, length, d_model / heads) of (n, length, d_model)."""
    n, length, features = x.shape
    return x.reshape(n, length, num_heads, features // num_heads).transpose(1, 2)


def draw_modules(network: nn.Module, generator: torch.Generator) -> None:
    """Draw all linear layers and embeddings, normal with deviation .02; norms start at 1, biases at 0.

    Parts with an ``initialise`` of their own, the network apart, draw what else they have.
    """
    for module in network.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=getattr(module, "std", STD), generator=generator)
        own = getattr(module, "initialise", None)
        if callable(own) and module is not network:
            own(generator)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
