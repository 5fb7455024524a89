"""Real training as an evaluator: the same question as to a table, the same records as answer."""

from collections.abc import Iterator, Sequence
from types import TracebackType

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.evaluators import RecordAxes
from surronas.spaces import Architectures, SearchSpace
from surronas.store import TRAINING_METRICS, Metric, Records, concatenate_records, new_records
from surronas.training.executor import Executor, ProcessExecutor, SerialExecutor
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Task
from surronas.training.trainer import CURVES, Trainer, TrainingResult


class TrainingEvaluator:
    """Trains architectures for real; the network built is that of the canonical form.

    So isomorphic architectures give the same curves, to the last digit, for one seed. With
    ``num_workers`` processes a training that dies costs only itself: use a ``with`` block, or call
    ``close``. With None it trains in this process.

    Raises:
        InputError: a batch larger than the train split, or fewer than one worker.
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
        origin: str = "search",
    ) -> None:
        self.space, self.task, self.recipe, self.origin = space, task, recipe, origin
        self._executor: Executor
        if num_workers is None:
            self._executor = SerialExecutor(
                Trainer(task, recipe, device=device, mixed_precision=mixed_precision)
            )
        else:
            self._executor = ProcessExecutor(
                task, recipe, device=device, mixed_precision=mixed_precision, num_workers=num_workers
            )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that a training gives."""
        return TRAINING_METRICS

    @property
    def axes(self) -> RecordAxes:
        """Where its records lie in a store."""
        return RecordAxes(self.task.name, self.recipe.to_json(), self.recipe.epochs)

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int]) -> Records:
        """Return one row for each architecture and seed, architecture by architecture, curves included.

        A run that failed (diverged, out of memory, killed) is a row with that status and NaN metrics.
        """
        batch = np.repeat(self.space.validate(architectures), len(seeds), axis=0)
        rows = dict(self._finished(batch, list(seeds) * (len(batch) // max(1, len(seeds)))))
        return concatenate_records([rows[i] for i in range(len(rows))]) if rows else self._blank(0)

    def stream(self, architectures: ArrayLike, seeds: Sequence[int]) -> Iterator[Records]:
        """Yield one (1,) row for each of the n architectures, trained with its own of n seeds, as each ends.

        Raises:
            InputError: not as many seeds as architectures, or a seed below 0 or beyond 63 bits.
        """
        batch = self.space.validate(architectures)
        if len(batch) != len(seeds):
            raise InputError(f"expected a seed for each of {len(batch)} architectures, got {len(seeds)}")
        for _, row in self._finished(batch, seeds):
            yield row

    def _finished(self, batch: Architectures, seeds: Sequence[int]) -> Iterator[tuple[int, Records]]:
        """Yield (position, row) as trainings end."""
        if any(not 0 <= seed < 2**63 for seed in seeds):
            raise InputError(f"expected training seeds of 0 to 2**63 - 1, got {sorted(set(seeds))}")
        canonical = self.space.canonical(batch)
        jobs = [(self.space.graph(row), int(seed)) for row, seed in zip(canonical, seeds, strict=True)]
        for position, result in self._executor.run(jobs):
            yield position, self._record(batch[position], int(seeds[position]), result)

    def _blank(self, n: int) -> Records:
        return new_records(n, self.space.num_decisions, TRAINING_METRICS, CURVES, self.recipe.epochs)

    def _record(self, architecture: Architectures, seed: int, result: TrainingResult) -> Records:
        """Return the (1,) row of one training run; the metrics are those after the last epoch."""
        row = self._blank(1)
        row["architecture"], row["seed"], row["origin"] = architecture, seed, self.origin
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
        """Stop the worker processes, if any."""
        self._executor.close()

    def __enter__(self) -> "TrainingEvaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
