"""Energy counters of the hardware: NVML's of an NVIDIA GPU, RAPL's of a processor; often there is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch

_RAPL = Path("/sys/class/powercap")


class EnergyCounter(Protocol):
    """Counts the energy that hardware has taken."""

    def millijoules(self) -> float:
        """Return the energy since some moment in the past."""
        ...


def energy_counter(device: torch.device) -> EnergyCounter | None:
    """Return the energy counter of a device, None where it has none or may not be read."""
    return nvml_counter(device) if device.type == "cuda" else rapl_counter()


class Rapl:
    """The processor packages' counters (Running Average Power Limit), which wrap around now and then."""

    def __init__(self, packages: list[Path]) -> None:
        self._packages = packages
        self._ranges = [_microjoules(package / "max_energy_range_uj") for package in packages]
        self._last = self._read()
        self._total = 0

    def millijoules(self) -> float:
        """Return the energy of all packages since this was made."""
        now = self._read()
        steps = zip(now, self._last, self._ranges, strict=True)
        self._total += sum(
            after - before if after >= before else after - before + span for after, before, span in steps
        )
        self._last = now
        return self._total / 1000

    def _read(self) -> list[int]:
        return [_microjoules(package / "energy_uj") for package in self._packages]


def rapl_counter(folder: Path = _RAPL) -> Rapl | None:
    """Return the counter of this machine's processors; since 2020 Linux lets only root read it."""
    try:
        zones = sorted(folder.glob("intel-rapl:*"))  # AMD's processors have that name too
        packages = [zone for zone in zones if (zone / "name").read_text().startswith("package")]
        return Rapl(packages) if packages else None
    except (OSError, ValueError):
        return None


class _Nvml:
    """The whole card's counter, since its driver was loaded."""

    def __init__(self, read: Callable[[], int]) -> None:
        self._read = read

    def millijoules(self) -> float:
        """Return the card's energy."""
        return float(self._read())


def nvml_counter(device: torch.device) -> EnergyCounter | None:
    """Return the counter of an NVIDIA GPU (Volta or later); None without it or without nvidia-ml-py."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        # by its identity: NVML's numbers take no notice of CUDA_VISIBLE_DEVICES
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}")
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except (pynvml.NVMLError, AttributeError, AssertionError, RuntimeError):
        return None
    return _Nvml(lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))


def _microjoules(file: Path) -> int:
    return int(file.read_text())
