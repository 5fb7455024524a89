"""What EC-NAS-Bench's files hold, file by file: its own runs, NAS-Bench-101's means, energy by device.

Three kinds, told by the file's name. ``energy_4V9E`` and ``energy_5V9E`` are trainings under an energy meter.
In ``energy_4V9E_estimate`` and those named by a device only 4 epochs were measured: time and energy of 12, 36
and 108 epochs are 3, 9 and 27 times that, and the accuracies are no results of these trainings but
NAS-Bench-101's means of three, at all evaluation points alike (for 13 cells NASLib's zero-cost file shows all
three single values: their mean it is). ``7v_data.pt`` is what the authors fitted their energy predictor to.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces.cell101 import INPUT, OUTPUT, Cell101
from surronas.store.importers.base import Columns
from surronas.store.importers.nas_bench_101_rows import Modules, Rows
from surronas.store.importers.protobuf import FieldPath, numbers, text
from surronas.store.importers.torch_files import load_torch
from surronas.store.schema import SEED_MEAN, Records, new_records

TASK = "cifar10"
REPEATS = 3
QUADRO = "NVIDIA Quadro RTX 6000"
MEASURED = {"energy_4V9E.tfrecord": 1_092, "energy_5V9E.tfrecord": 2_532}  # and how many rows they have
SCALED = {  # the device of each
    "energy_4V9E_estimate.tfrecord": QUADRO,
    "energy_4V9E_quadrortx6000.tfrecord": QUADRO,
    "energy_4V9E_rtx3060.tfrecord": "NVIDIA GeForce RTX 3060",
    "energy_4V9E_rtx3090.tfrecord": "NVIDIA GeForce RTX 3090",
    "energy_4V9E_titanxp.tfrecord": "TITAN Xp",
}
PREDICTOR_SET = "7v_data.pt"
ACCURACIES = ("train_accuracy", "valid_accuracy", "test_accuracy")
COSTS = ("train_seconds", "energy_kwh", "co2_grams")
TOTALS = ("total_seconds", "total_energy_kwh", "total_co2_grams")
MEANS_RECIPE = json.dumps(
    {"benchmark": "NAS-Bench-101", "seeds": "the mean of three repeats, from EC-NAS-Bench's files"},
    sort_keys=True,
)
_EVALUATION, _START, _BETWEEN, _FINAL = 1, 0, 1, 2
_EPOCH, _PARAMETERS, _TOTALS = 1, (2,), ((3,), (4,), (5,))
_POINT = (3, 4, 5, 2, 6, 7)  # fields of an evaluation, in the order of ACCURACIES and COSTS
_DEVICE = (9, 1, 3, 1)  # power usage: of the GPU: device: name
_MEASURED_EPOCHS = 4  # in the scaled files
_PREDICTOR_OPERATIONS = ("", INPUT, "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3", OUTPUT)  # by number


@dataclass(frozen=True)
class Evaluations:
    """The rows of one file with their numbers."""

    rows: Rows
    modules: Modules
    cells: NDArray[np.int64]  # (n,) which of the modules
    final: NDArray[np.float64]  # (n, 6): ACCURACIES and COSTS
    between: NDArray[np.float64]  # (n, 6): the same after fewer epochs
    between_epoch: NDArray[np.float64]  # (n,)
    start: NDArray[np.float64]  # (n, 3): ACCURACIES before training
    totals: NDArray[np.float64]  # (n, 3)
    params: NDArray[np.float64]  # (n,)


def measured_recipe(name: str) -> str:
    """Return the recipe of the runs of a measured file."""
    seeds = "numbers of the repeats; the source gives no seeds"
    return json.dumps(
        {"benchmark": "EC-NAS-Bench", "runs": name.removesuffix(".tfrecord"), "seeds": seeds}, sort_keys=True
    )


def read_evaluations(path: Path) -> Evaluations:
    """Return all rows of one file.

    Raises:
        InputError: it is damaged, or its rows are not three evaluations of a training up to its epochs.
    """
    paths: list[FieldPath] = [
        *((_EVALUATION, _FINAL, number) for number in _POINT),
        *((_EVALUATION, _BETWEEN, number) for number in _POINT),
        *((_EVALUATION, _START, number) for number in _POINT[: len(ACCURACIES)]),
        *_TOTALS,
        _PARAMETERS,
        (_EVALUATION, _BETWEEN, _EPOCH),
        (_EVALUATION, _FINAL, _EPOCH),
    ]
    modules = Modules()
    ((rows, cells),) = modules.number(path, REPEATS)  # one batch: the files have at most 2,532 rows
    values = numbers(rows.messages, paths, _EVALUATION)
    if np.isnan(values).any() or not np.array_equal(values[:, -1], rows.epochs):
        raise InputError(f"{path}: expected three evaluations of each training, the last after its epochs")
    final, between, start, totals = np.split(values[:, :-3], [6, 12, 15], axis=1)
    return Evaluations(rows, modules, cells, final, between, values[:, -2], start, totals, values[:, -3])


def runs_of(found: Evaluations, name: str) -> Records:
    """Return the records of a measured file: what each run ended with, and as a curve its point between."""
    rows = found.rows
    curves = ACCURACIES + COSTS
    starts = [f"start_{name}" for name in ACCURACIES]
    longest = int(rows.epochs.max())
    records = new_records(len(rows.epochs), 26, [*curves, *starts, *TOTALS], curves, longest)
    records["architecture"], records["epochs"], records["seed"] = (
        rows.architectures,
        rows.epochs,
        rows.repeats,
    )
    records["task"], records["recipe"], records["origin"] = TASK, measured_recipe(name), "benchmark"
    records["device"] = [text(message, _DEVICE) for message in rows.messages]
    every, last = np.arange(len(records)), rows.epochs - 1
    for column, metric in enumerate(curves):
        records[metric] = found.final[:, column]
        curve = records[f"{metric}_curve"]
        curve[every, found.between_epoch.astype(np.int64) - 1] = found.between[:, column]
        curve[every, last] = found.final[:, column]
    for names, block in ((starts, found.start), (TOTALS, found.totals)):
        for column, metric in enumerate(names):
            records[metric] = block[:, column]
    return records


def means_of(found: Evaluations) -> Records:
    """Return NAS-Bench-101's mean accuracies, of a scaled file, as records."""
    rows = found.rows
    records = new_records(len(rows.epochs), 26, ACCURACIES)
    records["architecture"], records["epochs"], records["seed"] = rows.architectures, rows.epochs, SEED_MEAN
    records["task"], records["recipe"], records["origin"] = TASK, MEANS_RECIPE, "benchmark"
    for column, metric in enumerate(ACCURACIES):
        records[metric] = found.final[:, column]
    return records


