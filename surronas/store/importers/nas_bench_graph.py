"""NAS-Bench-Graph from its PyPI package: the mean of three seeds on nine graphs, latency and parameters."""

import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.graph_network import OPERATIONS, GraphNetwork
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.restricted import load_pickle
from surronas.store.schema import FRACTION, SEED_MEAN, Metric, Records, new_records
from surronas.store.store import BenchmarkStore

INSTALLED = "installed"  # the SOURCE that means the installed package
_PACKAGE = "nas_bench_graph"
_V100, _RTX3090 = "NVIDIA Tesla V100 16GB", "NVIDIA GeForce RTX 3090 24GB"
_LINKS = ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 2), (0, 1, 3), (1, 1, 1), (1, 1, 2), (1, 2, 2), (1, 2, 3))
_FIELDS = ("valid_perf", "perf", "latency", "para")
_MOST_BYTES = 2**26  # 64 MB: a file has 2 MB
_LICENCE = "Apache-2.0"
_SOURCE = "Qin et al., NAS-Bench-Graph, NeurIPS 2022; PyPI nas-bench-graph 1.4"


@dataclass(frozen=True)
class _Graph:
    """What is known of one task: its runs, and what a whole file of it holds."""

    quantity: str  # what `perf` is on this graph
    epochs: int
    device: str
    num_networks: int
    best_test: float  # [CALC] the highest `perf` in the package's version 1.4


# The package says neither epochs nor hardware. These are those of the paper's appendix at second hand, from a
# later paper's code; the hidden sizes of the same table agree with the parameters here on all nine graphs.
TASKS = {
    "cora": _Graph("accuracy", 400, _V100, 26_206, 0.831333),
    "citeseer": _Graph("accuracy", 400, _V100, 26_206, 0.715667),
    "pubmed": _Graph("accuracy", 500, _RTX3090, 26_206, 0.786),
    "cs": _Graph("accuracy", 400, _V100, 26_206, 0.912624),
    "physics": _Graph("accuracy", 200, _V100, 26_206, 0.930049),
    "photo": _Graph("accuracy", 500, _V100, 26_206, 0.927896),
    "computers": _Graph("accuracy", 500, _V100, 26_206, 0.855834),
    "arxiv": _Graph("accuracy", 500, _RTX3090, 26_206, 0.723865),
    "proteins": _Graph("roc_auc", 500, _V100, 2_021, 0.792634),
}
_RECIPE = json.dumps(
    {
        "benchmark": "NAS-Bench-Graph",
        "hyper-parameters": "one set for each graph, in the appendix of the paper",
        "seeds": "the mean of 3, which the package does not give one by one",
    },
    sort_keys=True,
)
_DESCRIPTION = (
    "NAS-Bench-Graph: graph networks on nine graphs, node classification. A network stands for its class "
    "by the benchmark's own rule of equal networks. Every row is the source's own mean over three seeds; "
    "the single seeds and the curves are in the authors' larger files (figshare 20070371), which are not "
    "read. Validation figures were rounded to three decimals before the mean was taken. proteins is "
    "measured in ROC-AUC, and for networks of gcn, sage, arma, fc and skip alone. The package does not "
    "say at which epoch the figures stand; nor what was timed for `latency`, and its unit (read as "
    "seconds); nor epochs and devices, which are those of the paper's appendix at second hand."
)


def _measured(quantity: str, description: str) -> Iterator[Metric]:
    for split, field in (("valid", "valid_perf"), ("test", "perf")):
        yield Metric(
            f"{split}_{quantity}", split, FRACTION, "maximize", f"{description}: `{field}`", _SOURCE, _LICENCE
        )


METRICS = (
    *_measured("accuracy", "share of nodes classified correctly, mean of three seeds"),
    *_measured("roc_auc", "area under the ROC curve, mean of three seeds"),
    Metric(
        "latency_ms",
        None,
        "ms",
        "minimize",
        "`latency`, read as seconds; the source does not say of what",
        _SOURCE,
        _LICENCE,
        "architecture",
    ),
    Metric(
        "params",
        None,
        "parameters",
        "minimize",
        "`para`, given in millions; a mean over seeds, on physics not always whole",
        _SOURCE,
        _LICENCE,
        "architecture",
    ),
)


