"""NATS-Bench's topology space: all NAS-Bench-201 cells, on 4 data sets, for 12 and 200 epochs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from surronas.spaces import Cell201
from surronas.store.importers.base import Benchmark, Fact, Importer
from surronas.store.importers.nats_bench import read_nats
from surronas.store.importers.nats_facts import Best, Spot, best_facts, spot_facts
from surronas.store.store import BenchmarkStore

NAME = "NATS-Bench topology v1.0"
_IMAGENET = "ImageNet16-120"
_SPOTS = (
    Spot(
        1462, "test_accuracy", "cifar10", 200, 0.9376, 5e-5
    ),  # D-X-Y/NATS-Bench, notebooks/find-largest.ipynb
    Spot(1462, "valid_accuracy", "cifar100", 200, 0.70707, 5e-6),
    Spot(1462, "test_accuracy", "cifar100", 200, 0.71107, 5e-6),
    Spot(1462, "valid_accuracy", _IMAGENET, 200, 0.40778, 5e-6),
    Spot(1462, "test_accuracy", _IMAGENET, 200, 0.41444, 5e-6),
    Spot(1462, "test_accuracy", "cifar10", 12, 0.8220, 5e-5),
    Spot(10676, "valid_accuracy", _IMAGENET, 200, 0.4673, 5e-5),  # notebooks/issue-27.ipynb
    Spot(10676, "test_accuracy", _IMAGENET, 200, 0.4620, 5e-5),
    Spot(857, "valid_accuracy", _IMAGENET, 200, 0.4638, 5e-5),
    Spot(857, "test_accuracy", _IMAGENET, 200, 0.4731, 5e-5),
    Spot(11472, "params", "cifar10", 0, 559_000, 500),  # AutoDL-Projects, exps/NAS-Bench-201/visualize.py
    Spot(11472, "macs", "cifar10", 0, 78.56e6, 5e3),
    Spot(
        0, "test_accuracy", "cifar10", 200, 0.8586333333, 1e-9
    ),  # v-tao/nats-bench-landscape, nats_bench.csv
    Spot(0, "test_accuracy", "cifar100", 200, 0.5291333333, 1e-9),
    Spot(0, "test_accuracy", _IMAGENET, 200, 0.2663333333, 1e-8),
    Spot(11, "test_accuracy", "cifar10", 200, 0.9158333333, 1e-9),
    Spot(284, "test_accuracy", "cifar10", 200, 0.8879, 1e-9),
)
BESTS = (
    Best("test_accuracy", "cifar10", 200, 0.9437, 5e-5),  # ELO-Lab/MF-NAS, README
    Best("test_accuracy", "cifar100", 200, 0.7351, 5e-5),
    Best("test_accuracy", _IMAGENET, 200, 0.4731, 5e-5, 857),
    Best("valid_accuracy", _IMAGENET, 200, 0.4673, 5e-5, 10676),  # D-X-Y/NATS-Bench, notebooks/issue-27.ipynb
    Best("valid_accuracy", "cifar10-valid", 12, 0.84892, 5e-6, 13714),  # notebooks/issue-7.ipynb
)
_EXPECTS = (
    "the folder NATS-tss-v1_0-3ffb9-simple with meta.pickle.pbz2 and 000000.pickle.pbz2 to "
    "015624.pickle.pbz2 (or some of them), or the file NATS-tss-v1_0-3ffb9.pickle.pbz2"
)


def read(source: Path) -> Benchmark:
    """Return NATS-Bench's topology space as it lies at ``source``."""
    return read_nats(source, Cell201(), NAME, _EXPECTS, facts)


def facts(store: BenchmarkStore, listed: Sequence[str]) -> Iterator[Fact]:
    """Give what was published: spots for a part, counts and optima for the whole benchmark."""
    yield from spot_facts(store, listed, _SPOTS)
    if len(store.architectures) == len(listed):
        classes = len(np.unique(store.space.keys(store.architectures)))
        yield Fact("classes of isomorphic cells", 6_466, classes)  # notebooks/issue-12.ipynb
        yield from best_facts(store, listed, BESTS)


IMPORTER = Importer(
    name="nats-bench-tss",
    title="NATS-Bench, topology space (Dong et al., TPAMI 2021)",
    expects=_EXPECTS,
    by_hand="https://github.com/D-X-Y/NATS-Bench, NATS-tss-v1_0-3ffb9-simple.tar",
    read=read,
)
