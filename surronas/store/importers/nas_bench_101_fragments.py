"""Fragments of NAS-Bench-101 that NASLib's repository keeps: a few cells whole, 500 with one accuracy.

Two more that can be found are not read. ``accuracies.csv`` of akashjorss (143 rows, 97 cells at 12, 36 and
108 epochs) names neither split nor repeat and has no licence; its numbers at 108 epochs lie about the mean
test accuracies of EC-NAS-Bench's files. ``nb101_zen.zip`` has a score of untrained networks, and no accuracy.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.cell101 import INPUT, OUTPUT, Cell101
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.nas_bench_101 import (
    FINAL,
    HALFWAY,
    PARAMS,
    REPEATS,
    TASK,
    records_of,
)
from surronas.store.importers.restricted import load_pickle
from surronas.store.schema import FRACTION, Metric, new_records
from surronas.store.store import BenchmarkStore

ZERO_COST_RECIPE = json.dumps(
    {"benchmark": "NAS-Bench-101", "seeds": "one of the three repeats; the source does not say which"},
    sort_keys=True,
)
PROXIES = ("snip", "jacov", "grad_norm", "plain", "epe_nas", "fisher", "grasp", "l2_norm", "synflow")
_NASLIB = "https://github.com/automl/NASLib (repository history)"
_PROXY_SOURCE = f"{_NASLIB}; Krishnakumar et al., NAS-Bench-Suite-Zero, NeurIPS 2022"
_LICENCE = "Apache-2.0"
_EPOCHS = 108
_IMAGES = 9_984  # all accuracies of NAS-Bench-101 are multiples of 1/9,984
_KEYS = ("training_time", "train_accuracy", "validation_accuracy", "test_accuracy")
_NAMES = (INPUT, OUTPUT, "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")  # by NASLib's number
_TUPLE = re.compile(r"\(\d(, \d){55}\)")
ACCURACY = Metric(
    "valid_accuracy",
    "valid",
    FRACTION,
    "maximize",
    "accuracy after 108 epochs of one of three repeats, which is not said",
    _NASLIB,
    _LICENCE,
)
MACS = Metric(
    "macs",
    None,
    "MACs for one image, forward",
    "minimize",
    "NASLib's flops: multiply-adds counted once, and some 1 to 4 % of element-wise operations",
    _PROXY_SOURCE,
    _LICENCE,
    "architecture",
)
_PROXY_METRICS = tuple(
    Metric(
        name,
        None,
        "",
        None,
        "zero-cost proxy on a batch of CIFAR-10",
        _PROXY_SOURCE,
        _LICENCE,
        "architecture",
    )
    for name in PROXIES
)


def read(source: Path) -> Benchmark:
    """Return what one of the files holds.

    Raises:
        InputError: neither a pickle of official-style metrics nor NASLib's zero-cost file of NAS-Bench-101.
    """
    if source.is_dir():
        raise InputError(f"{source} is a folder; expected {IMPORTER.expects}")
    with source.open("rb") as file:
        return _zero_cost(source) if file.read(1) == b"{" else _whole_cells(source)


def _whole_cells(source: Path) -> Benchmark:
    """Return the three runs of each cell of a pickle of official-style metrics."""
    with source.open("rb") as file:
        content = load_pickle(file)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{source} holds no cells by name; expected {IMPORTER.expects}")
    space = Cell101()
    texts, values, params = [], [], []
    for fixed, computed in content.values():
        bits = "".join(str(int(bit)) for row in fixed["module_adjacency"] for bit in row)
        texts.append(f"{bits} {','.join(fixed['module_operations'])}")
        params.append(float(fixed["trainable_parameters"]))
        values.append([_numbers(run) for run in _repeats(computed, source)])
    cells, table = space.from_strings(texts), np.array(values, np.float64).reshape(-1, 2 * len(_KEYS))
    repeats = np.tile(np.arange(REPEATS), len(cells))
    epochs = np.full(len(table), _EPOCHS)
    runs = records_of(cells.repeat(REPEATS, axis=0), epochs, repeats, table, FINAL + HALFWAY)

    def facts(store: BenchmarkStore) -> Iterator[Fact]:
        wrong = sum(a != b for a, b in zip(space.module_hashes(cells), content, strict=True))
        yield Fact("names that are not their cell's hash", 0, wrong)
        yield Fact("distinct cells of distinct names", len(content), len(store.architectures))
        yield _fact_of_images(table[:, [1, 2, 3, 5, 6, 7]])

    return Benchmark(
        space,
        (*FINAL, *HALFWAY, PARAMS),
        f"NAS-Bench-101, a part: {len(cells)} of 423,624 cells, from NASLib's repository; all three repeats "
        "at 108 epochs as seeds 0, 1 and 2. Isomorphic cells are one cell.",
        _LICENCE,
        [runs],
        [Columns(cells, {PARAMS.name: np.array(params)})],
        facts,
        canonical=True,
    )


def _repeats(computed: dict[int, list[dict[str, float]]], source: Path) -> list[dict[str, float]]:
    """Return the runs of one cell."""
    if set(computed) != {_EPOCHS} or len(computed[_EPOCHS]) != REPEATS:
        raise InputError(
            f"{source}: expected three runs of {_EPOCHS} epochs of each cell, got {set(computed)}"
        )
    return computed[_EPOCHS]


def _numbers(run: dict[str, float]) -> list[float]:
    """Return the numbers of one run in the order of FINAL and HALFWAY."""
    return [float(run[f"{when}_{key}"]) for when in ("final", "halfway") for key in _KEYS]


def _zero_cost(source: Path) -> Benchmark:
    """Return the 500 encodings of zc_nasbench101.json: one accuracy and the proxies of each."""
    content: Any = json.loads(source.read_bytes())
    rows: dict[str, dict[str, float]] = content["nasbench101"]["cifar10"]
    cells = _cells(rows, source)
    distinct = len(np.unique(Cell101().keys(cells)))
    accuracies = _column(rows.values(), "val_accuracy") / 100
    runs = new_records(len(cells), cells.shape[1], [ACCURACY])
    runs["architecture"], runs["epochs"], runs["valid_accuracy"] = cells, _EPOCHS, accuracies
    runs["task"], runs["recipe"], runs["origin"] = TASK, ZERO_COST_RECIPE, "benchmark"
    values = {name: _column(rows.values(), name) for name in PROXIES}
    values[MACS.name] = _column(rows.values(), "flops") * 1e6
    counts = {PARAMS.name: np.round(_column(rows.values(), "params") * 1e6)}

    def facts(store: BenchmarkStore) -> Iterator[Fact]:
        yield _fact_of_images(accuracies[:, None])

    return Benchmark(
        Cell101(),
        (ACCURACY, *_PROXY_METRICS, MACS, PARAMS),
        f"NAS-Bench-101, a part: {len(cells)} ways to write {distinct} of 423,624 cells, as NASLib's "
        "zero-cost file has them. valid_accuracy is that of one of three repeats, drawn anew for each row "
        "(twins have up to three values); seed 0 stands for it. The proxies of twins differ too, some params "
        "as well, so each way to write a cell stands for itself.",
        _LICENCE,
        [runs],
        [Columns(cells, values, TASK), Columns(cells, counts)],
        facts,
    )


def _cells(names: Iterable[str], source: Path) -> Architectures:
    """Return the (n, 26) cells that NASLib's tuples of 49 bits and 7 operation numbers name."""
    texts = []
    for name in names:
        if not _TUPLE.fullmatch(name):
            raise InputError(f"{source}: expected 49 bits and 7 operations, got {name[:60]!r}")
        numbers = [int(digit) for digit in name[1:-1].split(", ")]
        texts.append(f"{''.join(map(str, numbers[:49]))} {','.join(_NAMES[n] for n in numbers[49:])}")
    return Cell101().from_strings(texts)


def _column(rows: Iterable[dict[str, float]], name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows])


def _fact_of_images(accuracies: NDArray[np.float64]) -> Fact:
    """Return the check that accuracies are counts of images: single runs of NAS-Bench-101, not means."""
    images = accuracies * _IMAGES
    away = float(np.abs(images - np.round(images)).max())
    return Fact("distance of accuracies from a whole number of 9,984 images", 0.0, away, 1e-3)


IMPORTER = Importer(
    "nasbench101-fragments",
    "Fragments of NAS-Bench-101 in NASLib's repository",
    "one file: a pickle such as nb101_dummy.30cells.pkl, or zc_nasbench101.json",
    "https://github.com/automl/NASLib, from the repository's history",
    read,
)
