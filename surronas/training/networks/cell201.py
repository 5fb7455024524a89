"""The network around a cell: stem, stages, reductions and head of NAS-Bench-201 (Figure 1 of the paper)."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from surronas.spaces import Graph, SearchSpace
from surronas.training.job import Architecture
from surronas.training.networks.base import image_shape
from surronas.training.networks.operations import ConvBN, PointwiseConv, operation
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature


class Cell(nn.Module):
    """A cell of C channels: each node is the sum of its live incoming edges."""

    def __init__(self, graph: Graph, channels: int) -> None:
        super().__init__()
        self.edges = sorted(graph.live_edges(), key=lambda edge: (edge[1], edge[0]))
        self.output_node = graph.num_nodes - 1
        self.after_relu = [operation(name).after_relu for _, _, name in self.edges]
        self.operations = nn.ModuleList(operation(name).build(channels) for _, _, name in self.edges)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output node, (batch, C, height, width); zeros when no path is live."""
        nodes: dict[int, Tensor] = {0: x}
        activated: dict[int, Tensor] = {}  # the ReLU of a node, once for all its edges
        for (source, target, _), after_relu, module in zip(
            self.edges, self.after_relu, self.operations, strict=True
        ):
            if after_relu and source not in activated:
                activated[source] = relu(nodes[source])
            value = module(activated[source] if after_relu else nodes[source])
            nodes[target] = nodes[target] + value if target in nodes else value
        return nodes[self.output_node] if self.output_node in nodes else torch.zeros_like(x)


class Reduction(nn.Module):
    """A residual block that halves height and width and doubles the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvBN(channels, 2 * channels, 3, stride=2)
        self.second = ConvBN(2 * channels, 2 * channels, 3)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), PointwiseConv(channels, 2 * channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, 2C, ceil(height / 2), ceil(width / 2))."""
        return cast(Tensor, self.shortcut(x) + self.second(relu(self.first(relu(x)))))


class GlobalAveragePool(nn.Module):
    """The mean over height and width; unlike AdaptiveAvgPool2d its gradient is deterministic on GPUs."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, C)."""
        return x.mean((2, 3))


class CellNetwork(nn.Sequential):
    """Stem, then stages of cells with reductions between them, then batch norm, pooling and a linear head."""

    def __init__(
        self,
        graph: Graph,
        *,
        image_channels: int,
        num_classes: int,
        channels: int,
        num_stages: int,
        cells_per_stage: int,
    ) -> None:
        stem = [nn.Conv2d(image_channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
        body: list[nn.Module] = []
        for stage in range(num_stages):
            if stage > 0:
                body.append(Reduction(channels))
                channels *= 2
            body += [Cell(graph, channels) for _ in range(cells_per_stage)]
        head = [nn.BatchNorm2d(channels), nn.ReLU(), GlobalAveragePool()]
        super().__init__(*stem, *body, *head, nn.Linear(channels, num_classes))


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of a cell whose operations are on its edges."""
    return CellNetwork(
        space.graph(architecture),
        image_channels=image_shape(space, signature)[0],
        num_classes=signature.num_classes,
        channels=recipe.channels,
        num_stages=recipe.num_stages,
        cells_per_stage=recipe.cells_per_stage,
    )
