"""NATS-Bench's size space: all 32,768 networks, on 4 data sets, for 1, 12 and 90 epochs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from surronas.spaces.nats_size import NatsSize
from surronas.store.importers.base import Benchmark, Fact, Importer
from surronas.store.importers.nats_bench import read_nats
from surronas.store.store import BenchmarkStore

NAME = "NATS-Bench size v1.0"
_EXPECTS = (
    "the folder NATS-sss-v1_0-50262-simple with meta.pickle.pbz2 and 000000.pickle.pbz2 to "
    "032767.pickle.pbz2 (or some of them), or the file NATS-sss-v1_0-50262.pickle.pbz2"
)


def read(source: Path) -> Benchmark:
    """Return NATS-Bench's size space as it lies at ``source``."""
    return read_nats(source, NatsSize(), NAME, _EXPECTS, facts)


def facts(store: BenchmarkStore, listed: Sequence[str]) -> Iterator[Fact]:
    """Give what was published of the whole space."""
    if len(store.architectures) == len(listed):
        accuracy = store.query(store.architectures, "test_accuracy", task="cifar10", epochs=90, seed="mean")
        mean = float(np.mean(accuracy))  # D-X-Y/NATS-Bench, notebooks/issue-11.ipynb
        yield Fact("mean test accuracy, cifar10, 90 epochs", 0.91085, mean, 5e-6)


IMPORTER = Importer(
    name="nats-bench-sss",
    title="NATS-Bench, size space (Dong et al., TPAMI 2021)",
    expects=_EXPECTS,
    by_hand="https://github.com/D-X-Y/NATS-Bench, NATS-sss-v1_0-50262-simple.tar",
    read=read,
)
