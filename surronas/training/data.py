"""A task's data on the device, and the order and augmentation of train inputs, drawn on the CPU by seed."""

from dataclasses import dataclass

import torch
from torch import Tensor

from surronas.training.recipe import Recipe
from surronas.training.tasks.base import SPLITS, Task

CROP_PADDING = 4  # pixels of black on each side, of which a crop of the image's own size is taken


@dataclass(frozen=True)
class EpochOrder:
    """Which train inputs an epoch takes, one after the other, and how each is augmented."""

    order: Tensor  # (n,) int64
    shift: Tensor | None = None  # (n, 2) int64: first row and column of the crop
    flip: Tensor | None = None  # (n,) bool

    def to(self, device: torch.device) -> "EpochOrder":
        """Return the same on the device."""
        shift = None if self.shift is None else self.shift.to(device)
        flip = None if self.flip is None else self.flip.to(device)
        return EpochOrder(self.order.to(device), shift, flip)

    def part(self, start: int, end: int) -> "EpochOrder":
        """Return the inputs from ``start`` to before ``end``."""
        shift = None if self.shift is None else self.shift[start:end]
        flip = None if self.flip is None else self.flip[start:end]
        return EpochOrder(self.order[start:end], shift, flip)


def epoch_order(num_train: int, recipe: Recipe, generator: torch.Generator) -> EpochOrder:
    """Return the next epoch's order, drawn from ``generator`` on the CPU: the same on every device."""
    order = torch.randperm(num_train, generator=generator)
    if recipe.augmentation == "none":
        return EpochOrder(order)
    shift = torch.randint(0, 2 * CROP_PADDING + 1, (num_train, 2), generator=generator)
    return EpochOrder(order, shift, torch.randint(0, 2, (num_train,), generator=generator).bool())


def num_steps(num_train: int, recipe: Recipe) -> int:
    """Return the number of batches of an epoch."""
    whole, rest = divmod(num_train, recipe.batch_size)
    return whole + (1 if rest and recipe.last_batch == "keep" else 0)


class DeviceData:
    """All splits of a task on one device; uint8 images are standardised batch by batch."""

    def __init__(self, task: Task, device: torch.device) -> None:
        self.device = device
        self.inputs: dict[str, Tensor] = {}
        self.labels: dict[str, Tensor] = {}
        for name in SPLITS:
            split = getattr(task, name)
            inputs = torch.from_numpy(split.inputs)
            images = inputs.ndim == 4
            order = torch.channels_last if images else torch.contiguous_format
            self.inputs[name] = inputs.to(device, memory_format=order)
            self.labels[name] = torch.from_numpy(split.labels).to(device)
        shape = (1, len(task.mean), 1, 1)
        self._mean = torch.tensor(task.mean, device=device).reshape(shape) * 255
        self._scale = 1 / (torch.tensor(task.std, device=device).reshape(shape) * 255)
        self._padded: Tensor | None = None

    @property
    def num_train(self) -> int:
        """The number of train inputs."""
        return len(self.labels["train"])

    def train_batch(self, chosen: EpochOrder) -> tuple[Tensor, Tensor]:
        """Return the augmented inputs of a batch, ready for a network, and their labels."""
        labels = self.labels["train"][chosen.order]
        if chosen.shift is None:
            return self._standardised(self.inputs["train"][chosen.order]), labels
        return self._standardised(self._cropped(chosen)), labels

    def batches(self, split: str, size: int) -> list[Tensor]:
        """Return a split's inputs in order, cut into batches, as they are stored."""
        return list(torch.split(self.inputs[split], size))

    def ready(self, inputs: Tensor) -> Tensor:
        """Return stored inputs as a network takes them."""
        return self._standardised(inputs)

    def _standardised(self, inputs: Tensor) -> Tensor:
        if inputs.dtype != torch.uint8:
            return inputs
        return (inputs.float() - self._mean) * self._scale

    def _cropped(self, chosen: EpochOrder) -> Tensor:
        """Return (batch, c, height, width) crops of the images within a border of zeros, flipped or not."""
        assert chosen.shift is not None
        assert chosen.flip is not None
        images = self.inputs["train"]
        if self._padded is None:
            self._padded = (
                torch.nn.functional.pad(images, [CROP_PADDING] * 4).permute(0, 2, 3, 1).contiguous()
            )
        height, width = images.shape[2:]
        rows = chosen.shift[:, :1] + torch.arange(height, device=self.device)  # (batch, height)
        columns = torch.arange(width, device=self.device).expand(len(rows), width)
        columns = torch.where(chosen.flip[:, None], width - 1 - columns, columns) + chosen.shift[:, 1:]
        crops = self._padded[chosen.order[:, None, None], rows[:, :, None], columns[:, None, :]]
        return crops.permute(0, 3, 1, 2)  # channels last in memory
