"""A worker of a Ray cluster: an actor that trains and, meanwhile, tells of each epoch."""

import threading
import warnings
from collections.abc import Iterator
from queue import SimpleQueue

from surronas.spaces import SearchSpace
from surronas.training.executors.messages import EpochEnded, Message, Started, attempted
from surronas.training.job import Job
from surronas.training.networks import Build
from surronas.training.result import TrainingResult
from surronas.training.tasks.base import Task
from surronas.training.trainer import Trainer


class TrainingActor:
    """Trains what it is given; ``task`` is read from the node's object store, where all workers share it."""

    def __init__(
        self, space: SearchSpace, task: Task, build: Build | None, settings: dict[str, object]
    ) -> None:
        self._news: SimpleQueue[Message] = SimpleQueue()
        with warnings.catch_warnings():  # shared arrays are read-only, and nobody writes to them
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            self._trainer = Trainer(space, task, build=build, on_epoch=self._note, **settings)  # type: ignore[arg-type]

    def train(self, job: Job) -> Iterator[Message]:
        """Yield what there is to tell of a training as it happens; its result is the last."""
        yield Started(self._trainer.hardware)
        threading.Thread(target=self._train, args=(job,), daemon=True).start()
        while True:
            message = self._news.get()
            yield message
            if isinstance(message, TrainingResult):
                return

    def _train(self, job: Job) -> None:
        self._news.put(attempted(self._trainer, job))

    def _note(self, job: Job, epoch: int, values: dict[str, float]) -> None:
        self._news.put(EpochEnded(epoch, values))
