"""The networks of a population as one module: what each cell uses is computed, and nothing else."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.functional import relu

from surronas.training.networks.cell201 import Cell, CellNetwork, Reduction
from surronas.training.networks.operations import ConvBN, operation
from surronas.training.population.exchange import add_slots
from surronas.training.population.layers import (
    Convolution,
    StackedBatchNorm,
    StackedConvBN,
    StackedConvolution,
    StackedLinear,
    grouped,
)
from surronas.training.population.plan import POOL, Arrival, CellPlan, plan_of


class PopulationCell(nn.Module):
    """One cell of every candidate. Weights are each candidate's own; the plan is shared by all stages."""

    def __init__(self, cells: Sequence[Cell], plan: CellPlan, channels: int, way: Convolution) -> None:
        super().__init__()
        self.plan, self.channels, self.num_candidates = plan, channels, len(cells)
        self.operations = nn.ModuleList(
            nn.Identity()
            if group.operation == POOL
            else StackedConvBN(
                [cast(ConvBN, cells[e.candidate].operations[e.place]) for e in group.entries], way
            )
            for group in plan.groups
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the output nodes, (batch, n C, height, width); zeros where no path is live."""
        nodes, computed = {0: x}, dict[int, Tensor]()
        for node in range(1, self.plan.num_nodes):
            self._compute(node - 1, nodes, computed)
            if self.plan.arrivals.get(node):
                nodes[node] = self._node(node, nodes, computed)
        output = self.plan.num_nodes - 1
        return nodes[output] if output in nodes else torch.zeros_like(x)

    def _compute(self, source: int, nodes: dict[int, Tensor], computed: dict[int, Tensor]) -> None:
        """Compute all groups that start at a node."""
        activated: Tensor | None = None
        for number, group in enumerate(self.plan.groups):
            if group.source != source:
                continue
            given = nodes[source]
            if operation(group.operation).after_relu:
                activated = given = relu(given) if activated is None else activated
            taken = add_slots([given], [group.gather], group.num_slots, self.channels)
            if group.operation == POOL:
                computed[number] = functional.avg_pool2d(taken, 3, 1, 1, count_include_pad=False)
            else:
                computed[number] = self.operations[number](taken)

    def _node(self, node: int, nodes: dict[int, Tensor], computed: dict[int, Tensor]) -> Tensor:
        """Return the sum of what arrives at a node."""
        arrivals: tuple[Arrival, ...] = self.plan.arrivals[node]
        tensors = [nodes[a.source] if a.group is None else computed[a.group] for a in arrivals]
        dtype = torch.float32 if any(t.dtype == torch.float32 for t in tensors) else tensors[0].dtype
        routes = [a.route for a in arrivals]
        return add_slots([t.to(dtype) for t in tensors], routes, self.plan.num_slots[node], self.channels)


class PopulationReduction(nn.Module):
    """The reduction block of every candidate."""

    def __init__(self, blocks: Sequence[Reduction], way: Convolution) -> None:
        super().__init__()
        self.first = StackedConvBN([block.first for block in blocks], way)
        self.second = StackedConvBN([block.second for block in blocks], way)
        self.shortcut = StackedConvolution([cast(nn.Conv2d, block.shortcut[1]) for block in blocks], way)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, n 2C, ceil(height / 2), ceil(width / 2))."""
        halved = self.shortcut(functional.avg_pool2d(x, 2, ceil_mode=True))
        return cast(Tensor, halved + self.second(relu(self.first(relu(x)))))


class PopulationNetwork(nn.Module):
    """n cell networks; takes their weights over."""

    def __init__(
        self, networks: Sequence[CellNetwork], device: torch.device, way: Convolution = grouped
    ) -> None:
        super().__init__()
        columns = [list(network) for network in networks]
        layers = [list(column) for column in zip(*columns, strict=True)]  # the same layer of all networks
        self.num_candidates = len(networks)
        self.stem = StackedConvolution(cast(list[nn.Conv2d], layers[0]), way)
        self.stem_norm = StackedBatchNorm(cast(list[nn.BatchNorm2d], layers[1]))
        body: list[nn.Module] = []
        plan: CellPlan | None = None
        channels = self.stem.weight.shape[1]
        for column in layers[2:-4]:
            if isinstance(column[0], Cell):
                plan = plan or plan_of(cast(list[Cell], column), device)
                body.append(PopulationCell(cast(list[Cell], column), plan, channels, way))
            else:
                body.append(PopulationReduction(cast(list[Reduction], column), way))
                channels *= 2
        self.body = nn.Sequential(*body)
        self.norm = StackedBatchNorm(cast(list[nn.BatchNorm2d], layers[-4]))
        self.head = StackedLinear(cast(list[nn.Linear], layers[-1]))

    def forward(self, x: Tensor, shared: bool = False) -> Tensor:
        """Return (n, batch, classes) logits of images (batch, n c, height, width).

        With ``shared`` all networks see the same images (batch, c, height, width).
        """
        stem = self.stem.shared(x) if shared else self.stem(x)
        features = relu(self.norm(self.body(self.stem_norm(stem))))
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits
