"""Checkpoints of trainings under way: safetensors files with a checksum, written aside and renamed."""

import hashlib
import json
import time
import warnings
from pathlib import Path

import torch
from torch import Tensor

from surronas.errors import InputError, MissingPackageError, StoreError
from surronas.store.files import remove_strays, write_aside
from surronas.store.folder import STRAY_SECONDS
from surronas.training.job import Job
from surronas.training.state import Training

SECONDS_BETWEEN = 60.0  # a shorter training is done sooner than it is worth writing down
FORMAT = "surronas checkpoint 2"
_NAMES = r"[0-9a-f]{32}\.safetensors"


class Checkpoints:
    """The checkpoints of a folder, one a job; a finished job's is removed.

    The file's name is a digest of search space, task, architecture, seed and recipe, which the file repeats
    in full, so that no training goes on from another's weights. A file that is damaged, or another's, is told
    of and its training begun anew. What killed writers left behind goes when the folder is next opened.

    Raises:
        InputError: ``seconds_between`` is negative, or the folder can't be made.
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
        if not seconds_between >= 0:
            raise InputError(f"expected 0 seconds between checkpoints or more, got {seconds_between}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"can't make the folder of checkpoints {folder}: {error.strerror}") from error
        remove_strays(folder, _NAMES, older_than_seconds=STRAY_SECONDS)
        self.folder, self._what, self.seconds_between = folder, (space, task), seconds_between
        self._last = time.monotonic()

    def path(self, job: Job) -> Path:
        """Return where a job's checkpoint lies, if it has one."""
        return self.folder / f"{hashlib.sha256(self._text(job).encode()).hexdigest()[:32]}.safetensors"

    def save(self, training: Training) -> None:
        """Write a training down, unless the last time was just now."""
        if time.monotonic() - self._last < self.seconds_between:
            return
        self.write(training)
        self._last = time.monotonic()

    def write(self, training: Training) -> None:
        """Write a training down; if the disk is full, say so and let the training go on."""
        from safetensors.torch import save

        tensors = {name: t.detach().cpu().contiguous().clone() for name, t in _tensors(training).items()}
        about = {
            "format": FORMAT,
            "training": self._text(training.job),
            "epoch": str(training.epoch),
            "seconds": repr(training.train_seconds),
        }
        about["sha256"] = _digest(about, tensors)
        try:
            write_aside(self.path(training.job), [save(tensors, about)])
        except StoreError as error:
            warnings.warn(f"no checkpoint is written: {error}")

    def restore(self, training: Training) -> None:
        """Bring a training to where its checkpoint was written; without one, leave it as it is."""
        from safetensors import SafetensorError

        path = self.path(training.job)
        if not path.is_file():
            return
        try:
            epoch, seconds, stored = self._read(path, training)
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            warnings.warn(f"the checkpoint {path} can't be used ({error}): the training begins anew")
            return
        _fill(training, stored)
        training.epoch, training.train_seconds = epoch, seconds

    def remove(self, job: Job) -> None:
        """Delete the checkpoint of a job that has ended."""
        self.path(job).unlink(missing_ok=True)

    def _text(self, job: Job) -> str:
        """Return all that decides what a job trains, as text."""
        return json.dumps([*self._what, job.architecture, job.seed, job.recipe.to_json()])

    def _read(self, path: Path, training: Training) -> tuple[int, float, dict[str, Tensor]]:
        """Return epochs, seconds and tensors of a checkpoint.

        Raises:
            OSError, SafetensorError, ValueError, KeyError, TypeError: it is not whole, or of something else.
        """
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if about.get("format") != FORMAT:
            raise ValueError(f"expected a {FORMAT!r}, got {about.get('format')!r}")
        if about.pop("sha256", "") != _digest(about, stored):
            raise ValueError("its checksum does not match")
        shapes = {name: (t.shape, t.dtype) for name, t in _tensors(training).items()}
        same = shapes == {name: (t.shape, t.dtype) for name, t in stored.items()}
        if about["training"] != self._text(training.job) or not same:
            raise ValueError("it is of another training")
        return int(about["epoch"]), float(about["seconds"]), stored


def _tensors(training: Training) -> dict[str, Tensor]:
    """Return all that changes in a training, by name."""
    return {
        "weights": training.weights.values,
        "generator": training.generator.get_state(),
        **{f"optimizer.{name}": tensor for name, tensor in training.optimizer.state.items()},
        **{f"buffer.{name}": tensor for name, tensor in training.buffers.items()},
        **{f"curve.{name}": torch.from_numpy(curve) for name, curve in training.curves.items()},
    }


def _digest(about: dict[str, str], tensors: dict[str, Tensor]) -> str:
    """Return the checksum of all that a checkpoint says: safetensors has none of its own."""
    sha = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        sha.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        sha.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


@torch.no_grad()
def _fill(training: Training, stored: dict[str, Tensor]) -> None:
    """Put stored values in place of a training's own."""
    training.generator.set_state(stored.pop("generator"))
    target = _tensors(training)
    for name, tensor in stored.items():
        target[name].copy_(tensor)
