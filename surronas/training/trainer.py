"""One deterministic trainer: the same architecture, seed, recipe and device give the same curves."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.training.checkpoint import SECONDS_BETWEEN, Checkpoints
from surronas.training.counting import count_flops, count_params
from surronas.training.data import DeviceData, EpochOrder, epoch_order, num_steps
from surronas.training.device import deterministic, hardware_name, limited_threads, resolve_device
from surronas.training.job import Job
from surronas.training.networks import Build, build_for, initialise
from surronas.training.optimizer import FlatWeights, clip, optimizer_of
from surronas.training.recipe import Recipe
from surronas.training.result import TrainingResult, empty_curves
from surronas.training.state import Training
from surronas.training.tasks.base import SPLITS, Task

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
_EVALUATED_AT_ONCE = 4096  # inputs, on a GPU
OnEpoch = Callable[[Job, int, dict[str, float]], None]  # told after each epoch: from 0 on, values of CURVES


def check_batch_size(task: Task, recipe: Recipe) -> None:
    """Check that an epoch has a whole batch.

    Raises:
        InputError: the batch is larger than the train split.
    """
    if recipe.batch_size > len(task.train.labels):
        raise InputError(
            f"recipe {recipe.name!r}: expected a batch of at most the {len(task.train.labels)} train "
            f"inputs of task {task.name!r}, got {recipe.batch_size}"
        )


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory is short, on a GPU or in this machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _OUT_OF_MEMORY)


class Trainer:
    """Trains the networks of one search space for one task on one device; the data set lives on the device.

    Train loss and accuracy are running means over an epoch's batches (as in NAS-Bench-201);
    validation and test are measured after each epoch. On a GPU the forward pass runs in bfloat16
    when ``mixed_precision`` is on. On a CPU ``num_threads`` is set for the length of a training and
    then put back: the order of sums, so the last digits, depend on it. With ``checkpoints``, a folder,
    a training that was cut short goes on where it was, and gives the same curves; it is written down every
    ``checkpoint_seconds``.

    Raises:
        DeviceError: the device is not there.
        InputError: no networks of this space can be built, and no ``build`` is given; a folder of checkpoints
            that can't be made.
        MissingPackageError: ``checkpoints`` without safetensors.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_threads: int = 1,
        build: Build | None = None,
        checkpoints: Path | None = None,
        checkpoint_seconds: float = SECONDS_BETWEEN,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        self.space, self.task, self.num_threads = space, task, num_threads
        self.device = resolve_device(device)
        self.hardware = hardware_name(self.device)
        self.mixed_precision = mixed_precision and self.device.type == "cuda"
        self.on_epoch = on_epoch
        self.data = DeviceData(task, self.device)
        self._build = build or build_for(space)
        self._checkpoints: Checkpoints | None = None
        if checkpoints is not None:
            self._checkpoints = Checkpoints(
                checkpoints, space.name, task.name, seconds_between=checkpoint_seconds
            )
        self._counts: dict[tuple[tuple[int, ...], Recipe], tuple[int, int]] = {}

    def train(self, job: Job) -> TrainingResult:
        """Return what training one network gave; a run that fails returns with its status."""
        check_batch_size(self.task, job.recipe)
        try:
            with limited_threads(self.num_threads), deterministic():
                return self._train(job)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return TrainingResult("out_of_memory", self.hardware, message=str(error))

    def network(self, job: Job) -> nn.Module:
        """Return a job's network on torch's meta device: shapes, no memory, no weights."""
        with torch.device("meta"):
            return self._build(self.space, job.architecture, self.task.signature, job.recipe)

    def initial_network(self, job: Job, generator: torch.Generator) -> nn.Module:
        """Return a job's network on the CPU, its weights drawn from ``generator``."""
        network = self.network(job).to_empty(device="cpu")
        initialise(network, generator, job.recipe.initialisation)
        return network

    def counts(self, job: Job) -> tuple[int, int]:
        """Return the trainable parameters and the FLOPs of one input of a job's network."""
        key = (job.architecture, job.recipe)
        if key not in self._counts:
            network = self.network(job)
            self._counts[key] = count_params(network), count_flops(network, self.task.signature)
        return self._counts[key]

    def _train(self, job: Job) -> TrainingResult:
        params, flops = self.counts(job)
        training = self.begin(job)
        status = "ok"
        for epoch in range(training.epoch, job.recipe.epochs):
            start = time.perf_counter()
            measured = {"train": self._train_epoch(training, epoch)}
            training.train_seconds += time.perf_counter() - start
            measured.update({split: self._evaluate(training, split) for split in SPLITS[1:]})
            if not all(math.isfinite(loss) for loss, _ in measured.values()):
                status = "diverged"
                break
            self._note(training, epoch, measured)
        if self._checkpoints:
            self._checkpoints.remove(job)
        return TrainingResult(status, self.hardware, training.curves, training.train_seconds, params, flops)

    def begin(self, job: Job) -> Training:
        """Return a training at its start, or where its checkpoint was written."""
        generator = torch.Generator().manual_seed(job.seed)
        network = self.initial_network(job, generator)
        network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        weights = FlatWeights(list(network.parameters()))
        optimizer = optimizer_of(job.recipe, weights)
        curves = empty_curves(job.recipe.epochs)
        training = Training(job, network, weights, optimizer, generator, curves)
        if self._checkpoints:
            self._checkpoints.restore(training)
        return training

    def _note(self, training: Training, epoch: int, measured: dict[str, tuple[float, float]]) -> None:
        """Write an epoch down: in the curves, in a checkpoint if it is time, to who wants to be told."""
        values = {
            f"{split}_{name}": value
            for split, pair in measured.items()
            for name, value in zip(("loss", "accuracy"), pair, strict=True)
        }
        for name, value in values.items():
            training.curves[name][epoch] = value
        training.epoch = epoch + 1
        if self._checkpoints and training.epoch < training.job.recipe.epochs:
            self._checkpoints.save(training)
        if self.on_epoch:
            self.on_epoch(training.job, epoch, values)

    def _train_epoch(self, training: Training, epoch: int) -> tuple[float, float]:
        """Return the running mean loss and accuracy of one pass over the train split."""
        recipe, number = training.job.recipe, self.data.num_train
        size, steps = recipe.batch_size, num_steps(number, recipe)
        order = epoch_order(number, recipe, training.generator).to(self.device)
        total_loss = torch.zeros((), device=self.device)
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        training.network.train()
        for step in range(steps):
            progress = (epoch * steps + step) / (recipe.epochs * steps)
            chosen = order.part(step * size, (step + 1) * size)
            loss, right = self.step(training, chosen, recipe.learning_rate_at(progress))
            total_loss += loss if recipe.last_batch == "drop" else loss * len(chosen.order)
            correct += right
        seen = min(steps * size, number)
        share = float(correct) / (seen * self.data.labels["train"][0].numel())
        return float(total_loss) / (steps if recipe.last_batch == "drop" else seen), share

    def step(self, training: Training, chosen: EpochOrder, learning_rate: float) -> tuple[Tensor, Tensor]:
        """Return the loss and the number of right answers of one batch, before the step that it makes."""
        recipe = training.job.recipe
        inputs, labels = self.data.train_batch(chosen)
        logits = self._forward(training.network, inputs).flatten(0, -2)
        targets = labels.flatten()
        loss = cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        clip(training.weights, recipe)
        training.optimizer.step(learning_rate)
        return loss.detach(), (logits.detach().argmax(1) == targets).sum()

    @torch.inference_mode()
    def _evaluate(self, training: Training, split: str) -> tuple[float, float]:
        """Return the mean loss and the accuracy on a whole split."""
        training.network.eval()
        on_cpu = self.device.type == "cpu"
        size = (
            training.job.recipe.batch_size if on_cpu else _EVALUATED_AT_ONCE
        )  # a CPU's batch fits its cache
        parts = [
            self._forward(training.network, self.data.ready(batch))
            for batch in self.data.batches(split, size)
        ]
        logits, labels = torch.cat(parts).flatten(0, -2), self.data.labels[split].flatten()
        return float(cross_entropy(logits, labels)), float((logits.argmax(1) == labels).float().mean())

    def _forward(self, network: nn.Module, inputs: Tensor) -> Tensor:
        """Return float32 logits: (batch, classes), or (batch, length, classes)."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.mixed_precision):
            logits: Tensor = network(inputs)
        return logits.float()
