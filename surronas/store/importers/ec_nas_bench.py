"""EC-NAS-Bench: small NAS-Bench-101 cells trained again under energy meters (Bakhtiarifard et al. 2024)."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.spaces.cell101 import Cell101
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.ec_nas_bench_files import (
    ACCURACIES,
    COSTS,
    MEANS_RECIPE,
    MEASURED,
    PREDICTOR_SET,
    SCALED,
    TASK,
    TOTALS,
    Evaluations,
    device_columns,
    means_of,
    measured_recipe,
    params_of,
    predictor_set,
    read_evaluations,
    runs_of,
)
from surronas.store.importers.nas_bench_101_rows import misnamed
from surronas.store.schema import FRACTION, Metric, Records
from surronas.store.store import BenchmarkStore

_SOURCE = "https://github.com/PedramBakh/EC-NAS-Bench (ICASSP 2024)"
_PREDICTOR_SOURCE = "https://github.com/raghavian/surrogate-ec-nasbench"
_UNITS = {"seconds": "s", "kwh": "kWh", "grams": "g CO2 equivalent", "params": "parameters"}
_RUNS = (
    "{name}: own trainings ({count} runs) with the accuracies before training (start_*), after one or two "
    "epochs and at the end (curves); recipe {recipe}."
)
_MEANS = (
    "NAS-Bench-101's accuracies, each the mean of its three repeats, of cells with up to 4 vertices, for 4, "
    '12, 36 and 108 epochs: seed="mean", recipe {recipe}. Time, energy and CO2 of 4 epochs by device, for '
    "architectures (*_4_epochs); the files' numbers for more epochs are these times 3, 9, 27, and left out."
)
_PREDICTOR = (
    "predictor_set_energy_kwh: what the authors fitted their energy predictor to; the file names neither "
    "device nor epochs; for the 35 cells that energy_5V9E has too it is .33 to .69 of the energy there."
)
CELLS_AND_EPOCHS = {"energy_4V9E.tfrecord": (91, 108), "energy_5V9E.tfrecord": (2_532, 4)}
BEST_TEST = 0.9353  # of one run of energy_4V9E at 108 epochs
KNOWN_MEAN = (  # a cell of which NASLib shows three validation accuracies at 108 epochs, and their mean
    "010001000 input,maxpool3x3,output",
    0.8918603,
)


def read(source: Path) -> Benchmark:
    """Return what one of the files holds, or all of those in a folder together.

    Raises:
        InputError: no file of a known name, damaged files, or files that contradict each other.
    """
    files = _files(source)
    found = {path: read_evaluations(path) for path in files if path.name != PREDICTOR_SET}
    scaled = {path: each for path, each in found.items() if path.name in SCALED}
    columns = [params_of(each) for each in found.values()]
    columns += [device_columns(each, path) for path, each in scaled.items()]
    columns += [predictor_set(path) for path in files if path.name == PREDICTOR_SET]
    runs = [runs_of(each, path.name) for path, each in found.items() if path.name in MEASURED]
    runs += _means(scaled)
    return Benchmark(
        Cell101(),
        _metrics(runs, columns),
        _description(files, found),
        "MIT",
        runs,
        columns,
        _facts(found),
        canonical=True,
    )


def _files(source: Path) -> list[Path]:
    """Return the files of known names at the source, or anywhere below it."""
    known = {*MEASURED, *SCALED, PREDICTOR_SET}
    given = sorted(source.rglob("*")) if source.is_dir() else [source]
    files = [path for path in given if path.name in known]
    if not files:
        raise InputError(f"no file of EC-NAS-Bench at {source}: expected {', '.join(sorted(known))}")
    if len({path.name for path in files}) < len(files):
        raise InputError(f"there are several files of one name below {source}; import one folder at a time")
    return files


def _means(scaled: dict[Path, Evaluations]) -> list[Records]:
    """Return NAS-Bench-101's means, once, of files that must agree on them."""
    first: dict[tuple[str, int], list[float]] = {}
    kept = []
    for path, each in scaled.items():
        names = list(each.modules.names)
        keys = [(names[cell], int(e)) for cell, e in zip(each.cells, each.rows.epochs, strict=True)]
        new = np.array([key not in first for key in keys], bool)
        means = each.final[:, : len(ACCURACIES)].tolist()
        for key, accuracies in zip(keys, means, strict=True):
            if first.setdefault(key, accuracies) != accuracies:
                raise InputError(
                    f"{path}: expected the accuracies of cell {key[0]} to be as in the other files"
                )
        kept += [means_of(each)[new]] if new.any() else []
    return kept


