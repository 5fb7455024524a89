"""The layer of Transformer-XL (Dai et al. 2019), without its memory of the text before."""

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from surronas.training.networks.dropout import Drop
from surronas.training.networks.transformer_layers import STD, split_heads


class RelativeAttention(nn.Module):
    """Attention by what is where it looks, and by how far back that is (their Section 3.3)."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query_key_value = nn.Linear(d_model, 3 * d_model, bias=False)
        self.distance = nn.Linear(d_model, d_model, bias=False)
        self.output = nn.Linear(d_model, d_model, bias=False)
        self.content_bias = nn.Parameter(torch.empty(num_heads, 1, d_model // num_heads))  # u
        self.distance_bias = nn.Parameter(torch.empty(num_heads, 1, d_model // num_heads))  # v

    def forward(self, x: Tensor, distances: Tensor) -> Tensor:
        """Return (n, length, d_model); ``distances`` are (1, length, d_model), the farthest first."""
        query, key, value = (
            split_heads(part, self.num_heads) for part in self.query_key_value(x).chunk(3, -1)
        )
        far = split_heads(self.distance(distances), self.num_heads)
        by_content = (query + self.content_bias) @ key.transpose(-1, -2)
        by_distance = _shifted((query + self.distance_bias) @ far.transpose(-1, -2))
        length = x.shape[1]
        later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        scores = (by_content + by_distance) * query.shape[-1] ** -0.5
        seen = scores.masked_fill(later, float("-inf")).softmax(-1) @ value
        attended: Tensor = self.output(seen.transpose(1, 2).flatten(2))
        return attended

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the two biases; the linear layers are drawn with the network's."""
        nn.init.normal_(self.content_bias, std=STD, generator=generator)
        nn.init.normal_(self.distance_bias, std=STD, generator=generator)


class RelativeLayer(nn.Module):
    """Attention, then a feed-forward network, each added to what came in, with a layer norm behind."""

    def __init__(self, d_model: int, num_heads: int, d_inner: int) -> None:
        super().__init__()
        self.attention = RelativeAttention(d_model, num_heads)
        self.attention_norm = nn.LayerNorm(d_model)
        self.ffn_in = nn.Linear(d_model, d_inner)
        self.ffn_out = nn.Linear(d_inner, d_model)
        self.ffn_norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, distances: Tensor, drop: Drop) -> Tensor:
        """Return (n, length, d_model)."""
        x = self.attention_norm(x + drop(self.attention(x, distances)))
        inner = drop(relu(self.ffn_in(x)))
        normed: Tensor = self.ffn_norm(x + drop(self.ffn_out(inner)))
        return normed


def distance_embeddings(length: int, d_model: int, device: torch.device) -> Tensor:
    """Return (1, length, d_model) sinusoids of the distances length - 1 to 0 (Vaswani et al. 2017)."""
    frequency = 10_000.0 ** (torch.arange(d_model // 2, device=device) * (-2 / d_model))
    distance = length - 1 - torch.arange(length, device=device)
    angle = distance[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], -1)[None]


def _shifted(scores: Tensor) -> Tensor:
    """Return (n, heads, length, length): column j of row i moved to key i - distance (their Appendix B)."""
    padded = torch.cat([torch.zeros_like(scores[..., :1]), scores], -1)
    return padded.flatten(2)[:, :, scores.shape[-1] :].reshape(scores.shape)