def read(source: Path) -> Benchmark:
    """Return the benchmark of the ``.bench`` files that lie in the package's folder, or its folder light.

    Raises:
        InputError: none of the nine files is there, or one is not what it should be.
    """
    source = installed_folder() if source == Path(INSTALLED) else source
    folder = source / "light" if (source / "light").is_dir() else source
    files = {task: folder / f"{task}.bench" for task in TASKS if (folder / f"{task}.bench").is_file()}
    if not files:
        raise InputError(f"expected {IMPORTER.expects}; {source} holds no {', no '.join(TASKS)} .bench file")
    tables = {task: _table(file) for task, file in files.items()}
    whole = {task for task, (networks, _) in tables.items() if len(networks) == TASKS[task].num_networks}
    parts = [
        f"{task}: {len(networks):,} networks" for task, (networks, _) in tables.items() if task not in whole
    ]
    parts += [f"no {task}" for task in TASKS if task not in files]
    description = _DESCRIPTION + (f" A part of the benchmark ({', '.join(parts)})." if parts else "")
    return Benchmark(
        space=GraphNetwork(),
        metrics=METRICS,
        description=description,
        licence=_LICENCE,
        runs=(_runs(task, *table) for task, table in tables.items()),
        columns=(columns for task, table in tables.items() for columns in _columns(task, *table)),
        facts=lambda store: _facts(store, whole),
        canonical=True,
    )


def installed_folder() -> Path:
    """Return the folder of the installed package, without running any of it.

    Raises:
        InputError: it is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the package nas-bench-graph is not installed; pip install nas-bench-graph")
    return Path(spec.submodule_search_locations[0])


def _table(file: Path) -> tuple[Architectures, NDArray[np.float64]]:
    """Return the (n, 7) networks of a file and their (n, 4) numbers, in the order of ``_FIELDS``."""
    with file.open("rb") as opened:
        loaded = load_pickle(opened, max_bytes=_MOST_BYTES)
    if not isinstance(loaded, Mapping) or not loaded:
        raise InputError(f"expected a dict from a network's number to its results in {file}")
    hashes = np.array([int(key) for key in loaded], dtype=np.int64)
    numbers = np.array([[float(entry[field]) for field in _FIELDS] for entry in loaded.values()])
    return _networks(hashes, file), numbers


def _networks(hashes: NDArray[np.int64], file: Path) -> Architectures:
    """Return the (n, 7) networks of the benchmark's own numbers: digits of a tree and of 4 operations."""
    tree, operations = hashes // 10_000, hashes[:, None] // (1000, 100, 10, 1) % 10
    wrong = (tree < 0) | (tree >= len(_LINKS)) | (operations >= len(OPERATIONS)).any(axis=1)
    networks = np.hstack(
        [np.array(_LINKS)[np.where(wrong, 0, tree)], np.where(wrong[:, None], 0, operations)]
    )
    decisions = networks.astype(np.int8)
    wrong |= (GraphNetwork().canonical(decisions) != decisions).any(axis=1)
    if wrong.any():
        raise InputError(
            f"{file} holds {hashes[np.argmax(wrong)]}, which numbers no network of the benchmark"
        )
    return decisions


def _runs(task: str, networks: Architectures, numbers: NDArray[np.float64]) -> Records:
    """Return (n,) records of one graph."""
    graph = TASKS[task]
    names = [f"{split}_{graph.quantity}" for split in ("valid", "test")]
    records = new_records(len(networks), networks.shape[1], names)
    records["architecture"], records["task"], records["recipe"] = networks, task, _RECIPE
    records["epochs"], records["seed"], records["device"] = graph.epochs, SEED_MEAN, graph.device
    records["origin"] = "benchmark"
    for name, values in zip(names, numbers.T, strict=False):
        records[name] = values
    return records


def _columns(task: str, networks: Architectures, numbers: NDArray[np.float64]) -> Iterator[Columns]:
    """Give the latency and the number of parameters on one graph."""
    latency, millions = numbers[:, 2:].T
    yield Columns(networks, {"latency_ms": 1e3 * latency}, task, _RECIPE, TASKS[task].device)
    yield Columns(networks, {"params": np.round(3e6 * millions) / 3}, task, _RECIPE)  # means of three, exact


def _facts(store: BenchmarkStore, whole: set[str]) -> Iterable[Fact]:
    """Return the facts of the graphs that are there as a whole."""
    if whole - {"proteins"}:
        yield Fact("distinct networks", 26_206, len(store.architectures))
    for task in TASKS:
        if task in whole:
            runs = store.table(task=task)
            best = float(np.nanmax(runs[f"test_{TASKS[task].quantity}"]))
            yield Fact(f"networks on {task}", TASKS[task].num_networks, len(runs))
            yield Fact(f"best test {TASKS[task].quantity} on {task}", TASKS[task].best_test, best, 5e-7)


IMPORTER = Importer(
    name="nas-bench-graph",
    title="NAS-Bench-Graph (Qin et al., NeurIPS 2022)",
    expects=f"the word {INSTALLED!r} after pip install nas-bench-graph, or that package's folder",
    by_hand="https://pypi.org/project/nas-bench-graph",
    read=read,
    words=(INSTALLED,),
)