def _metrics(runs: list[Records], columns: list[Columns]) -> tuple[Metric, ...]:
    """Return the metrics that the source has values of."""
    names = dict.fromkeys(name for batch in runs for name in batch.dtype.names or ())
    names |= dict.fromkeys(name for part in columns for name in part.values)
    known = {metric.name: metric for metric in _all_metrics()}
    return tuple(metric for name, metric in known.items() if name in names)


def _all_metrics() -> Iterator[Metric]:
    for name in ACCURACIES:
        split = name.removesuffix("_accuracy")
        for prefix, when in (("", "at the end of the run, of 9,984 images"), ("start_", "before training")):
            yield Metric(prefix + name, split, FRACTION, "maximize", f"accuracy {when}", _SOURCE, "MIT")
    for name, what in zip(COSTS, ("training time", "energy", "emissions"), strict=True):
        yield _cost(name, f"{what} up to the end of training")
        yield _cost(f"{name}_4_epochs", f"{what} of a training of 4 epochs on the device", "architecture")
    for name, what in zip(TOTALS, ("time", "energy", "emissions"), strict=True):
        yield _cost(name, f"{what} of training and all evaluations")
    yield _cost("params", "trainable parameters", "architecture")
    unstated = f"energy of a training; device and epochs are not stated ({_PREDICTOR_SOURCE})"
    yield _cost("predictor_set_energy_kwh", unstated, "architecture")


def _cost(name: str, description: str, per: str = "run") -> Metric:
    unit = next(unit for word, unit in _UNITS.items() if word in name.split("_"))
    return Metric(name, None, unit, "minimize", description, _SOURCE, "MIT", per)


def _description(files: list[Path], found: dict[Path, Evaluations]) -> str:
    """Return what the store holds of which files, and how to ask for it."""
    said = ["EC-NAS-Bench: NAS-Bench-101 cells on CIFAR-10, with energy; isomorphic cells are one cell."]
    for path, each in found.items():
        if path.name in MEASURED:
            count, whole = len(each.cells), MEASURED[path.name]
            said.append(
                _RUNS.format(
                    name=path.name,
                    count=count if count == whole else f"a part: {count} of {whole}",
                    recipe=measured_recipe(path.name),
                )
            )
    if any(path.name in SCALED for path in files):
        said.append(_MEANS.format(recipe=MEANS_RECIPE))
    if any(path.name == PREDICTOR_SET for path in files):
        said.append(_PREDICTOR)
    return " ".join(said)


def _facts(found: dict[Path, Evaluations]) -> Callable[[BenchmarkStore], Iterable[Fact]]:
    """Return the check of what is known of the files, as far as they are whole."""

    def facts(store: BenchmarkStore) -> Iterator[Fact]:
        for path, each in found.items():
            checked, wrong = misnamed(each.modules.names, each.modules.cells, 1)
            yield Fact(f"{path.name}: names that are not their cell's hash, of {checked}", 0, wrong)
            if len(each.cells) == MEASURED.get(path.name):
                yield from _facts_of_runs(store, path.name)
        if any(path.name in SCALED for path in found):
            yield from _facts_of_means(store)

    return facts


def _facts_of_runs(store: BenchmarkStore, name: str) -> Iterator[Fact]:
    """Give what is known of a whole measured file."""
    cells, epochs = CELLS_AND_EPOCHS[name]
    test = store.query(
        store.architectures,
        "test_accuracy",
        task=TASK,
        recipe=measured_recipe(name),
        epochs=epochs,
        seed="all",
        missing="nan",
    )
    yield Fact(f"{name}: cells", cells, int((~np.isnan(test)).any(axis=1).sum()))
    if epochs == 108:
        yield Fact(f"{name}: best test accuracy at 108 epochs", BEST_TEST, float(np.nanmax(test)), 5e-5)


def _facts_of_means(store: BenchmarkStore) -> Iterator[Fact]:
    cell, mean = KNOWN_MEAN
    found = store.query(
        [cell], "valid_accuracy", task=TASK, recipe=MEANS_RECIPE, epochs=108, seed="mean", missing="nan"
    )
    if not np.isnan(found[0]):
        yield Fact("mean validation accuracy of a cell that NASLib shows", mean, float(found[0]), 1e-7)


IMPORTER = Importer(
    "ec-nas-bench",
    "EC-NAS-Bench (Bakhtiarifard et al., ICASSP 2024)",
    f"the folder of its files, or one of them: {', '.join([*MEASURED, *SCALED, PREDICTOR_SET])}",
    "https://github.com/PedramBakh/EC-NAS-Bench (the .tfrecord files are in Git LFS); 7v_data.pt from "
    + _PREDICTOR_SOURCE,
    read,
)
