"""NAS-Bench-201's own files, NAS-Bench-201-v1_0-e61699.pth and v1_1-096897.pth, read without torch.

One pickle holds everything, so the whole benchmark is in memory at once, as with the authors' own package:
the file, and nearly 2 MB for each cell in Python's numbers (28 GB in all, by the official sample).
NATS-Bench's folder has the same cells and needs next to nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.store.importers.base import Benchmark, Fact, Importer
from surronas.store.importers.nats_bench import Source, describe
from surronas.store.importers.nats_facts import Best, Spot, best_facts, spot_facts
from surronas.store.importers.nats_records import COSTS, LICENCE, RUN_METRICS
from surronas.store.importers.restricted import load_torch
from surronas.store.store import BenchmarkStore

_IMAGENET = "ImageNet16-120"
_SCHEDULES = {"less": "12", "full": "200"}  # the file's name -> NATS-Bench's
_EXPECTS = "NAS-Bench-201-v1_0-e61699.pth or NAS-Bench-201-v1_1-096897.pth"
_SPOTS = (  # of both versions: AutoDL-Projects, exps/NAS-Bench-201/visualize.py
    Spot(11472, "params", "cifar10", 0, 559_000, 500),
    Spot(11472, "macs", "cifar10", 0, 78.56e6, 5e3),
)
BESTS = {
    "v1_1": (  # xingchenwan/nasbowl, benchmarks/nas201.py
        Best("valid_accuracy", "cifar10-valid", 200, 0.9160666665, 5e-9, 6111),
        Best("test_accuracy", "cifar10-valid", 200, 0.91523333, 5e-8, 1459),
        Best("valid_accuracy", "cifar100", 200, 0.73493333, 5e-8, 9930),
        Best("test_accuracy", "cifar100", 200, 0.73513333, 5e-8, 9930),
        Best("valid_accuracy", _IMAGENET, 200, 0.46766667, 5e-8, 10676),
        Best("test_accuracy", _IMAGENET, 200, 0.47311111, 5e-8, 857),
    ),
}


def read(source: Path) -> Benchmark:
    """Return NAS-Bench-201 as the file at ``source`` holds it.

    Raises:
        InputError: no such file, or another content.
    """
    if not source.is_file():
        raise InputError(f"{source} is a folder; expected {_EXPECTS}")
    whole = load_torch(source)
    if not isinstance(whole, dict) or not isinstance(whole.get("arch2infos"), dict):
        raise InputError(f"{source} does not hold NAS-Bench-201; expected {_EXPECTS}")
    listed, infos = [str(name) for name in whole["meta_archs"]], whole["arch2infos"]
    space, version = Cell201(), _version(source.name)
    if len(listed) != space.num_architectures:
        raise InputError(
            f"{source} lists {len(listed)} cells, expected {space.num_architectures}; is it whole?"
        )
    name, count = f"NAS-Bench-201 {version}".strip(), len(infos)
    records = ((index, _by_epochs(infos.pop(index))) for index in sorted(infos))
    benchmark = Source(space, name, listed, records)
    return Benchmark(
        space,
        (*RUN_METRICS, *COSTS),
        describe(name, count, len(listed)),
        LICENCE,
        benchmark.runs(),
        benchmark.columns(),
        lambda store: facts(store, listed, version),
    )


def facts(store: BenchmarkStore, listed: Sequence[str], version: str) -> Iterator[Fact]:
    """Give what was published: spots for a part, counts and the version's optima for the whole benchmark."""
    yield from spot_facts(store, listed, _SPOTS)
    if len(store.architectures) == len(listed):
        yield Fact(
            "classes of isomorphic cells", 6_466, len(np.unique(store.space.keys(store.architectures)))
        )
        yield from best_facts(store, listed, BESTS.get(version, ()))


def _version(name: str) -> str:
    """Return the version that the authors put into the file's name, "" where it was renamed."""
    found = re.search(r"v\d_\d", name)
    return found[0] if found else ""


def _by_epochs(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results of one cell by schedule, under NATS-Bench's names."""
    return {hp: info[name] for name, hp in _SCHEDULES.items()}


IMPORTER = Importer(
    name="nasbench201-pth",
    title="NAS-Bench-201 (Dong and Yang, ICLR 2020)",
    expects=_EXPECTS,
    by_hand="https://github.com/D-X-Y/NAS-Bench-201, section Preparation and Download",
    read=read,
)
