"""How many networks fit into memory together: estimated, then measured."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.training.job import Job
from surronas.training.tasks.base import Signature

MOST_ON_GPU, MOST_ON_CPU = 1024, 32
_SHARE = 0.8  # of free memory: allocators waste some
_FLOAT = 4  # bytes; with mixed precision about half of the features are 2 bytes wide
# Copies of a node's features that a live edge keeps until the backward pass: the slices that it takes, what
# its convolution gives, what its batch norm gives; a node keeps its sum and its ReLU.
_COPIES = {"skip_connect": 0, "nor_conv_1x1": 3, "nor_conv_3x3": 3, "avg_pool_3x3": 2}
_COPIES_OF_NODE = 2
_COPIES_AROUND = 4  # stem, its batch norm, the head's batch norm and ReLU


class Packing:
    """Cuts jobs into packs that fit, and learns from what a pack took or from its not fitting."""

    def __init__(
        self, space: SearchSpace, signature: Signature, device: torch.device, most: int | None = None
    ) -> None:
        if most is not None and most < 1:
            raise InputError(f"expected at least one network at once, got {most}")
        self.space, self.signature, self.device = space, signature, device
        self.most = most or (MOST_ON_GPU if device.type == "cuda" else MOST_ON_CPU)
        self._ratio = 1.0  # bytes measured for a byte estimated

    def packs(self, jobs: Sequence[Job]) -> Iterator[list[Job]]:
        """Yield packs of one recipe each, as large as memory allows when its turn comes."""
        by_recipe: dict[object, list[Job]] = {}
        for job in jobs:
            by_recipe.setdefault(job.recipe, []).append(job)
        for waiting in by_recipe.values():
            start = 0
            while start < len(waiting):
                end = start + self._how_many(waiting[start:])
                yield waiting[start:end]
                start = end

    def _how_many(self, waiting: Sequence[Job]) -> int:
        """Return how many of the jobs to come fit; at least one is tried."""
        room = free_memory(self.device) * _SHARE
        total, number = 0.0, 0
        for job in waiting[: self.most]:
            total += self._ratio * self.estimate(job)
            if total > room:
                break
            number += 1
        rounds = -(-min(len(waiting), 2 * self.most) // max(1, number))
        return max(1, min(number, -(-len(waiting) // rounds)))  # two equal packs, not a large and a tiny one

    def estimate(self, job: Job) -> int:
        """Return the bytes that a job's features and weights may take in training."""
        _, height, width = self.signature.input_shape
        recipe = job.recipe
        edges = self.space.graph(job.architecture).live_edges()
        nodes = {target for _, target, _ in edges}
        copies = sum(_COPIES[name] for _, _, name in edges) + _COPIES_OF_NODE * (1 + len(nodes))
        features, channels = 0, recipe.channels
        for stage in range(recipe.num_stages):
            of_one = channels * height * width
            features += of_one * (copies * recipe.cells_per_stage + (_COPIES_AROUND if stage == 0 else 8))
            channels, height, width = 2 * channels, -(-height // 2), -(-width // 2)
        return _FLOAT * features * recipe.batch_size

    def measured(self, jobs: Sequence[Job], peak: int) -> None:
        """Learn what a pack took at most, in bytes."""
        self._ratio = max(peak / sum(self.estimate(job) for job in jobs), 0.05)

    def too_large(self, jobs: Sequence[Job]) -> None:
        """Learn that a pack did not fit."""
        taken = sum(self.estimate(job) for job in jobs)
        self._ratio = max(2 * self._ratio, free_memory(self.device) * _SHARE / (taken / 2))


def free_memory(device: torch.device) -> int:
    """Return the bytes that can still be allocated on a device; 4 GB where the system does not tell."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        reusable = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + reusable)
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 4 * 2**30
