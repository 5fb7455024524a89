"""What the networks of architectures cost on a device."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace
from surronas.training.costs.conditions import Conditions
from surronas.training.costs.energy import energy_counter
from surronas.training.costs.memory import forward_peak, train_peak
from surronas.training.costs.onnx_latency import OnnxRunner, check_onnxruntime
from surronas.training.costs.quantities import COST_METRICS
from surronas.training.costs.rounds import energies, latencies
from surronas.training.costs.runners import CpuRunner, CudaRunner, Runner
from surronas.training.counting import count_flops, count_params
from surronas.training.device import limited_threads
from surronas.training.networks import Build, build_for, initialise
from surronas.training.networks.joint import recipe_of
from surronas.training.onnx_export import random_inputs
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature, Task
from surronas.training.trainer import is_out_of_memory

GROUP, GROUP_WEIGHTS = 256, 250_000_000  # networks, and weights of them (1 GB), ready at once to take turns
_MEGABYTE = 1e6
COST_NAMES = tuple(metric.name for metric in COST_METRICS)
OnProgress = Callable[[float, float], None]  # told how many networks, or parts of them, are done, of how many
Costs = dict[str, NDArray[np.float64]]  # (n,) by metric; NaN: not measured


def measure_costs(
    space: SearchSpace,
    architectures: ArrayLike,
    task: Task | Signature,
    recipe: Recipe,
    *,
    device: str = "auto",
    batch_size: int = 1,
    runtime: str = "torch",
    num_threads: int = 1,
    metrics: Sequence[str] = COST_NAMES,
    seconds: float = 0.5,
    build: Build | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> Costs:
    """Return what the networks of n architectures cost: (n,) values of each metric.

    The network is that of the canonical form, so isomorphic architectures are measured once and cost the
    same. NaN stands where nothing could be measured: energy without a counter, a network that does not fit
    into memory.

    Args:
        space: of the architectures.
        architectures: (n, d) decisions.
        task: what goes in and what comes out.
        recipe: the width and depth of the networks; the batch of a training step.
        device: auto, cpu, cuda or cuda:N.
        batch_size: inputs of a forward pass.
        runtime: torch, or onnxruntime on the CPU; memory is always torch's.
        num_threads: on a CPU.
        metrics: names of ``COST_METRICS``.
        seconds: of timing, that a network may take on average; see ``latencies``.
        build: makes the networks of a space of one's own.
        on_progress: told how far it is.

    Raises:
        InputError: an unknown runtime or metric, fewer than one input or thread, no time, or a space or task
            whose networks can't be built.
        DeviceError: the device is not there.
        MissingPackageError: onnxruntime is asked for and not installed.
    """
    conditions = Conditions(device=device, batch_size=batch_size, runtime=runtime, num_threads=num_threads)
    signature = task.signature if isinstance(task, Task) else task
    meter = CostMeter(space, signature, recipe, conditions, metrics, seconds, build)
    batch = space.validate(architectures)
    costs = {name: np.full(len(batch), math.nan) for name in metrics}
    for rows, measured in meter.groups(batch, on_progress):
        for name, values in measured.items():
            costs[name][rows] = values
    return costs


@dataclass
class CostMeter:
    """Measures networks of one space, for one kind of task and recipe, under the same conditions.

    Raises:
        InputError: an unknown metric, no time, or a space whose networks can't be built.
        MissingPackageError: onnxruntime is asked for and not installed.
    """

    space: SearchSpace
    signature: Signature
    recipe: Recipe
    conditions: Conditions
    metrics: Sequence[str] = COST_NAMES
    seconds: float = 0.5
    build: Build | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.metrics if name not in COST_NAMES]
        if unknown or not self.metrics:
            raise InputError(f"expected metrics among {', '.join(COST_NAMES)}, got {list(self.metrics)}")
        if not self.seconds > 0:
            raise InputError(f"expected seconds > 0 of timing a network, got {self.seconds}")
        self.build = self.build or build_for(self.space)
        if self.conditions.runtime == "onnxruntime":
            check_onnxruntime()

    def groups(
        self, architectures: Architectures, on_progress: OnProgress = lambda done, total: None
    ) -> Iterator[tuple[NDArray[np.int64], Costs]]:
        """Yield (rows of the n architectures, their costs) as groups of networks are measured.

        A group is drawn at random, so that none has all large networks, or all of one operation.
        """
        distinct, network_of = np.unique(self.space.canonical(architectures), axis=0, return_inverse=True)
        order = np.random.default_rng(0).permutation(len(distinct))
        start = 0
        while start < len(order):
            chosen = order[start : start + self._fitting(distinct[order[start : start + GROUP]])]

            def told(done: float, start: int = start) -> None:
                on_progress(start + done, len(order))

            costs = self._measured(distinct[chosen], told)
            place = np.full(len(distinct), -1)
            place[chosen] = np.arange(len(chosen))
            rows = np.flatnonzero(place[network_of] >= 0)
            yield rows, {name: values[place[network_of[rows]]] for name, values in costs.items()}
            start += len(chosen)

    def _fitting(self, architectures: Architectures) -> int:
        """Return how many networks, from the first on, are ready at once: one at least."""
        weights = np.cumsum([count_params(self._on_meta(tuple(row.tolist()))) for row in architectures])
        return max(1, int(np.searchsorted(weights, GROUP_WEIGHTS, side="right")))

    def _measured(self, architectures: Architectures, told: Callable[[float], None]) -> Costs:
        """Return the costs of n distinct architectures that take turns."""
        n = len(architectures)
        costs = {name: np.full(n, math.nan) for name in COST_NAMES}
        runners: dict[int, Runner] = {}
        with limited_threads(self.conditions.num_threads):
            for i, architecture in enumerate(architectures):
                counts, runner = self._ready(tuple(architecture.tolist()))
                for name, value in counts.items():
                    costs[name][i] = value
                if runner is not None:
                    runners[i] = runner
                told((i + 1) / 2)
            for name, values in self._timed(list(runners.values()), lambda part: told(n / 2 * (1 + part))):
                costs[name][list(runners)] = values
        told(n)
        return {name: costs[name] for name in self.metrics}

    def _timed(
        self, runners: Sequence[Runner], told: Callable[[float], None]
    ) -> Iterator[tuple[str, NDArray[np.float64]]]:
        """Yield metrics and (n,) values of networks that are ready: times and energy."""
        if runners and any(name.startswith("latency") for name in self.metrics):
            times = latencies(runners, seconds=self.seconds, on_round=lambda done, all_: told(done / all_))
            yield "latency_ms", np.array([np.median(calls) for calls in times])
            yield "latency_p95_ms", np.array([np.percentile(calls, 95) for calls in times])
            yield "latency_min_ms", np.array([calls.min() for calls in times])
        counter = energy_counter(self.conditions.torch_device) if "energy_mj" in self.metrics else None
        if runners and counter is not None:
            yield "energy_mj", energies(runners, counter)

    def _ready(self, architecture: tuple[int, ...]) -> tuple[Mapping[str, float], Runner | None]:
        """Return what is known of a network before it is timed, and what runs it; None: too large."""
        counts: dict[str, float] = {}
        try:
            on_meta = self._on_meta(architecture)
            counts["params"] = count_params(on_meta)
            if "flops" in self.metrics:
                counts["flops"] = count_flops(on_meta, self.signature)
            if set(self.metrics) <= {"params", "flops"}:
                return counts, None
            if "train_peak_memory_mb" in self.metrics:
                counts["train_peak_memory_mb"] = self._train_peak(architecture)
            return counts, self._runner(self._on_device(architecture).eval(), counts)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return counts, None

    def _runner(self, network: nn.Module, counts: dict[str, float]) -> Runner:
        """Return what runs a network, and note the memory that it takes."""
        inputs = random_inputs(self.signature, self.conditions.batch_size).to(self.conditions.torch_device)
        if inputs.ndim == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)  # as in training
        if "peak_memory_mb" in self.metrics:
            counts["peak_memory_mb"] = forward_peak(network, inputs) / _MEGABYTE
        if self.conditions.runtime == "onnxruntime":
            return OnnxRunner(network, self.signature, inputs, self.conditions.num_threads)
        return (CudaRunner if inputs.is_cuda else CpuRunner)(network, inputs)

    def _train_peak(self, architecture: tuple[int, ...]) -> float:
        """Return the megabytes of a training step; NaN where there are too few."""
        try:
            recipe = recipe_of(self.space, architecture, self.recipe)
            return train_peak(self._on_device(architecture), self.signature, recipe) / _MEGABYTE
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return math.nan

    def _on_meta(self, architecture: tuple[int, ...]) -> nn.Module:
        assert self.build is not None
        with torch.device("meta"):
            return self.build(self.space, architecture, self.signature, self.recipe)

    def _on_device(self, architecture: tuple[int, ...]) -> nn.Module:
        """Return a network on the device, its weights drawn as for a training of seed 0."""
        network = self._on_meta(architecture).to_empty(device="cpu")
        initialise(network, torch.Generator().manual_seed(0), self.recipe.initialisation)
        moved: nn.Module = network.to(  # type: ignore[call-overload]
            self.conditions.torch_device, memory_format=torch.channels_last
        )
        return moved
