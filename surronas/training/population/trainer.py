"""The population trainer: many cell networks as one torch program, equal to training them one by one."""

import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.training.device import deterministic, limited_threads
from surronas.training.job import Job
from surronas.training.networks import Build
from surronas.training.networks.cell201 import CellNetwork
from surronas.training.population.convolutions import fastest_way, ways
from surronas.training.population.layers import Convolution, grouped
from surronas.training.population.pack import Pack
from surronas.training.population.packing import Packing
from surronas.training.result import TrainingResult, empty_curves
from surronas.training.tasks.base import SPLITS, Task
from surronas.training.trainer import (
    OnEpoch,
    Trainer,
    check_batch_size,
    is_out_of_memory,
)


class PopulationTrainer:
    """Trains cell networks together: candidates are stacked, and edges with one operation computed as one.

    Every network has its own weights, statistics, seed, initialisation and order of images, those of
    ``Trainer``, and gives its curves up to the order of floating-point sums. Packs are as large as memory
    allows; one that does not fit is halved. Networks of other spaces, and recipes that clip gradients, are
    trained by ``Trainer`` one by one. ``train_seconds`` of a network is its share of its pack's.

    On a GPU a step is recorded as a CUDA graph (``graphed``), and the grouped convolution is computed in the
    way that a short measurement finds fastest and equal to torch's own (``way`` names one, for the same
    digits in every run); ``compiled`` hands the forward pass to torch.compile.

    Raises:
        DeviceError: the device is not there.
        InputError: an unknown way, or less than one network at once.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_threads: int = 1,
        most: int | None = None,
        way: str = "auto",
        compiled: bool = False,
        graphed: bool | None = None,
        build: Build | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> None:
        self.trainer = Trainer(
            space,
            task,
            device=device,
            mixed_precision=mixed_precision,
            num_threads=num_threads,
            build=build,
            on_epoch=on_epoch,
        )
        known = ways(self.trainer.device)
        if way != "auto" and way not in known:
            raise InputError(f"expected a way among auto, {', '.join(known)}, got {way!r}")
        on_gpu = self.trainer.device.type == "cuda"
        self.compiled, self.graphed = compiled, on_gpu if graphed is None else graphed and on_gpu
        self.packing = Packing(space, task.signature, self.trainer.device, most)
        self.way = way
        self._ways: dict[tuple[int, ...], Convolution] = {}

    def train(self, jobs: Sequence[Job]) -> Iterator[tuple[int, TrainingResult]]:
        """Yield (position in ``jobs``, result), pack by pack.

        Raises:
            InputError: a batch larger than the train split.
        """
        for recipe in {job.recipe for job in jobs}:
            check_batch_size(self.trainer.task, recipe)
        numbered: dict[Job, list[int]] = {}
        for position, job in enumerate(jobs):
            numbered.setdefault(job, []).append(position)
        together = [job for job in numbered if self.stackable(job)]
        for pack in self.packing.packs(together):
            for job, result in self._train_pack(pack):
                for position in numbered[job]:
                    yield position, result
        for job in numbered:
            if not self.stackable(job):
                result = self.trainer.train(job)
                for position in numbered[job]:
                    yield position, result

    def pack(self, jobs: Sequence[Job]) -> Pack:
        """Return networks of one recipe, stacked and ready to be trained."""
        return Pack(self.trainer, jobs, self._way(jobs), compiled=self.compiled, graphed=self.graphed)

    def stackable(self, job: Job) -> bool:
        """Return whether a job's network can be stacked with others."""
        return not job.recipe.clip_norm and isinstance(self.trainer.network(job), CellNetwork)

    def _train_pack(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, TrainingResult]]:
        """Yield the result of each job; a pack that does not fit into memory is halved."""
        try:
            with limited_threads(self.trainer.num_threads), deterministic():
                results = self._results(jobs)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            message = str(error)
        else:
            yield from zip(jobs, results, strict=True)
            return
        if self.trainer.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(jobs) == 1:
            yield jobs[0], TrainingResult("out_of_memory", self.trainer.hardware, message=message)
            return
        self.packing.too_large(jobs)
        half = len(jobs) // 2
        yield from self._train_pack(jobs[:half])
        yield from self._train_pack(jobs[half:])

    def _results(self, jobs: Sequence[Job]) -> list[TrainingResult]:
        """Return the results of networks that are trained together."""
        device, recipe = self.trainer.device, jobs[0].recipe
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            before = torch.cuda.memory_allocated(device)
        pack = self.pack(jobs)
        curves = [empty_curves(recipe.epochs) for _ in jobs]
        status, seconds = ["ok"] * len(jobs), 0.0
        for epoch in range(recipe.epochs):
            start = time.perf_counter()
            measured = {"train": pack.train_epoch(epoch)}
            seconds += time.perf_counter() - start
            measured.update({split: pack.evaluate(split) for split in SPLITS[1:]})
            finite = torch.stack([loss.isfinite() for loss, _ in measured.values()]).all(0).tolist()
            status = ["ok" if s == "ok" and f else "diverged" for s, f in zip(status, finite, strict=True)]
            self._note(jobs, epoch, measured, curves, status)
            if "ok" not in status:
                break
        if device.type == "cuda":
            self.packing.measured(jobs, torch.cuda.max_memory_allocated(device) - before)
        counts = [self.trainer.counts(job) for job in jobs]
        return [
            TrainingResult(status[i], self.trainer.hardware, curves[i], seconds / len(jobs), *counts[i])
            for i in range(len(jobs))
        ]

    def _note(
        self,
        jobs: Sequence[Job],
        epoch: int,
        measured: dict[str, tuple[torch.Tensor, torch.Tensor]],
        curves: list[dict[str, NDArray[np.float32]]],
        status: Sequence[str],
    ) -> None:
        """Write an epoch of all networks that are well into their curves, and tell who wants to know."""
        for i, job in enumerate(jobs):
            if status[i] != "ok":
                continue
            values = {
                f"{split}_{name}": float(pair[k][i])
                for split, pair in measured.items()
                for k, name in enumerate(("loss", "accuracy"))
            }
            for name, value in values.items():
                curves[i][name][epoch] = value
            if self.trainer.on_epoch:
                self.trainer.on_epoch(job, epoch, values)

    def _way(self, jobs: Sequence[Job]) -> Convolution:
        """Return the way in which convolutions are computed: named, or measured once for a size."""
        if self.way == "auto" and self.trainer.device.type == "cpu":
            return grouped  # the fastest there by far
        if self.way != "auto":
            return ways(self.trainer.device)[self.way]
        recipe, shape = jobs[0].recipe, self.trainer.task.signature.input_shape
        size = (len(jobs).bit_length(), recipe.batch_size, recipe.channels, *shape)
        if size not in self._ways:
            self._ways[size] = fastest_way(
                self.trainer.device,
                num_networks=len(jobs),
                batch_size=recipe.batch_size,
                channels=recipe.channels,
                image=(shape[1], shape[2]),
                mixed_precision=self.trainer.mixed_precision,
            )
        return self._ways[size]
