"""Under which conditions costs are measured: hardware, runtime, threads and batch size."""

from dataclasses import dataclass, field

import torch

from surronas.errors import InputError
from surronas.training.device import hardware_name, resolve_device

RUNTIMES = ("torch", "onnxruntime")  # what runs the network


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a latency holds for, checked.

    Raises:
        InputError: an unknown runtime, one that does not run there, or fewer than one input or thread.
        DeviceError: the device is not there.
    """

    device: str = "auto"
    batch_size: int = 1
    runtime: str = "torch"
    num_threads: int = 1  # on a CPU
    torch_device: torch.device = field(init=False)

    def __post_init__(self) -> None:
        if self.runtime not in RUNTIMES:
            raise InputError(f"expected runtime to be one of {', '.join(RUNTIMES)}, got {self.runtime!r}")
        for name in ("batch_size", "num_threads"):
            if getattr(self, name) < 1:
                raise InputError(f"expected {name} >= 1, got {getattr(self, name)}")
        wanted = "cpu" if (self.device, self.runtime) == ("auto", "onnxruntime") else self.device
        device = resolve_device(wanted)
        if self.runtime == "onnxruntime" and device.type != "cpu":
            raise InputError(
                f"expected device 'cpu' for runtime 'onnxruntime', measured there alone, got {wanted!r}"
            )
        object.__setattr__(self, "torch_device", device)

    @property
    def text(self) -> str:
        """The device of a store's columns: ``AMD EPYC, torch, 1 thread, batch 1``."""
        threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
        parts = [hardware_name(self.torch_device), self.runtime]
        parts += [threads] if self.torch_device.type == "cpu" else []
        return ", ".join([*parts, f"batch {self.batch_size}"])
