"""Checkpoints of trainings under way: safetensors files, written aside and renamed."""

import hashlib
import json
import time
import warnings
from pathlib import Path

import torch
from torch import Tensor

from surronas.errors import MissingPackageError
from surronas.training.job import Job
from surronas.training.state import Training

SECONDS_BETWEEN = 60.0  # a shorter training is done sooner than it is worth writing down
FORMAT = "surronas checkpoint 1"


class Checkpoints:
    """The checkpoints of a folder, one a job; a finished job's is removed.

    The file's name is a digest of search space, task, architecture, seed and recipe, so that no training
    goes on from another's weights. A file that can't be read is told of and begun anew.

    Raises:
        MissingPackageError: safetensors is not installed.
    """

    def __init__(
        self, folder: Path, space: str, task: str, *, seconds_between: float = SECONDS_BETWEEN
    ) -> None:
        try:
            import safetensors.torch  # noqa: F401
        except ImportError as error:
            raise MissingPackageError(
                "checkpoints need safetensors; pip install 'surronas[train]'"
            ) from error
        self.folder, self._what, self.seconds_between = folder, (space, task), seconds_between
        folder.mkdir(parents=True, exist_ok=True)
        self._last = time.monotonic()

    def path(self, job: Job) -> Path:
        """Return where a job's checkpoint lies, if it has one."""
        text = json.dumps([*self._what, job.architecture, job.seed, job.recipe.to_json()])
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.safetensors"

    def save(self, training: Training) -> None:
        """Write a training down, unless the last time was just now."""
        if time.monotonic() - self._last < self.seconds_between:
            return
        self.write(training)
        self._last = time.monotonic()

    def write(self, training: Training) -> None:
        """Write a training down."""
        from safetensors.torch import save_file

        path = self.path(training.job)
        aside = path.with_suffix(f".{time.time_ns()}.tmp")
        about = {"format": FORMAT, "epoch": str(training.epoch), "seconds": repr(training.train_seconds)}
        try:
            save_file(_tensors(training), aside, metadata=about)
            aside.rename(path)
        finally:
            aside.unlink(missing_ok=True)

    def restore(self, training: Training) -> None:
        """Bring a training to where its checkpoint was written; without one, leave it as it is."""
        from safetensors import SafetensorError, safe_open

        path = self.path(training.job)
        if not path.is_file():
            return
        try:
            with safe_open(path, "pt") as file:
                about = file.metadata()
                stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            target = _tensors(training)
            shapes = {name: (t.shape, t.dtype) for name, t in target.items()}
            if about["format"] != FORMAT or shapes != {n: (t.shape, t.dtype) for n, t in stored.items()}:
                raise ValueError("it is not of this network")
            epoch, seconds = int(about["epoch"]), float(about["seconds"])
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            warnings.warn(f"the checkpoint {path} can't be used ({error}): the training begins anew")
            return
        _fill(training, stored)
        training.epoch, training.train_seconds = epoch, seconds

    def remove(self, job: Job) -> None:
        """Delete the checkpoint of a job that has ended."""
        self.path(job).unlink(missing_ok=True)


def _tensors(training: Training) -> dict[str, Tensor]:
    """Return all that changes in a training, by name."""
    return {
        "weights": training.weights.values,
        "generator": training.generator.get_state(),
        **{f"optimizer.{name}": tensor for name, tensor in training.optimizer.state.items()},
        **{f"buffer.{name}": tensor for name, tensor in training.buffers.items()},
        **{f"curve.{name}": torch.from_numpy(curve) for name, curve in training.curves.items()},
    }


@torch.no_grad()
def _fill(training: Training, stored: dict[str, Tensor]) -> None:
    """Put stored values in place of a training's own."""
    training.generator.set_state(stored.pop("generator"))
    target = _tensors(training)
    for name, tensor in stored.items():
        target[name].copy_(tensor)
