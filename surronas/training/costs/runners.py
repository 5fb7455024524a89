"""Runners: a network made ready to run on a device, one forward pass at a time."""

import time
from typing import Protocol

import torch
from torch import Tensor, nn


class Runner(Protocol):
    """Runs one network on one batch of inputs that lies where it runs."""

    def run(self) -> None:
        """Run a forward pass, to its end."""
        ...

    def milliseconds(self) -> float:
        """Run a forward pass, and return its time."""
        ...


class CpuRunner:
    """Runs a network by torch on the CPU."""

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self._network, self._inputs = network, inputs

    @torch.inference_mode()
    def run(self) -> None:
        """Run a forward pass."""
        self._network(self._inputs)

    @torch.inference_mode()
    def milliseconds(self) -> float:
        """Run a forward pass, and return its time."""
        start = time.perf_counter()
        self._network(self._inputs)
        return 1000 * (time.perf_counter() - start)


class CudaRunner:
    """Runs a network by torch on a GPU, timed by the GPU's own events.

    The GPU is idle when a pass begins, so that what the host takes to launch its kernels counts as far as
    the GPU waits for it: that is what an answer to one request takes.
    """

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self._network, self._inputs = network, inputs
        self._begin, self._end = (_event() for _ in range(2))

    @torch.inference_mode()
    def run(self) -> None:
        """Run a forward pass, and wait for it."""
        with torch.cuda.device(self._inputs.device):
            self._network(self._inputs)
            torch.cuda.synchronize()

    @torch.inference_mode()
    def milliseconds(self) -> float:
        """Run a forward pass, and return its time."""
        with torch.cuda.device(self._inputs.device):  # events belong to the current device's stream
            torch.cuda.synchronize()
            self._begin.record()
            self._network(self._inputs)
            self._end.record()
            self._end.synchronize()
            return float(self._begin.elapsed_time(self._end))


def _event() -> torch.cuda.Event:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
