"""The networks of NAS-Bench-101 (Ying et al., ICML 2019), as google-research/nasbench builds them.

Source: ``model_builder.py`` and ``base_ops.py`` of that repository. Equal in structure, so in parameters.
Different: running means of batch norms move by .1 a step (.003 there, made for trainings of 20,000 steps; a
short training would be judged by statistics of its first steps), and weights are drawn, and decay, as the
recipe says (there: a truncated normal of half He's variance, and decay of all weights).
"""

from functools import reduce
from operator import add

import torch
from torch import Tensor, nn

from surronas.spaces import Graph, SearchSpace
from surronas.training.job import Architecture
from surronas.training.networks.base import image_shape
from surronas.training.networks.cell201 import GlobalAveragePool
from surronas.training.networks.operations import ConvBN
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

KERNELS = {"conv3x3-bn-relu": 3, "conv1x1-bn-relu": 1}  # the third operation is a max pooling


class ConvBNReLU(nn.Sequential):
    """A convolution without bias that keeps height and width, batch norm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int) -> None:
        super().__init__(ConvBN(channels_in, channels_out, kernel), nn.ReLU())


def vertex_channels(graph: Graph, channels: int) -> dict[int, int]:
    """Return the channels of each live inner vertex of a cell with ``channels`` at its output.

    The output's are divided among the vertices that lead to it, the rest one each to the first of them; any
    other vertex has as many as the widest that it leads to (``compute_vertex_channels``).
    """
    output = graph.num_nodes - 1
    edges = [(source, target) for source, target, _ in graph.live_edges() if source > 0]
    last = sorted(source for source, target in edges if target == output)
    found = {v: channels // len(last) + (i < channels % len(last)) for i, v in enumerate(last)}
    for vertex in sorted({source for source, _ in edges} - set(last), reverse=True):
        found[vertex] = max(found[target] for source, target in edges if source == vertex)
    return dict(sorted(found.items()))


class Cell(nn.Module):
    """A cell: inner vertices add their inputs, the output concatenates them.

    Whatever the cell's input feeds gets a projection of its own (1x1 convolution, batch norm, ReLU). The
    projections of one cell are one convolution here, cut in parts: the same numbers, in fewer steps. A
    vertex that is narrower than one of its inputs takes the first channels of it.
    """

    def __init__(self, graph: Graph, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.output, self.widths = graph.num_nodes - 1, vertex_channels(graph, channels_out)
        edges = [(source, target) for source, target, _ in graph.live_edges()]
        self.sources = {
            vertex: [source for source, target in edges if target == vertex and source > 0]
            for vertex in [*self.widths, self.output]
        }
        self.projected = sorted(target for source, target in edges if source == 0)
        self.parts = [self.widths.get(target, channels_out) for target in self.projected]
        self.projection = ConvBNReLU(channels_in, sum(self.parts), 1)
        self.operations = nn.ModuleList(
            _operation(graph.node_operations[vertex], width) for vertex, width in self.widths.items()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the output vertex, (batch, channels out, height, width)."""
        projections = self.projection(x).split(self.parts, dim=1)
        inputs = {target: [part] for target, part in zip(self.projected, projections, strict=True)}
        values: dict[int, Tensor] = {}
        for (vertex, width), operation in zip(self.widths.items(), self.operations, strict=True):
            cut = [
                values[source] if self.widths[source] == width else values[source][:, :width]
                for source in self.sources[vertex]
            ]
            values[vertex] = operation(reduce(add, cut + inputs.get(vertex, [])))
        joined = [values[source] for source in self.sources[self.output]]
        whole = [torch.cat(joined, dim=1) if len(joined) > 1 else joined[0]] if joined else []
        result: Tensor = reduce(add, whole + inputs.get(self.output, []))
        return result


class CellNetwork(nn.Sequential):
    """Stem, then stages of cells with max poolings between them, then average pooling and a linear head."""

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
        body: list[nn.Module] = [ConvBNReLU(image_channels, channels, 3)]
        for stage in range(num_stages):
            wider = channels * 2 if stage else channels
            if stage:
                body.append(nn.MaxPool2d(2, ceil_mode=True))
            body += [Cell(graph, wider if i else channels, wider) for i in range(cells_per_stage)]
            channels = wider
        super().__init__(*body, GlobalAveragePool(), nn.Linear(channels, num_classes))


def _operation(name: str, channels: int) -> nn.Module:
    if name in KERNELS:
        return ConvBNReLU(channels, channels, KERNELS[name])
    return nn.MaxPool2d(3, stride=1, padding=1)


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of a cell as it is written, with the recipe's channels, stages and cells.

    The benchmark has 128 channels, 3 stages, 3 cells a stage. Where channels don't divide evenly the order of
    the vertices decides which is wider, so that two ways to write a cell may differ by some parameters.
    """
    return CellNetwork(
        space.graph(architecture),
        image_channels=image_shape(space, signature)[0],
        num_classes=signature.num_classes,
        channels=recipe.channels,
        num_stages=recipe.num_stages,
        cells_per_stage=recipe.cells_per_stage,
    )
