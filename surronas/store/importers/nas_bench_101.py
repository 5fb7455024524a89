"""NAS-Bench-101: the official files of 423,624 cells, at 108 epochs or at all four budgets."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.downloads import DOWNLOADS
from surronas.store.importers.nas_bench_101_rows import EPOCHS, Modules, misnamed
from surronas.store.importers.protobuf import FieldPath, numbers
from surronas.store.importers.tfrecord import count_records
from surronas.store.schema import FRACTION, Metric, Records, new_records
from surronas.store.store import BenchmarkStore

CELLS, REPEATS = 423_624, 3  # Ying et al. 2019
BEST_TEST = 0.943176  # the best mean of three at 108 epochs: an error of 5.68242 % (NAS-BOWL, TF-MOENAS)
TASK = "cifar10"
RECIPE = json.dumps(
    {
        "benchmark": "NAS-Bench-101",
        "optimizer": "RMSProp",
        "schedule": "cosine over each run's own epochs",
        "batch_size": 256,
        "seeds": "numbers of the repeats; the source gives no seeds",
    },
    sort_keys=True,
)
_FETCHED = ("nasbench101", "nasbench101-full")
_EVALUATION, _PARAMETERS, _TOTAL_TIME = 1, (2,), (3,)  # fields of ModelMetrics
_HALFWAY, _FINAL = 1, 2  # of the evaluations: at the start, halfway and at the end
_HASHED_EVERY = 100  # one cell in 100 has its name checked: 70 us each
_DESCRIPTION = (
    "NAS-Bench-101: CNN cells trained on CIFAR-10 (40,000 training images), three times for each of 4, 12, "
    "36 and 108 epochs, or for 108 only; each run has its own schedule, so a short run is no part of a long "
    "one. Seeds 0, 1 and 2 are the repeats in the order of the file. Isomorphic cells are one cell."
)
_IMAGES = "of 9,984 images (39 batches of 256)"


def _metric(
    name: str, split: str | None, unit: str, direction: str, description: str, per: str = "run"
) -> Metric:
    source = "https://github.com/google-research/nasbench (Ying et al., ICML 2019)"
    return Metric(name, split, unit, direction, description, source, "Apache-2.0", per)


def _of_point(prefix: str, when: str) -> tuple[Metric, ...]:
    """Return what an evaluation measures, in the order of its fields 2 to 5."""
    splits = (("train", "from the training set"), ("valid", "held out from it"), ("test", "of the test set"))
    return (
        _metric(f"{prefix}train_seconds", None, "s", "minimize", f"training time {when}, without evaluation"),
        *(
            _metric(f"{prefix}{s}_accuracy", s, FRACTION, "maximize", f"accuracy {when}, {_IMAGES} {which}")
            for s, which in splits
        ),
    )


FINAL = _of_point("", "at the end of the run")
HALFWAY = _of_point("halfway_", "after half of the run's epochs")
TOTAL = _metric("total_seconds", None, "s", "minimize", "time of training and all evaluations")
PARAMS = _metric("params", None, "parameters", "minimize", "trainable parameters", "architecture")
_PATHS: tuple[FieldPath, ...] = (
    *((_EVALUATION, _FINAL, number) for number in (2, 3, 4, 5)),
    *((_EVALUATION, _HALFWAY, number) for number in (2, 3, 4, 5)),
    _TOTAL_TIME,
    _PARAMETERS,
)
RUN_METRICS = (*FINAL, *HALFWAY, TOTAL)


class _Reader:
    """One pass over a file: the runs first, then what it has gathered of the cells."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.modules = Modules()
        self._params: list[NDArray[np.float64]] = []

    def runs(self) -> Iterator[Records]:
        """Give the runs of the file in batches of 50,000."""
        for rows, cells in self.modules.number(self._source, REPEATS):
            values = numbers(rows.messages, _PATHS, _EVALUATION)
            if np.isnan(values[:, : len(FINAL)]).any() or np.isnan(values[:, -1]).any():
                raise InputError(f"{self._source}: expected metrics with 3 evaluations and a parameter count")
            yield records_of(rows.architectures, rows.epochs, rows.repeats, values[:, :-1])
            self._keep_params(cells, values[:, -1])

    def columns(self) -> Iterator[Columns]:
        """Give the parameter counts of all cells that the runs named."""
        yield Columns(self.modules.cells, {PARAMS.name: np.concatenate(self._params)})

    def facts(self, store: BenchmarkStore) -> Iterator[Fact]:
        """Give what is published, as far as the file holds enough of the table."""
        names, cells = self.modules.names, self.modules.cells
        yield Fact("distinct cells of distinct names", len(names), len(store.architectures))
        checked, wrong = misnamed(names, cells, _HASHED_EVERY)
        yield Fact(f"names that are not their cell's hash, of {checked} checked", 0, wrong)
        if len(store.architectures) < CELLS:
            return
        yield Fact("cells", CELLS, len(store.architectures))
        test = store.query(store.architectures, "test_accuracy", task=TASK, epochs=108, seed="mean")
        yield Fact("best mean test accuracy at 108 epochs", BEST_TEST, float(test.max()), 1e-6)

    def _keep_params(self, cells: NDArray[np.int64], params: NDArray[np.float64]) -> None:
        """Keep the parameter counts of cells that are new in a batch."""
        known = sum(map(len, self._params))
        new = np.full(len(self.modules.names) - known, np.nan)
        of_new = cells >= known
        new[cells[of_new] - known] = params[of_new]
        self._params.append(new)


def records_of(
    architectures: NDArray[np.int8],
    epochs: NDArray[np.int64],
    repeats: NDArray[np.int64],
    values: NDArray[np.float64],
    metrics: Sequence[Metric] = RUN_METRICS,
) -> Records:
    """Return (n,) records of runs with (n, m) values of m metrics."""
    records = new_records(len(values), architectures.shape[1], metrics)
    records["architecture"], records["epochs"], records["seed"] = architectures, epochs, repeats
    records["task"], records["recipe"], records["origin"] = TASK, RECIPE, "benchmark"
    for metric, column in zip(metrics, values.T, strict=True):
        records[metric.name] = column
    return records


def read(source: Path) -> Benchmark:
    """Return the runs of an official file, or of a part of one; they are read as they are asked for.

    Raises:
        InputError: a folder, or no TFRecord file.
    """
    if source.is_dir():
        raise InputError(f"{source} is a folder; expected {IMPORTER.expects}")
    count = count_records(source)
    if not count:
        raise InputError(f"{source} is no TFRecord file; expected {IMPORTER.expects}")
    whole = [CELLS * REPEATS * budgets for budgets in (1, len(EPOCHS))]
    part = f" A part: {count:,} of {whole[0]:,} runs (108 epochs) or {whole[1]:,} (all budgets)."
    reader = _Reader(source)
    return Benchmark(
        reader.modules.space,
        (*RUN_METRICS, PARAMS),
        _DESCRIPTION + (part if count not in whole else ""),
        "Apache-2.0",
        reader.runs(),
        reader.columns(),
        reader.facts,
        canonical=True,
    )


IMPORTER = Importer(
    "nasbench101",
    "NAS-Bench-101 (Ying et al., ICML 2019)",
    "nasbench_only108.tfrecord (499 MB) or nasbench_full.tfrecord (1.95 GB), as published",
    " or ".join(f"{d.url} (sha256 {d.sha256})" for name in _FETCHED for d in DOWNLOADS[name]),
    read,
)
