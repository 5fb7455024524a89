"""What is known of NAS-Bench-201's public copies, beside what an imported store says."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Cell201
from surronas.store.importers.base import Fact
from surronas.store.importers.hw_nas_bench import hardware_facts
from surronas.store.importers.nas_bench_201_sources import Landscape
from surronas.store.importers.nats_facts import Best, Spot, best_facts, spot_facts
from surronas.store.store import BenchmarkStore

_IMAGENET = "ImageNet16-120"
_SPOTS = (
    Spot(
        1462, "test_accuracy", "cifar10", 200, 0.9376, 5e-5
    ),  # D-X-Y/NATS-Bench, notebooks/find-largest.ipynb
    Spot(1462, "test_accuracy", "cifar100", 200, 0.71107, 5e-6),
    Spot(1462, "test_accuracy", _IMAGENET, 200, 0.41444, 5e-6),
    Spot(1462, "test_accuracy", "cifar10", 12, 0.8220, 5e-5),
    Spot(10676, "test_accuracy", _IMAGENET, 200, 0.4620, 5e-5),  # D-X-Y/NATS-Bench, notebooks/issue-27.ipynb
    Spot(857, "test_accuracy", _IMAGENET, 200, 0.4731, 5e-5),
    Spot(11472, "params", "cifar10", 0, 559_000, 500),  # AutoDL-Projects, exps/NAS-Bench-201/visualize.py
    Spot(11472, "macs", "cifar10", 0, 78.56e6, 5e3),
)
_BESTS = (
    Best("test_accuracy", "cifar10", 200, 0.943733, 5e-7),  # ELO-Lab/MF-NAS, README: 94.37 / 73.51 / 47.31
    Best("test_accuracy", "cifar100", 200, 0.735133, 5e-7, 9930),
    Best("test_accuracy", _IMAGENET, 200, 0.473111, 5e-7, 857),
)
_AFTER_12 = (  # D-X-Y/NATS-Bench, notebooks/issue-7.ipynb
    Best("valid_accuracy", "cifar10-valid", 12, 0.84892, 5e-6, 13714),
)
_SEED_888 = {  # task -> best accuracy, strict and weak local maxima, median; computed from NASLib's files
    "cifar10-valid": (0.9157, 45, 52, 0.8693),
    "cifar100": (0.7326, 44, 44, 0.6522),
    _IMAGENET: (0.473333, 47, 47, 0.3630),
}
_PEARSON = {
    ("cifar10-valid", "cifar100"): 0.9681,
    ("cifar10-valid", _IMAGENET): 0.8150,
    ("cifar100", _IMAGENET): 0.9018,
}


def facts(store: BenchmarkStore, table: Landscape) -> Iterator[Fact]:
    """Give what is known: of a part, whether its classes and costs are right; of the whole, all the rest."""
    yield _classes(table)
    yield from hardware_facts(store)
    if len(table.cells) < Cell201().num_architectures:
        return
    listed = store.space.to_strings(table.cells)
    yield Fact("classes of isomorphic cells", 6_466, len(np.unique(store.space.keys(table.cells))))
    yield from best_facts(store, listed, _BESTS)
    yield from spot_facts(store, listed, _SPOTS)
    if store.contains(table.cells, task="cifar10-valid", epochs=12).all():
        yield from best_facts(store, listed, _AFTER_12)
    if all(store.contains(table.cells, task=task, epochs=200, seed=888).all() for task in _SEED_888):
        yield from _seed_888(store)


def _classes(table: Landscape) -> Fact:
    """Return whether the table's own classes are those of our canonical forms, cell by cell."""
    keys = Cell201().keys(table.cells).tolist()
    pairs = len(set(zip(keys, table.classes, strict=True)))
    agree = pairs == len(set(keys)) == len(set(table.classes))
    return Fact("the table's classes are those of isomorphic cells", "yes", "yes" if agree else "no")


def _seed_888(store: BenchmarkStore) -> Iterator[Fact]:
    """Give the facts of NASLib's column: the test accuracy of seed 888."""
    cells = store.space.enumerate()
    accuracy = {
        task: store.query(cells, "test_accuracy", task=task, epochs=200, seed=888) for task in _SEED_888
    }
    for task, (best, strict, weak, median) in _SEED_888.items():
        values = accuracy[task]
        best_neighbor = _best_neighbor(store, values)
        what = f"test accuracy of seed 888, {task}"
        yield Fact(f"best {what}", best, float(values.max()), 5e-7)
        yield Fact(f"median {what}", median, float(np.median(values)), 5e-5)
        yield Fact(f"strict local maxima of {what}", strict, int((values > best_neighbor).sum()))
        yield Fact(f"local maxima of {what}", weak, int((values >= best_neighbor).sum()))
    for (one, other), expected in _PEARSON.items():
        found = float(np.corrcoef(accuracy[one], accuracy[other])[0, 1])
        yield Fact(f"Pearson correlation of {one} and {other}, seed 888", expected, found, 5e-5)


def _best_neighbor(store: BenchmarkStore, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n,) the best value among the 24 neighbors of each cell; cells lie in the order of codes."""
    neighbors, _ = store.space.neighborhoods(store.space.enumerate())
    best: NDArray[np.float64] = values[store.space.codes(neighbors)].reshape(len(values), -1).max(axis=1)
    return best
