"""The compute device of a training: its name, its hardware, and torch's switches for a while."""

import os
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import torch

from surronas.errors import DeviceError


def resolve_device(name: str) -> torch.device:
    """Return the torch device that ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` names; auto takes a GPU if any.

    Raises:
        DeviceError: another word, or a GPU that is not there.
    """
    available = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda:0" if available else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    kind, _, number = name.partition(":")
    if kind != "cuda" or not (number.isdigit() or name == "cuda"):
        raise DeviceError(f"expected a device auto, cpu, cuda or cuda:N, got {name!r}")
    if int(number or 0) >= available:
        raise DeviceError(f"expected CUDA device {name!r}, found {available} GPUs; use --device cpu or auto")
    return torch.device("cuda", int(number or 0))


def hardware_name(device: torch.device) -> str:
    """Return the name of the chip behind a device, such as ``NVIDIA H200`` or the processor's model."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def deterministic() -> AbstractContextManager[object]:
    """Return a block in which cuDNN's algorithms give the same digits every time."""
    flags: AbstractContextManager[object] = torch.backends.cudnn.flags(enabled=True, deterministic=True)
    return flags


@contextmanager
def limited_threads(number: int) -> Iterator[None]:
    """Run the block with so many torch threads, then put the user's number back."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
