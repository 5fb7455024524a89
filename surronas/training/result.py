"""What a training gives."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surronas.training.tasks.base import SPLITS

CURVES = tuple(f"{split}_{quantity}" for split in SPLITS for quantity in ("loss", "accuracy"))


@dataclass(frozen=True)
class TrainingResult:
    """What one training gave; a failed one keeps the epochs that it finished, NaN after them."""

    status: str  # one of surronas.store.STATUSES
    device: str  # the hardware's name
    curves: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # (epochs,) each, of CURVES
    train_seconds: float = math.nan  # wall time of the training steps, without evaluation
    params: int = -1  # trainable parameters; -1: never built
    flops: int = -1  # 2 per multiply-add, one input forward; -1: never built
    message: str = ""  # why a failed run failed


def empty_curves(epochs: int) -> dict[str, NDArray[np.float32]]:
    """Return (epochs,) NaN for each of CURVES."""
    return {name: np.full(epochs, np.nan, dtype=np.float32) for name in CURVES}
