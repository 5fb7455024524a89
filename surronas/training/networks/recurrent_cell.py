"""Recurrent language models with the cells of NAS-Bench-NLP (Klyuchnikov et al. 2020, arXiv 2006.07116).

Sizes, tied weights and initial weights are those of fmsnew/nas-bench-nlp-release: with 400 channels, 3 layers
and WikiText-2's 33,278 words a cell has the ``num_params`` of its published log.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, leaky_relu, linear

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.recurrent_cell import RecurrentCell
from surronas.spaces.recurrent_layout import LINEAR, NODE, OPERATIONS, STATE, Cell, X
from surronas.training.job import Architecture
from surronas.training.networks.base import text_length
from surronas.training.networks.dropout import Dropout
from surronas.training.networks.text import TextHead, tells_next_token
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

_EMBEDDING_BOUND = 0.1  # of the uniform start, as in the benchmark


class RecurrentLayer(nn.Module):
    """A cell over all positions of a text, from zero states on.

    A linear node is a sum of products, one for each source, and a bias. The products of all nodes that read
    one source are one product; that of x is one for all positions.
    """

    def __init__(self, cell: Cell, features_in: int, features: int) -> None:
        super().__init__()
        self.cell, self.features = cell, features
        linears = [i for i, operation in enumerate(cell.operations) if operation == LINEAR]
        self.readers: dict[int, list[int]] = {}  # source -> the linear nodes that read it
        for node in linears:
            for source in cell.sources[node]:
                self.readers.setdefault(source, []).append(node)
        self.weights = nn.ParameterDict(
            {
                str(source): nn.Parameter(
                    torch.empty(len(nodes) * features, features_in if source == X else features)
                )
                for source, nodes in self.readers.items()
            }
        )
        self.bias = nn.ParameterDict({str(node): nn.Parameter(torch.empty(features)) for node in linears})

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, length, features), h_new_0 at each position, of (n, length, features in)."""
        biases = self._biases(x)
        of_x = self._products(X, x, biases) if X in self.readers else []
        each_position = zip(*(part.unbind(1) for part in of_x), strict=True) if of_x else None
        states = [x.new_zeros(x.shape[0], self.features)] * len(self.cell.outputs)
        outputs = []
        for _ in range(x.shape[1]):
            parts = next(each_position) if each_position else ()
            states = self._step(list(parts), states, biases)
            outputs.append(states[0])
        return torch.stack(outputs, 1)

    def _step(self, of_x: list[Tensor], states: list[Tensor], biases: dict[int, Tensor]) -> list[Tensor]:
        """Return the states after one position; ``of_x`` are the products of its x."""
        sums = dict(zip(self.readers.get(X, ()), of_x, strict=True))
        values = {STATE + place: state for place, state in enumerate(states)}
        for source, value in values.items():
            self._add_products(sums, source, value, biases)
        for node, operation in enumerate(self.cell.operations):
            read = [values[s] for s in self.cell.sources[node]] if operation != LINEAR else []
            value = sums[node] if operation == LINEAR else _computed(OPERATIONS[operation], read)
            values[NODE + node] = value
            self._add_products(sums, NODE + node, value, biases)
        return [values[NODE + node] for node in self.cell.outputs]

    def _add_products(
        self, sums: dict[int, Tensor], source: int, value: Tensor, biases: dict[int, Tensor]
    ) -> None:
        """Add what the linear nodes that read a source get from it."""
        if source in self.readers:
            for node, part in zip(self.readers[source], self._products(source, value, biases), strict=True):
                sums[node] = sums[node] + part if node in sums else part

    def _products(self, source: int, value: Tensor, biases: dict[int, Tensor]) -> list[Tensor]:
        """Return the (..., features) products of one source, for each linear node that reads it."""
        product = linear(value, self.weights[str(source)], biases[source])
        return list(torch.split(product, self.features, -1))

    def _biases(self, like: Tensor) -> dict[int, Tensor]:
        """Return what is added to each source's products: the bias of a node comes with its first source."""
        none = like.new_zeros(self.features)
        return {
            source: torch.cat(
                [self.bias[str(n)] if self.cell.sources[n][0] == source else none for n in nodes]
            )
            for source, nodes in self.readers.items()
        }


class RecurrentNetwork(nn.Module):
    """Embedding, layers of one cell each, and logits, with the embedding's weights for tokens.

    As in the benchmark the layers are 1.5 times as wide as the embedding, and the last one as wide as it.
    """

    def __init__(
        self, cell: Cell, signature: Signature, channels: int, num_layers: int, dropout: float
    ) -> None:
        super().__init__()
        widths = [channels, *[channels * 3 // 2] * (num_layers - 1), channels]
        self.token = nn.Parameter(torch.empty(signature.vocabulary, channels))
        self.layers = nn.ModuleList(RecurrentLayer(cell, before, after) for before, after in pairwise(widths))
        self.head = None if tells_next_token(signature) else TextHead(channels, signature)
        self.bias = nn.Parameter(torch.empty(signature.vocabulary)) if self.head is None else None
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (n, length, classes) logits, or (n, classes) for whole texts, of (n, length) tokens."""
        drop = self.dropout.drawn()
        x = drop.locked(embedding(tokens, self.token))
        for layer in self.layers:
            x = drop.locked(layer(x))
        logits: Tensor = linear(x, self.token, self.bias) if self.head is None else self.head(x, tokens)
        return logits

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights as the benchmark's are: uniform to .1, in cells to 1 / sqrt(features)."""
        nn.init.uniform_(self.token, -_EMBEDDING_BOUND, _EMBEDDING_BOUND, generator=generator)
        for layer in self.layers:
            draw_uniform(layer, cast(RecurrentLayer, layer).features ** -0.5, generator)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        if self.head is not None:
            draw_uniform(self.head, _EMBEDDING_BOUND, generator)
        self.dropout.initialise(generator)


def draw_uniform(module: nn.Module, bound: float, generator: torch.Generator) -> None:
    """Draw all weights and biases of a module uniformly from -bound to bound."""
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


def _computed(operation: str, read: list[Tensor]) -> Tensor:
    """Return what a node without weights makes of its sources."""
    if operation == "blend":
        gate, one, other = read
        return other + gate * (one - other)
    if operation == "elementwise_prod":
        return read[0] * read[1]
    if operation == "elementwise_sum":
        return read[0] + read[1]
    if operation == "activation_tanh":
        return read[0].tanh()
    return read[0].sigmoid() if operation == "activation_sigm" else leaky_relu(read[0])


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of a recurrent cell, of ``recipe.cells_per_stage`` layers.

    Raises:
        InputError: another space, or a task of images.
    """
    if not isinstance(space, RecurrentCell):
        raise InputError(f"expected the space recurrent_cell, got {space.name!r}")
    text_length(space, signature)
    cell = Cell.of(space.validate(architecture)[0])
    return RecurrentNetwork(cell, signature, recipe.channels, recipe.cells_per_stage, recipe.dropout)
