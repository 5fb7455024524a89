"""Words by frequency: the frequent ones get long embeddings, the rare ones short ones, tied to the output.

Baevski and Auli 2019 (adaptive inputs) and Grave et al. 2017 (adaptive softmax), as LiteTransformerSearch has
them (microsoft/archai, after NVIDIA's Transformer-XL). A token's number is its rank by frequency.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from surronas.training.networks.transformer_layers import STD

CUTOFFS = (19_997, 39_997, 199_997)  # where a band of words ends: the benchmark's, for WikiText-103
SHARED = (False, True, True, True)  # bands whose output projection is the input's: the same
PROJECTION_STD = 0.01


class AdaptiveVocabulary(nn.Module):
    """The embeddings of all words, and the adaptive softmax over them; both have the same word vectors.

    Band i of words has d_embed / div_val**i columns, projected to d_model. Without ``output`` it has
    embeddings alone. A vocabulary that ends within the first band is one band, with a plain softmax.
    """

    def __init__(
        self,
        vocabulary: int,
        d_embed: int,
        d_model: int,
        div_val: int,
        *,
        output: bool,
        cutoffs: tuple[int, ...] = CUTOFFS,
        shared: tuple[bool, ...] = SHARED,
    ) -> None:
        super().__init__()
        self.ends = (*_before(vocabulary, cutoffs), vocabulary)
        self.starts = (0, *self.ends[:-1])
        self.in_one = div_val == 1
        self.scale = math.sqrt(d_model)
        num_bands = len(self.ends)
        widths = [d_embed // div_val**band for band in range(num_bands)]
        projected = not self.in_one or d_embed != d_model
        self.shared = shared[:num_bands] if projected else (True,) * num_bands
        sizes: list[tuple[int, int]]
        sizes = [(vocabulary, d_embed)] if self.in_one else list(zip(self._lengths(), widths, strict=True))
        self.words = _parameters(sizes)
        self.projections = _parameters([(d_model, width) for _, width in sizes] if projected else [])
        if output:
            own = [width for width, share in zip(widths, self.shared, strict=True) if not share]
            self.output_projections = _parameters([(d_model, width) for width in own])
            self.bias = nn.Parameter(torch.empty(vocabulary))
            self.band_words = _parameters([(num_bands - 1, d_embed)] if num_bands > 1 else [])
            self.band_bias = _parameters([(num_bands - 1,)] if num_bands > 1 else [])

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the (n, length, d_model) embeddings of (n, length) tokens."""
        if self.in_one:
            return self._projected(embedding(tokens, self.words[0]), 0) * self.scale
        bands = []
        for band, (start, end) in enumerate(zip(self.starts, self.ends, strict=True)):
            place = (tokens - start).clamp(0, end - start - 1)
            inside = ((tokens >= start) & (tokens < end))[:, :, None]
            bands.append(self._projected(embedding(place, self.words[band]), band) * inside)
        return torch.stack(bands).sum(0) * self.scale

    def logits(self, features: Tensor) -> Tensor:
        """Return (n, length, vocabulary): log-probabilities where there are several bands."""
        if len(self.ends) == 1:
            plain: Tensor = linear(self._narrowed(features, 0), self.words[0], self.bias)
            return plain
        words = torch.cat([self._output_words(0), self.band_words[0]])
        bias = torch.cat([self.bias[: self.ends[0]], self.band_bias[0]])
        first = linear(self._narrowed(features, 0), words, bias).log_softmax(-1)
        parts = [first[..., : self.ends[0]]]
        for band in range(1, len(self.ends)):
            bias = self.bias[self.starts[band] : self.ends[band]]
            within = linear(self._narrowed(features, band), self._output_words(band), bias)
            of_band = first[..., self.ends[0] + band - 1 : self.ends[0] + band]
            parts.append(of_band + within.log_softmax(-1))
        return torch.cat(parts, -1)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw word vectors normal with deviation .02, projections with .01; biases are 0."""
        for name, parameter in self.named_parameters():
            if "bias" in name:
                nn.init.zeros_(parameter)
            else:
                std = PROJECTION_STD if "projections" in name else STD
                nn.init.normal_(parameter, std=std, generator=generator)

    def _lengths(self) -> list[int]:
        return [end - start for start, end in zip(self.starts, self.ends, strict=True)]

    def _projected(self, words: Tensor, band: int) -> Tensor:
        """Return (..., d_model) of word vectors of a band."""
        if not len(self.projections):
            return words
        projected: Tensor = linear(words, self.projections[band])
        return projected

    def _output_words(self, band: int) -> Tensor:
        """Return the (words, width) vectors of a band."""
        words: Tensor = self.words[0 if self.in_one else band]
        return words[self.starts[band] : self.ends[band]] if self.in_one else words

    def _narrowed(self, features: Tensor, band: int) -> Tensor:
        """Return features (n, length, width of the band's words)."""
        if self.shared[band] and not len(self.projections):
            return features
        own: Tensor = (
            self.projections[0 if self.in_one else band]
            if self.shared[band]
            else self.output_projections[self.shared[:band].count(False)]
        )
        return features @ own


def _before(vocabulary: int, cutoffs: tuple[int, ...]) -> tuple[int, ...]:
    """Return the cutoffs up to the first that lies behind the vocabulary."""
    behind = [place for place, cutoff in enumerate(cutoffs) if cutoff >= vocabulary]
    return cutoffs[: behind[0]] if behind else cutoffs


def _parameters(shapes: Sequence[tuple[int, ...]]) -> nn.ParameterList:
    return nn.ParameterList([nn.Parameter(torch.empty(shape)) for shape in shapes])
