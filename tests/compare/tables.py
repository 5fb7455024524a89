"""Small tables to compare searchers on, and searchers that do what tests need."""

from pathlib import Path

import numpy as np

from surronas.searchers import RandomSearch
from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore, Metric, Records, new_records

RECIPE = '{"learning_rate":0.1}'
LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")


def networks(n: int) -> np.ndarray:
    """Return (n, 6) canonical cells of distinct networks."""
    space = Cell201()
    cells = space.enumerate()
    return cells[(space.canonical(cells) == cells).all(axis=1)][:: 6000 // n][:n]


def runs_of(cells: np.ndarray, seeds: tuple[int, ...] = (0, 1), *, epochs: int = 4) -> Records:
    """Return runs of each cell and seed; training takes as many seconds as the cell's number, from 1."""
    runs = new_records(len(cells) * len(seeds), 6, TRAINING_METRICS)
    runs["architecture"] = np.repeat(cells, len(seeds), axis=0)
    runs["seed"] = np.tile(seeds, len(cells))
    runs["task"], runs["recipe"], runs["epochs"] = "toy", RECIPE, epochs
    rng = np.random.default_rng(0)
    runs["valid_accuracy"] = rng.random(len(runs))
    runs["test_accuracy"] = rng.random(len(runs))
    runs["valid_loss"] = rng.random(len(runs))
    runs["train_seconds"] = np.repeat(np.arange(len(cells)) + 1.0, len(seeds))
    return runs


def made_store(folder: Path, runs: Records, name: str = "toy.h5") -> Path:
    """Return the path of a store of the runs."""
    store = BenchmarkStore.create(folder / name, Cell201(), metrics=(*TRAINING_METRICS, LATENCY))
    store.append(runs)
    return folder / name


class Breaks(RandomSearch):
    """Raises at the fourth answer of odd seeds."""

    def __init__(self, space: Cell201, *, seed: int, **given: object) -> None:
        super().__init__(space, seed=seed, **given)
        self._told, self._odd = 0, seed % 2 == 1

    def tell(self, architectures: np.ndarray, scores: np.ndarray) -> None:
        self._told += 1
        if self._odd and self._told == 4:
            raise ZeroDivisionError("on purpose\nand more")
        super().tell(architectures, scores)


class Watching(RandomSearch):
    """Notes all that it is told, and what is pending when it is asked."""

    def __init__(self, space: Cell201, *, seed: int, **given: object) -> None:
        super().__init__(space, seed=seed, **given)
        self.told: list[tuple[tuple[int, ...], float]] = []
        self.discarded: list[tuple[int, ...]] = []
        self.pending: list[int] = []

    def ask(self, n: int = 1, *, pending: np.ndarray | None = None) -> np.ndarray:
        self.pending.append(0 if pending is None else len(pending))
        return super().ask(n, pending=pending)

    def tell(self, architectures: np.ndarray, scores: np.ndarray) -> None:
        self.told += [(tuple(a), s) for a, s in zip(architectures.tolist(), list(scores), strict=True)]
        super().tell(architectures, scores)

    def discard(self, architectures: np.ndarray) -> None:
        self.discarded += map(tuple, architectures.tolist())
        super().discard(architectures)


class Foreign(RandomSearch):
    """Asks what it likes."""

    def ask(self, n: int = 1, *, pending: np.ndarray | None = None) -> np.ndarray:
        return np.full((n, 6), 1, np.int8)
