"""What was published of NATS-Bench and NAS-Bench-201, beside what an imported store says."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures
from surronas.store.importers.base import Fact
from surronas.store.store import BenchmarkStore


class Spot(NamedTuple):
    """A published number of one architecture, by its index in the benchmark: the mean over seeds."""

    cell: int
    metric: str
    task: str
    epochs: int
    value: float
    tolerance: float


class Best(NamedTuple):
    """A published optimum, its architecture's index where it was given, -1 where not."""

    metric: str
    task: str
    epochs: int
    value: float
    tolerance: float
    cell: int = -1


def spot_facts(store: BenchmarkStore, listed: Sequence[str], spots: Iterable[Spot]) -> Iterator[Fact]:
    """Give the published numbers of those architectures that the store holds."""
    for spot in spots:
        (found,) = values(store, store.space.from_strings([listed[spot.cell]]), spot)
        if not np.isnan(found):
            after = f", {spot.epochs} epochs" if spot.epochs else ""
            what = f"architecture {spot.cell}, {spot.metric}, {spot.task}{after}"
            yield Fact(what, spot.value, float(found), spot.tolerance)


def best_facts(store: BenchmarkStore, listed: Sequence[str], bests: Iterable[Best]) -> Iterator[Fact]:
    """Give the published optima of the whole benchmark."""
    architectures = store.space.from_strings(list(listed))
    for best in bests:
        found = values(store, architectures, best)
        what = f"best {best.metric}, {best.task}, {best.epochs} epochs"
        yield Fact(what, best.value, float(np.nanmax(found)), best.tolerance)
        if best.cell >= 0:
            yield Fact(f"architecture of the {what}", best.cell, int(np.nanargmax(found)))


def values(store: BenchmarkStore, architectures: Architectures, asked: Spot | Best) -> NDArray[np.float64]:
    """Return (n,) means over seeds, NaN where there is none; costs have neither seeds nor epochs."""
    if not asked.epochs:
        return store.query(architectures, asked.metric, task=asked.task, missing="nan")
    return store.query(
        architectures, asked.metric, task=asked.task, epochs=asked.epochs, seed="mean", missing="nan"
    )
