"""Peak memory of a forward pass and of a training step, in bytes.

On a GPU torch's allocator keeps the peak. On a CPU nobody does, so a dispatch mode watches every operation:
the bytes of a tensor's storage count from when an operation gives it until the last reference is gone. That
is exact and the same in every run; it leaves out what kernels and the allocator take besides.
"""

import weakref
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from surronas.training.networks.base import example
from surronas.training.optimizer import FlatWeights, clip, optimizer_of
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature


class LiveTensors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the storages of the tensors that are alive; ``peak`` is the most bytes at one time."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = self.peak = 0
        self._known: set[int] = set()

    def hold(self, tensors: Iterable[object]) -> None:
        """Count the storages of tensors that were there before, each once."""
        for tensor in tensors:
            if isinstance(tensor, Tensor):
                self._hold(tensor.untyped_storage())

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._known:
            return
        size = storage.nbytes()
        self._known.add(key)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._drop, key, size).atexit = False

    def _drop(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.live -= size

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run an operation, and count what it gives."""
        given = func(*args, **(kwargs or {}))
        self.hold(tree_leaves(given))
        return given


class _AllocatedOnGPU:
    """The peak of torch's allocator over a block, plus what was there and belongs to it."""

    def __init__(self, device: torch.device, own: Sequence[Tensor]) -> None:
        self._device, self._own = device, sum(_storages(own).values())
        self.peak = 0

    def __enter__(self) -> Self:
        torch.cuda.synchronize(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        self._others = torch.cuda.memory_allocated(self._device) - self._own
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.cuda.synchronize(self._device)
        self.peak = torch.cuda.max_memory_allocated(self._device) - self._others


def forward_peak(network: nn.Module, inputs: Tensor) -> int:
    """Return the bytes of weights, inputs and activations at the fullest moment of a forward pass."""
    with torch.no_grad():
        network(inputs)  # libraries keep scratch space from their first call on, which is no network's own
        with _peak_of(inputs.device, [*_held_by(network), inputs]) as watched:
            network(inputs)
    return watched.peak


def train_peak(network: nn.Module, signature: Signature, recipe: Recipe) -> int:
    """Return the bytes at the fullest moment of a training step of the recipe's batch.

    The step is taken for real, on inputs that are all zero: a dry run on torch's meta device would count
    copies that a CPU's kernels do without.
    """
    device = next(network.parameters()).device
    inputs = example(signature, recipe.batch_size, device=str(device))
    if inputs.ndim == 4:
        inputs = inputs.contiguous(memory_format=torch.channels_last)  # as the trainer has them
    shape = inputs.shape if signature.each_position else inputs.shape[:1]
    labels = torch.zeros(shape, dtype=torch.int64, device=device)
    network.train()
    weights = FlatWeights(list(network.parameters()))
    optimizer = optimizer_of(recipe, weights)
    own = [*_held_by(network), inputs, labels, weights.gradient, *optimizer.state.values()]
    with _peak_of(device, own) as watched:
        logits = network(inputs).flatten(0, -2)
        loss = cross_entropy(logits, labels.flatten(), label_smoothing=recipe.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        clip(weights, recipe)
        optimizer.step(recipe.learning_rate)
    return watched.peak


def _peak_of(device: torch.device, own: Sequence[Tensor]) -> "LiveTensors | _AllocatedOnGPU":
    """Return what watches the memory of a block, given the tensors that are there before it."""
    if device.type == "cuda":
        return _AllocatedOnGPU(device, own)
    watched = LiveTensors()
    watched.hold(own)
    return watched


def _held_by(network: nn.Module) -> list[Tensor]:
    """Return all weights and buffers."""
    return [*network.parameters(), *network.buffers()]


def _storages(tensors: Iterable[Tensor]) -> dict[int, int]:
    """Return the bytes of each storage."""
    return {s._cdata: s.nbytes() for s in (tensor.untyped_storage() for tensor in tensors)}
