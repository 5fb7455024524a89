"""The network around a cell: stem, stages, reductions and head of NAS-Bench-201 (Figure 1 of the paper)."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from surronas.spaces import Graph
from surronas.training.operations import ConvBN, PointwiseConv, operation


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


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights from ``generator`` alone: He normal for convolutions, 1 and 0 for batch norms.

    The modules are made on torch's meta device, which draws nothing, so the global random state
    is neither read nor set.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5, generator=generator)
            nn.init.zeros_(module.bias)
