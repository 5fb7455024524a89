"""One deterministic trainer: the same graph, seed, recipe and device give the same curves."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from surronas.errors import InputError
from surronas.spaces import Graph
from surronas.training.device import hardware_name, resolve_device
from surronas.training.network import CellNetwork, initialise
from surronas.training.recipe import Recipe
from surronas.training.sgd import FlatSGD
from surronas.training.tasks.base import SPLITS, Task

CURVES = tuple(f"{split}_{quantity}" for split in SPLITS for quantity in ("loss", "accuracy"))
_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


@dataclass(frozen=True)
class TrainingResult:
    """What one training gave; a failed one keeps the epochs that it finished, NaN after them."""

    status: str  # one of surronas.store.STATUSES
    device: str  # the hardware's name
    curves: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # (epochs,) each, of CURVES
    train_seconds: float = math.nan  # wall time of the training steps, without evaluation
    params: int = -1  # trainable parameters; -1: never built
    flops: int = -1  # 2 per multiply-add, one image forward; -1: never built
    message: str = ""  # why a failed run failed


def check_batch_size(task: Task, recipe: Recipe) -> None:
    """Check that an epoch has a whole batch.

    Raises:
        InputError: the batch is larger than the train split.
    """
    if recipe.batch_size > len(task.train.labels):
        raise InputError(
            f"recipe {recipe.name!r}: expected a batch of at most the {len(task.train.labels)} train "
            f"images of task {task.name!r}, got {recipe.batch_size}"
        )


class Trainer:
    """Trains cell networks for one task by one recipe on one device; the data set lives on the device.

    Train loss and accuracy are running means over an epoch's batches (as in NAS-Bench-201);
    validation and test are measured after each epoch. On a GPU the forward pass runs in bfloat16
    when ``mixed_precision`` is on. On a CPU ``num_threads`` is set for the length of a training and
    then put back: the order of sums, so the last digits, depend on it.
    """

    def __init__(
        self,
        task: Task,
        recipe: Recipe,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_threads: int = 1,
    ) -> None:
        check_batch_size(task, recipe)
        self.task, self.recipe, self.num_threads = task, recipe, num_threads
        self.device = resolve_device(device)
        self.hardware = hardware_name(self.device)
        self.mixed_precision = mixed_precision and self.device.type == "cuda"
        self._data = {name: self._to_device(name) for name in SPLITS}
        self._flops: dict[Graph, int] = {}

    def _to_device(self, split: str) -> tuple[Tensor, Tensor]:
        """Return a split's images (n, channels, height, width) and labels (n,) on the device."""
        data = getattr(self.task, split)
        images = torch.from_numpy(data.images).to(self.device, memory_format=torch.channels_last)
        return images, torch.from_numpy(data.labels).to(self.device)

    def train(self, graph: Graph, seed: int) -> TrainingResult:
        """Return what training one network gave; a run that fails returns with its status."""
        try:
            with _threads(self.num_threads), torch.backends.cudnn.flags(enabled=True, deterministic=True):
                return self._train(graph, seed)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            known = isinstance(error, torch.OutOfMemoryError | MemoryError)
            if not known and not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
                raise
            return TrainingResult("out_of_memory", self.hardware, message=str(error))

    def build(self, graph: Graph) -> nn.Module:
        """Return the network of a graph on torch's meta device: shapes, no memory, no weights."""
        with torch.device("meta"):
            return CellNetwork(
                graph,
                image_channels=self.task.train.images.shape[1],
                num_classes=self.task.num_classes,
                channels=self.recipe.channels,
                num_stages=self.recipe.num_stages,
                cells_per_stage=self.recipe.cells_per_stage,
            )

    def _train(self, graph: Graph, seed: int) -> TrainingResult:
        recipe, generator = self.recipe, torch.Generator().manual_seed(seed)
        network = self.build(graph)
        params = sum(p.numel() for p in network.parameters())
        if graph not in self._flops:
            self._flops[graph] = _count_flops(network, self.task.train.images.shape[1:])
        network = network.to_empty(device="cpu")
        initialise(network, generator)
        network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = FlatSGD(network, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        curves = {name: np.full(recipe.epochs, np.nan, dtype=np.float32) for name in CURVES}
        status, train_seconds = "ok", 0.0
        for epoch in range(recipe.epochs):
            start = time.perf_counter()
            measured = {"train": self._train_epoch(network, optimizer, epoch, generator)}
            train_seconds += time.perf_counter() - start
            measured.update({split: self._evaluate(network, split) for split in ("valid", "test")})
            if not all(math.isfinite(loss) for loss, _ in measured.values()):
                status = "diverged"
                break
            for split, (loss, accuracy) in measured.items():
                curves[f"{split}_loss"][epoch], curves[f"{split}_accuracy"][epoch] = loss, accuracy
        return TrainingResult(status, self.hardware, curves, train_seconds, params, self._flops[graph])

    def _train_epoch(
        self, network: nn.Module, optimizer: FlatSGD, epoch: int, generator: torch.Generator
    ) -> tuple[float, float]:
        """Return the running mean loss and accuracy of one pass over the train split."""
        images, labels = self._data["train"]
        size, steps = self.recipe.batch_size, len(labels) // self.recipe.batch_size
        order = torch.randperm(len(labels), generator=generator).to(self.device)
        total_loss = torch.zeros((), device=self.device)
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        network.train()
        for step in range(steps):
            progress = (epoch * steps + step) / (self.recipe.epochs * steps)
            batch = order[step * size : (step + 1) * size]
            targets = labels[batch]
            logits = self._forward(network, images[batch])
            loss = cross_entropy(logits, targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step(self.recipe.learning_rate * (1 + math.cos(math.pi * progress)) / 2)
            total_loss += loss.detach()
            correct += (logits.detach().argmax(1) == targets).sum()
        return float(total_loss) / steps, float(correct) / (steps * size)

    @torch.inference_mode()
    def _evaluate(self, network: nn.Module, split: str) -> tuple[float, float]:
        """Return the mean loss and the accuracy on a whole split."""
        images, labels = self._data[split]
        network.eval()
        size = (
            self.recipe.batch_size if self.device.type == "cpu" else len(labels)
        )  # a batch fits the L2 cache
        logits = torch.cat([self._forward(network, batch) for batch in torch.split(images, size)])
        return float(cross_entropy(logits, labels)), float((logits.argmax(1) == labels).float().mean())

    def _forward(self, network: nn.Module, images: Tensor) -> Tensor:
        """Return (batch, num_classes) float32 logits."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.mixed_precision):
            logits: Tensor = network(images)
        return logits.float()


def _count_flops(network: nn.Module, image_shape: tuple[int, ...]) -> int:
    """Return the FLOPs of one image forward, counted by torch on the meta device without computing."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.empty(1, *image_shape, device="meta"))
    return int(counter.get_total_flops())


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Run the block with so many torch threads, then put the user's number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
