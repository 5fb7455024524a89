"""A pack: some networks of a population in training together."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from surronas.training.data import EpochOrder, epoch_order, num_steps
from surronas.training.job import Job
from surronas.training.networks.cell201 import CellNetwork
from surronas.training.optimizer import FlatWeights, optimizer_of
from surronas.training.population.graphed import Graphed
from surronas.training.population.layers import Convolution
from surronas.training.population.network import PopulationNetwork
from surronas.training.trainer import Trainer

_EVALUATED_AT_ONCE = 2**18  # images times networks on a GPU, so that an evaluation needs less than a step


class Pack:
    """Jobs of one recipe and the state of their training; each has its own order of train images."""

    def __init__(
        self, trainer: Trainer, jobs: Sequence[Job], way: Convolution, *, compiled: bool, graphed: bool
    ) -> None:
        self.jobs, self.recipe, self.device = tuple(jobs), jobs[0].recipe, trainer.device
        self._trainer, self._data = trainer, trainer.data
        self._generators = [torch.Generator().manual_seed(job.seed) for job in jobs]
        network = PopulationNetwork(
            [
                cast(CellNetwork, trainer.initial_network(job, generator))
                for job, generator in zip(jobs, self._generators, strict=True)
            ],
            self.device,
            way,
        ).to(self.device)
        self.network = network
        self._weights = FlatWeights(list(network.parameters()))
        self._optimizer = optimizer_of(self.recipe, self._weights)
        self._forward = torch.compile(network) if compiled else network
        self._loss = torch.zeros(len(jobs), device=self.device)
        self._correct = torch.zeros(len(jobs), dtype=torch.int64, device=self.device)
        self._graphed = Graphed(self.step, self._state()) if graphed else None

    def _state(self) -> list[Tensor]:
        """Return all that a step changes."""
        buffers = [*self.network.buffers(), self._loss, self._correct]
        return [self._weights.values, self._weights.gradient, *self._optimizer.state.values(), *buffers]

    def train_epoch(self, epoch: int) -> tuple[Tensor, Tensor]:
        """Return (n,) running mean losses and (n,) accuracies of one pass over the train split."""
        recipe, number = self.recipe, self._data.num_train
        size, steps = recipe.batch_size, num_steps(number, recipe)
        order = _stacked([epoch_order(number, recipe, g) for g in self._generators]).to(self.device)
        self._loss.zero_()
        self._correct.zero_()
        self.network.train()
        for step in range(steps):
            progress = (epoch * steps + step) / (recipe.epochs * steps)
            chosen = _part(order, step * size, (step + 1) * size)
            rate = recipe.learning_rate_at(progress)
            if self._graphed and chosen.order.shape[1] == size:
                self._graphed(chosen, rate)
            else:
                self.step(chosen, rate)
        seen = min(steps * size, number)
        loss = self._loss / (steps if recipe.last_batch == "drop" else seen)
        return loss.cpu(), (self._correct / seen).cpu()

    def step(self, chosen: EpochOrder, learning_rate: float | Tensor) -> None:
        """Make one step of all networks; losses are independent, so their sum has each one's gradient."""
        recipe = self.recipe
        inputs, labels = self._batch(chosen)
        logits = self._logits(inputs)  # (n, batch, classes)
        losses = cross_entropy(
            logits.flatten(0, 1),
            labels.flatten(),
            reduction="none",
            label_smoothing=recipe.label_smoothing,
        )
        losses = losses.view(labels.shape).mean(1)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        self._optimizer.step(learning_rate)
        weight = 1 if recipe.last_batch == "drop" else labels.shape[1]
        self._loss.add_(losses.detach(), alpha=weight)
        self._correct.add_((logits.detach().argmax(2) == labels).sum(1))

    def _batch(self, chosen: EpochOrder) -> tuple[Tensor, Tensor]:
        """Return images (batch, n c, height, width), each network's own, and labels (n, batch)."""
        n, size = chosen.order.shape
        flat = EpochOrder(
            chosen.order.flatten(),
            None if chosen.shift is None else chosen.shift.flatten(0, 1),
            None if chosen.flip is None else chosen.flip.flatten(),
        )
        images, labels = self._data.train_batch(flat)
        batch = images.view(n, size, *images.shape[1:]).transpose(0, 1).flatten(1, 2)
        return self._ordered(batch), labels.view(n, size)

    def _ordered(self, images: Tensor) -> Tensor:
        """Return images in the memory order that this device's convolutions like."""
        last = self.device.type == "cuda"
        return images.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)

    def _logits(self, images: Tensor, shared: bool = False) -> Tensor:
        mixed = self._trainer.mixed_precision  # each weight is cast once a step, so a cache would only
        with torch.autocast(  # keep memory that a recorded step may not keep
            self.device.type, dtype=torch.bfloat16, enabled=mixed, cache_enabled=False
        ):
            logits: Tensor = self._forward(images, shared)
        return logits.float()

    @torch.inference_mode()
    def evaluate(self, split: str) -> tuple[Tensor, Tensor]:
        """Return (n,) mean losses and (n,) accuracies on a whole split."""
        self.network.eval()
        on_cpu = self.device.type == "cpu"
        size = self.recipe.batch_size if on_cpu else max(1, _EVALUATED_AT_ONCE // len(self.jobs))
        parts = [
            self._logits(self._ordered(self._data.ready(batch)), shared=True)
            for batch in self._data.batches(split, size)
        ]
        logits, labels = torch.cat(parts, dim=1), self._data.labels[split]
        targets = labels.expand(len(self.jobs), -1)
        losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        right = (logits.argmax(2) == targets).float().mean(1)
        return losses.view(targets.shape).mean(1).cpu(), right.cpu()


def _stacked(orders: Sequence[EpochOrder]) -> EpochOrder:
    """Return the orders of n networks as one: (n, images)."""
    shift = None if orders[0].shift is None else torch.stack([_there(o.shift) for o in orders])
    flip = None if orders[0].flip is None else torch.stack([_there(o.flip) for o in orders])
    return EpochOrder(torch.stack([o.order for o in orders]), shift, flip)


def _there(tensor: Tensor | None) -> Tensor:
    assert tensor is not None
    return tensor


def _part(order: EpochOrder, start: int, end: int) -> EpochOrder:
    """Return the images from ``start`` to before ``end`` of each network's order."""
    shift = None if order.shift is None else order.shift[:, start:end]
    flip = None if order.flip is None else order.flip[:, start:end]
    return EpochOrder(order.order[:, start:end], shift, flip)
