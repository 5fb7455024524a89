"""What workers tell the process that gave them a training, whatever the way there."""

import traceback
from dataclasses import dataclass

from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.trainer import Trainer


@dataclass(frozen=True)
class Started:
    """The worker is up and begins with its training."""

    hardware: str


@dataclass(frozen=True)
class EpochEnded:
    """An epoch, from 0 on, has ended; ``values`` are those of all ``CURVES``."""

    epoch: int
    values: dict[str, float]


@dataclass(frozen=True)
class Died:
    """The worker is gone, and its training with it."""

    status: str  # what the training is recorded as
    why: str
    ends_the_run: bool = False  # told to stop, or unable to start: no other worker would fare better


Message = Started | EpochEnded | TrainingResult | Died  # a result is the last that a training sends


def attempted(trainer: Trainer, job: Job) -> TrainingResult:
    """Return what a training gave; one that raises has failed, and says what it raised.

    Raises:
        ConnectionError: nobody is there any more to tell of an epoch.
    """
    try:
        return trainer.train(job)
    except ConnectionError:
        raise
    except Exception as error:  # of a build function, of torch: the training's own affair
        traceback.print_exc()
        return TrainingResult("failed", trainer.hardware, message=f"{type(error).__name__}: {error}")