def device_columns(found: Evaluations, path: Path) -> Columns:
    """Return what a scaled file has measured: time, energy and CO2 of 4 epochs on its device.

    Raises:
        InputError: the numbers of more epochs are more than 4-epoch numbers scaled up.
    """
    four = found.rows.epochs == _MEASURED_EPOCHS
    of_cell = np.full((len(found.modules.names), len(COSTS)), np.nan)
    of_cell[found.cells[four]] = found.final[four, len(ACCURACIES) :]
    scaled = of_cell[found.cells] * (found.rows.epochs / _MEASURED_EPOCHS)[:, None]
    if not np.allclose(scaled, found.final[:, len(ACCURACIES) :], rtol=1e-5, atol=2e-6):
        raise InputError(f"{path}: expected time and energy to be those of 4 epochs scaled up; they are not")
    values = {f"{name}_4_epochs": column for name, column in zip(COSTS, of_cell.T, strict=True)}
    return Columns(found.modules.cells, values, TASK, device=SCALED[path.name])


def params_of(found: Evaluations) -> Columns:
    """Return the parameter counts of a file's cells."""
    params = np.empty(len(found.modules.names))
    params[found.cells] = found.params
    return Columns(found.modules.cells, {"params": params})


def predictor_set(path: Path) -> Columns:
    """Return energy and parameters of the cells in 7v_data.pt.

    Raises:
        InputError: it is no torch file of four tensors: adjacency, operations, energy and parameters.
    """
    loaded = load_torch(path)
    parts = [np.asarray(part) for part in loaded] if isinstance(loaded, tuple) else []
    shapes = [part.shape for part in parts]
    n = len(parts[0]) if parts and parts[0].ndim else 0
    if shapes != [(n, 7, 7), (n, 7), (n,), (n,)]:
        raise InputError(f"{path}: expected tensors of shape (n, 7, 7), (n, 7), (n,), (n,), got {shapes}")
    adjacency, operations, energy, params = parts
    texts = []
    for matrix, numbered in zip(adjacency.tolist(), operations.tolist(), strict=True):
        vertices = sum(number > 0 for number in numbered)
        bits = "".join(str(bit) for row in matrix[:vertices] for bit in row[:vertices])
        texts.append(f"{bits} {','.join(_PREDICTOR_OPERATIONS[number] for number in numbered[:vertices])}")
    values = {"predictor_set_energy_kwh": energy.astype(float), "params": params.astype(float)}
    return Columns(Cell101().from_strings(texts), values)
