"""The stacked network against the single ones, in float64: outputs, gradients, statistics."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training.tiny import EMPTY, GOOD, TINY, tiny_task

from surronas.spaces import Cell201
from surronas.training import Job, Recipe, Trainer
from surronas.training.networks.cell201 import CellNetwork
from surronas.training.population.convolutions import WAYS
from surronas.training.population.network import PopulationNetwork

SPACE = Cell201()
CPU = torch.device("cpu")
DEEP = replace(TINY, channels=3, num_stages=3, cells_per_stage=2)
CELLS = [EMPTY, GOOD, *map(tuple, SPACE.canonical(SPACE.sample(10, np.random.default_rng(3))).tolist())]


def singles(cells: list[tuple[int, ...]], recipe: Recipe) -> list[CellNetwork]:
    trainer = Trainer(SPACE, tiny_task(), device="cpu")
    return [
        trainer.initial_network(Job(cell, i, recipe), torch.Generator().manual_seed(i)).double()
        for i, cell in enumerate(cells)
    ]


def outputs_and_gradients(cells: list[tuple[int, ...]], recipe: Recipe, way: str = "grouped"):
    """Logits, gradients of the sum of their squares, and batch norm statistics: stacked, and one by one."""
    networks = singles(cells, recipe)
    population = PopulationNetwork(networks, CPU, WAYS[way])
    x = torch.randn(len(cells), 5, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    together = population(x.transpose(0, 1).flatten(1, 2))
    alone = torch.stack([network(x[i]) for i, network in enumerate(networks)])
    together.square().sum().backward()
    alone.square().sum().backward()
    return networks, population, together, alone


def gradient_of(network: torch.nn.Module) -> torch.Tensor:
    """All gradients as one vector; what no path needs, in a cell without one, has the gradient zero."""
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in network.parameters()]
    return torch.cat([g.flatten() for g in gradients])


@pytest.mark.parametrize("operation", range(5))
def test_a_population_of_one_operation_equals_the_single_networks(operation: int) -> None:
    cells = [(operation,) * 6, (0, 0, 0, operation, 0, 0), (operation, 0, operation, 0, 0, operation)]
    _, _, together, alone = outputs_and_gradients(cells, TINY)
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("recipe", [TINY, DEEP], ids=["one stage", "three stages"])
def test_a_population_of_different_cells_equals_the_single_networks(way: str, recipe: Recipe) -> None:
    networks, population, together, alone = outputs_and_gradients(CELLS, recipe, way)
    torch.testing.assert_close(together, alone)
    ours, theirs = gradient_of(population), torch.cat([gradient_of(n) for n in networks])
    assert len(ours) == len(theirs)
    torch.testing.assert_close(ours.sort().values, theirs.sort().values, rtol=1e-6, atol=1e-9)
    ours, theirs = statistics_of(population), torch.cat([statistics_of(n) for n in networks])
    torch.testing.assert_close(ours.sort().values, theirs.sort().values)


def statistics_of(network: torch.nn.Module) -> torch.Tensor:
    """All running means and variances as one vector, without the counts of batches that nobody reads."""
    return torch.cat([b for _, b in network.named_buffers() if b.ndim])


def test_only_what_the_cells_use_is_there() -> None:
    networks = singles(CELLS, DEEP)
    population = PopulationNetwork(networks, CPU)
    assert sum(p.numel() for p in population.parameters()) == sum(
        p.numel() for network in networks for p in network.parameters()
    )


def test_shared_images_give_what_each_network_gives() -> None:
    networks = [network.eval() for network in singles(CELLS, TINY)]
    population = PopulationNetwork(networks, CPU).eval()
    x = torch.randn(4, 1, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(population(x, shared=True), torch.stack([n(x) for n in networks]))


def test_a_candidate_that_is_not_a_number_leaves_the_others_alone() -> None:
    networks = singles(CELLS[1:4], TINY)
    population = PopulationNetwork(networks, CPU)
    x = torch.randn(3, 5, 1, 8, 8, dtype=torch.float64)
    clean = population(x.transpose(0, 1).flatten(1, 2)).detach()
    x[1] = float("nan")
    logits = population(x.transpose(0, 1).flatten(1, 2))
    assert logits[1].isnan().all()
    torch.testing.assert_close(logits[[0, 2]].detach(), clean[[0, 2]])
    logits.sum().backward()
    finite = [
        bool(p.grad[[0, 2]].isfinite().all())
        for n, p in population.named_parameters()
        if n.startswith("head")
    ]
    assert all(finite)
