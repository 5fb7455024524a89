"""Trainings as TensorBoard shows them: a run each, curves by split, hyper-parameters."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from surronas.errors import MissingPackageError
from surronas.spaces import SearchSpace
from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.tracking.naming import hyper_parameters, outcome, run_name

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoardObserver:
    """Writes each training into a folder of its own under ``folder/recipe``: ``tensorboard --logdir folder``.

    Curves are ``accuracy/valid``, ``loss/train`` and so on, a step an epoch; ``end/...`` is what a training
    came to. With ``space`` the hyper-parameters name the architecture in the benchmark's own notation.

    Raises:
        MissingPackageError: tensorboard is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str], *, space: SearchSpace | None = None) -> None:
        try:
            from torch.utils import tensorboard
        except ImportError as error:
            raise MissingPackageError(
                "TensorBoardObserver needs tensorboard, which is not installed; "
                "pip install 'surronas[tracking]'"
            ) from error
        self._make_writer = tensorboard.SummaryWriter
        self._folder, self._space = Path(folder), space
        self._writers: dict[Job, SummaryWriter] = {}

    def started(self, job: Job) -> None:
        """Open the training's run."""
        if job in self._writers:  # the same training twice at once
            return
        parent, name = self._folder / job.recipe.name.replace(os.sep, "_"), run_name(job)
        taken = sum(1 for other in parent.glob(f"{name}*") if other.name.partition("_again")[0] == name)
        self._writers[job] = self._make_writer(
            str(parent / (f"{name}_again{taken}" if taken else name)), flush_secs=10
        )

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        """Write a point of each curve."""
        self.started(job)
        for name, value in measured.items():
            split, _, quantity = name.partition("_")
            self._writers[job].add_scalar(f"{quantity}/{split}", value, epoch)

    def finished(self, job: Job, result: TrainingResult) -> None:
        """Write hyper-parameters, status and what the training came to, and close its run."""
        self.started(job)
        writer = self._writers.pop(job)
        ends = {f"end/{name}": value for name, value in outcome(job, result).items()}
        known = {**hyper_parameters(job, self._space), "status": result.status, "device": result.device}
        writer.add_hparams(known, ends, run_name=".")  # into this run, not one below it
        if result.message:
            writer.add_text("message", result.message)
        writer.close()

    def close(self) -> None:
        """Close the runs of trainings that were not finished."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
