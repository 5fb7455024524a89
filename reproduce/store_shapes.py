"""Generated stores in the shapes of NAS-Bench-201 and NAS-Bench-101, for reproduce/speed_store.py.

The numbers are made up, but as wide, as many and about as hard to compress as the real ones: accuracies are
multiples of 1e-4 (of 10,000 test images), losses and seconds have all their digits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures, Cell201, SearchSpace
from surronas.spaces.cell101 import Cell101
from surronas.store import Metric, Records, new_records

RECIPE = '{"benchmark": "generated"}'
ROWS_A_BATCH = 50_000
METRICS = (
    Metric("valid_accuracy", "valid", "fraction", "maximize", "generated"),
    Metric("test_accuracy", "test", "fraction", "maximize", "generated"),
    Metric("train_loss", "train", "nats", "minimize", "generated"),
    Metric("train_seconds", None, "s", "minimize", "generated"),
    Metric("params", None, "parameters", "minimize", "generated", per="architecture"),
)


@dataclass(frozen=True)
class Shape:
    """What a generated store holds: every architecture at every task, number of epochs and seed."""

    name: str
    space: SearchSpace
    architectures: Architectures
    tasks: tuple[str, ...]
    epochs: tuple[int, ...]
    curves: tuple[str, ...]
    seeds: tuple[int, ...] = (0, 1, 2)
    canonical: bool = False

    @property
    def axes(self) -> dict[str, object]:
        """The task and epochs of the measured queries."""
        return {"task": self.tasks[0], "epochs": self.epochs[-1]}

    @property
    def num_runs(self) -> int:
        """The number of rows of the store."""
        return len(self.architectures) * len(self.tasks) * len(self.epochs) * len(self.seeds)

    def batches(self) -> Iterator[Records]:
        """Yield the runs in batches of at most 50,000: some architectures, all that is known of them."""
        rng = np.random.default_rng(0)
        cells = rng.permutation(self.architectures)
        each = self.num_runs // len(cells)
        rows = ROWS_A_BATCH // (10 if self.curves else 1)
        for start in range(0, len(cells), rows // each):
            part = cells[start : start + rows // each]
            yield np.concatenate(
                [
                    make_runs(part, seed, task, epochs, self.curves, rng)
                    for task in self.tasks
                    for epochs in self.epochs
                    for seed in self.seeds
                ]
            )


def nasbench201(num_architectures: int = 15_625) -> Shape:
    """Return 15,625 cells x 3 tasks x 3 seeds with three 200-epoch curves."""
    cells = Cell201().enumerate()[:num_architectures]
    curves = ("valid_accuracy", "test_accuracy", "train_loss")
    return Shape("nasbench201", Cell201(), cells, ("cifar10", "cifar100", "imagenet16"), (200,), curves)


def nasbench101(max_vertices: int = 7) -> Shape:
    """Return 423,624 architectures (of up to 7 vertices) x 4 budgets x 3 seeds, without curves."""
    space = Cell101()
    cells = space.distinct(max_vertices)
    return Shape("nasbench101", space, cells, ("cifar10",), (4, 12, 36, 108), (), canonical=True)


def make_runs(
    cells: Architectures,
    seed: int,
    task: str,
    epochs: int,
    curves: Sequence[str],
    rng: np.random.Generator,
) -> Records:
    """Return a run of each cell."""
    n = len(cells)
    runs = new_records(n, cells.shape[1], METRICS, curves, epochs if curves else 0)
    runs["architecture"], runs["task"], runs["recipe"], runs["epochs"] = cells, task, RECIPE, epochs
    runs["seed"], runs["origin"], runs["device"] = seed, "benchmark", "none: generated"
    best = 0.5 + 0.4 * rng.random(n)
    runs["valid_accuracy"], runs["test_accuracy"] = np.round(best, 4), np.round(best - 0.005, 4)
    runs["train_loss"], runs["train_seconds"] = 2 * (1 - best), 10 + 90 * rng.random(n)
    runs["params"] = cells.astype(np.int64).sum(axis=1) * 1000.0
    for name in curves:
        runs[f"{name}_curve"] = _curves(best, epochs, name.endswith("accuracy"), rng)
    return runs


def new_runs(shape: Shape, n: int, epochs: int, curves: Sequence[str], count: int) -> Iterator[Records]:
    """Return ``count + 1`` batches of ``n`` runs that a store of the shape does not hold yet."""
    rng = np.random.default_rng(4)
    number = np.arange(n)
    cells = shape.architectures[number % len(shape.architectures)]
    prepared = [make_runs(cells, 0, "new", epochs, curves, rng) for _ in range(count + 1)]
    for turn, runs in enumerate(prepared):
        runs["seed"] = number // len(shape.architectures) * 1_000 + turn
        runs["task"] = f"{n} new rows, {len(curves)} curves"
    return iter(prepared)


def _curves(
    best: NDArray[np.float64], epochs: int, accuracy: bool, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (n, epochs) learning curves that rise to ``best``, with noise that dies away."""
    done = np.linspace(0.02, 1, epochs)
    noise = rng.normal(0, 0.03, (len(best), epochs)) * (1.02 - done)
    rising = np.clip(best[:, None] * (1 - np.exp(-4 * done)) + noise, 0, 1)
    return np.round(rising, 4) if accuracy else 2.3 * (1 - rising)


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    shapes: dict[str, Callable[[], Shape]]
    singles: int  # lookups one by one
    many: int  # lookups in one call
    batch: int  # rows in one append
    repeats: int


SCALES = {
    "full": Scale({"nasbench201": nasbench201, "nasbench101": nasbench101}, 2_000, 1_000_000, 10_000, 9),
    "tiny": Scale(
        {"nasbench201": lambda: nasbench201(10), "nasbench101": lambda: nasbench101(4)}, 20, 1_000, 100, 1
    ),
}
