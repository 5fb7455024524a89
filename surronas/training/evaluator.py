"""Real training as an evaluator: the same question as to a table, the same records as answer."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.evaluators import RecordAxes
from surronas.spaces import Architectures, SearchSpace
from surronas.store import TRAINING_METRICS, Metric, Records, concatenate_records, new_records
from surronas.training.executors import Executor, ProcessExecutor, SerialExecutor
from surronas.training.job import Job
from surronas.training.networks import Build
from surronas.training.networks.joint import recipe_of, trial_recipes
from surronas.training.recipe import Recipe
from surronas.training.result import CURVES, TrainingResult
from surronas.training.tasks.base import Task
from surronas.training.tracking.base import Observer, Observers
from surronas.training.trainer import Trainer, check_batch_size


class TrainingEvaluator:
    """Trains architectures for real; the network built is that of the canonical form.

    So isomorphic architectures give the same curves, to the last digit, for one seed, and are trained once;
    with ``repeat_isomorphic`` each is trained. With ``num_workers`` processes (on device ``auto`` shared out
    over all GPUs) a training that dies, or is not done in ``timeout_seconds``, costs only itself, and is
    tried again ``retries`` times: use a ``with`` block, or call ``close``. With None it trains in this
    process. An ``executor`` of one's own takes the place of all these; the evaluator closes it.
    ``observers`` are told of each training (see ``surronas.training.tracking``); an executor of one's own
    tells them of epochs if it was given their ``epoch`` as ``on_epoch``.

    Raises:
        InputError: a batch larger than the train split, fewer than one worker, a time limit of 0 or less or
            without workers, a negative number of retries, or a space whose networks can't be built.
        DeviceError: the device is not there.
    """

    def __init__(
        self,
        space: SearchSpace,
        task: Task,
        recipe: Recipe,
        *,
        device: str = "auto",
        mixed_precision: bool = True,
        num_workers: int | None = None,
        executor: Executor | None = None,
        build: Build | None = None,
        checkpoints: Path | None = None,
        timeout_seconds: float | None = None,
        retries: int = 1,
        repeat_isomorphic: bool = False,
        observers: Sequence[Observer] = (),
        origin: str = "search",
    ) -> None:
        for each in trial_recipes(space, recipe):
            check_batch_size(task, each)
        self.space, self.task, self.recipe, self.origin = space, task, recipe, origin
        self.repeat_isomorphic = repeat_isomorphic
        self._observers = Observers(observers)
        on_epoch = self._observers.epoch if observers else None
        settings: dict[str, Any] = {"build": build, "checkpoints": checkpoints, "on_epoch": on_epoch}
        settings["mixed_precision"] = mixed_precision
        if executor is None and num_workers is None:
            if timeout_seconds is not None:
                raise InputError("expected num_workers with timeout_seconds: this process can't be stopped")
            executor = SerialExecutor(Trainer(space, task, device=device, **settings))
        elif executor is None:
            settings |= {"timeout_seconds": timeout_seconds, "retries": retries, "num_workers": num_workers}
            devices = None if device == "auto" else [device]
            executor = ProcessExecutor(space, task, devices=devices, **settings)
        self.executor: Executor = executor
        self._jobs: dict[int, Job] = {}  # under way, by ticket
        self._tickets: dict[Job, int] = {}  # and the other way round
        self._asked: dict[int, list[tuple[int, Architectures]]] = {}  # what a ticket answers
        self._submitted = 0

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that a training gives."""
        return TRAINING_METRICS

    @property
    def axes(self) -> RecordAxes:
        """Where its records lie in a store."""
        return RecordAxes(self.task.name, self.recipe.to_json(), self.recipe.epochs)

    @property
    def num_workers(self) -> int:
        """How many trainings must be submitted for no worker to be idle."""
        return self.executor.num_workers

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int]) -> Records:
        """Return one row for each architecture and seed, architecture by architecture, curves included.

        A run that failed (diverged, out of memory, killed) is a row with that status and NaN metrics.
        """
        batch = np.repeat(self.space.validate(architectures), len(seeds), axis=0)
        first = self._submitted
        self.submit(batch, list(seeds) * (len(batch) // max(1, len(seeds))))
        rows = dict(self._finished())
        if not len(batch):
            return self._blank(0)
        return concatenate_records([rows[first + i] for i in range(len(batch))])

    def stream(self, architectures: ArrayLike, seeds: Sequence[int]) -> Iterator[Records]:
        """Yield one (1,) row for each of the n architectures, trained with its own of n seeds, as each ends.

        Trainings that still run when the caller leaves early are stopped, and lost.

        Raises:
            InputError: not as many seeds as architectures, or a seed below 0 or beyond 63 bits.
        """
        self.submit(architectures, seeds)
        try:
            yield from self.finished()
        finally:
            self.cancel()

    def submit(self, architectures: ArrayLike, seeds: Sequence[int]) -> None:
        """Have n architectures trained, each with its own of n seeds; ``finished`` yields their rows.

        Raises:
            InputError: not as many seeds as architectures, or a seed below 0 or beyond 63 bits.
        """
        batch = self.space.validate(architectures)
        if len(batch) != len(seeds):
            raise InputError(f"expected a seed for each of {len(batch)} architectures, got {len(seeds)}")
        if any(not 0 <= seed < 2**63 for seed in seeds):
            raise InputError(f"expected training seeds of 0 to 2**63 - 1, got {sorted(set(seeds))}")
        for row, canonical, seed in zip(batch, self.space.canonical(batch), seeds, strict=True):
            recipe = recipe_of(self.space, canonical, self.recipe)
            job = Job(tuple(canonical.tolist()), int(seed), recipe)
            ticket = None if self.repeat_isomorphic else self._tickets.get(job)
            if ticket is None:
                ticket = self.executor.submit(job)
                self._observers.started(job)
                self._tickets[job], self._jobs[ticket], self._asked[ticket] = ticket, job, []
            self._asked[ticket].append((self._submitted, row))
            self._submitted += 1

    def finished(self) -> Iterator[Records]:
        """Yield a (1,) row for each architecture submitted, as its training ends, until none is left.

        More may be submitted meanwhile: a worker that is free begins at once.
        """
        for _, row in self._finished():
            yield row

    def cancel(self) -> None:
        """Stop what runs and forget what was submitted."""
        self.executor.cancel()
        self._jobs, self._tickets, self._asked = {}, {}, {}

    def _finished(self) -> Iterator[tuple[int, Records]]:
        """Yield (number of submission, row) as trainings end."""
        for ticket, result in self.executor.finished():
            job = self._jobs.pop(ticket)
            self._observers.finished(job, result)
            if self._tickets.get(job) == ticket:
                del self._tickets[job]
            for number, architecture in self._asked.pop(ticket):
                yield number, self._record(architecture, job, result)

    def _blank(self, n: int) -> Records:
        return new_records(n, self.space.num_decisions, TRAINING_METRICS, CURVES, self.recipe.epochs)

    def _record(self, architecture: Architectures, job: Job, result: TrainingResult) -> Records:
        """Return the (1,) row of one training run; the metrics are those after the last epoch."""
        row = self._blank(1)
        row["architecture"], row["seed"], row["origin"] = architecture, job.seed, self.origin
        row["task"], row["recipe"], row["epochs"] = self.task.name, self.recipe.to_json(), self.recipe.epochs
        row["status"], row["device"] = result.status, result.device[:64]
        for name, curve in result.curves.items():
            row[f"{name}_curve"] = curve
            row[name] = curve[-1] if result.status == "ok" else np.nan
        row["train_seconds"] = result.train_seconds
        for name, count in (("params", result.params), ("flops", result.flops)):
            row[name] = count if count >= 0 else np.nan
        return row

    def close(self) -> None:
        """Give back all that the executor holds: worker processes, memory."""
        self.executor.close()
        self._observers.close()

    def __enter__(self) -> "TrainingEvaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
