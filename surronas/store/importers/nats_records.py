"""The records of NATS-Bench and NAS-Bench-201: what each number of their training runs is.

Both benchmarks keep one dict a run ("ResultsCount"), by architecture, training schedule ("hp"), data set and
seed. Their data sets are tasks here, under the same names: "cifar10-valid" was trained on half of CIFAR-10's
training images and validated on the other half; "cifar10" on all of them, so it has no validation split.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.store.importers.base import Columns
from surronas.store.schema import FRACTION, Metric, Records, new_records

SOURCE = "https://github.com/D-X-Y/NATS-Bench"
LICENCE = "MIT"
GPU = "gpu-batch256"  # the authors' GPU, a batch of 256 images
SEED_OF_COSTS = 888  # whose FLOPs and parameters the authors hold right where the seeds disagree
_EVALUATIONS = {  # data set -> our split -> the authors' name of the images
    "cifar10-valid": {"valid": "x-valid", "test": "ori-test"},
    "cifar10": {"test": "ori-test"},
    "cifar100": {"valid": "x-valid", "test": "x-test", "valtest": "ori-test"},
    "ImageNet16-120": {"valid": "x-valid", "test": "x-test", "valtest": "ori-test"},
}
_IMAGES = {
    "train": ("train", "the training images, with augmentation, while they are trained on"),
    "valid": ("valid", "the benchmark's validation images (x-valid)"),
    "test": (
        "test",
        "the benchmark's test images (CIFAR-10: ori-test; else x-test, half of the original ones)",
    ),
    "valtest": ("test", "the original test images (ori-test): the validation and the test images together"),
}


def recipe(benchmark: str, epochs: int) -> str:
    """Return the recipe (JSON) of a training schedule: they differ in the number of epochs alone."""
    what = {
        "benchmark": benchmark,
        "epochs": epochs,
        "optimizer": "SGD, Nesterov momentum 0.9, weight decay 5e-4, batch 256",
        "schedule": "learning rate 0.1, cosine to 0",
    }
    return json.dumps(what, sort_keys=True)


def _run_metrics() -> Iterator[Metric]:
    about = {"source": SOURCE, "licence": LICENCE}
    for name, (split, images) in _IMAGES.items():
        yield Metric(f"{name}_accuracy", split, FRACTION, "maximize", f"on {images}", **about)
        yield Metric(f"{name}_loss", split, "nats", "minimize", f"mean cross-entropy on {images}", **about)
    yield Metric(
        "train_top5_accuracy", "train", FRACTION, "maximize", f"top-5, on {_IMAGES['train'][1]}", **about
    )
    what = "all epochs together, as the benchmark's authors have estimated it for their GPU"
    yield Metric("train_seconds", None, "s", "minimize", f"time of the training: {what}", **about)
    for name in ("valid", "test", "valtest"):
        text = f"time of evaluating {_IMAGES[name][1]} after every epoch: {what}"
        yield Metric(f"{name}_seconds", None, "s", "minimize", text, **about)


COSTS = (
    Metric("params", None, "parameters", "minimize", "trainable parameters", SOURCE, LICENCE, "architecture"),
    Metric(
        "macs",
        None,
        "multiply-adds for one image, forward",
        "minimize",
        "what the benchmark calls FLOPs: one for a multiply-add",
        SOURCE,
        LICENCE,
        "architecture",
    ),
    Metric(
        "latency_ms",
        None,
        "ms",
        "minimize",
        "forward pass of a batch of 256 images on the authors' GPU",
        SOURCE,
        LICENCE,
        "architecture",
    ),
)
RUN_METRICS = tuple(_run_metrics())
CURVES = tuple(m.name for m in RUN_METRICS if m.unit in (FRACTION, "nats"))


@dataclass(frozen=True)
class Run:
    """One training run as the benchmark keeps it."""

    architecture: NDArray[np.int8]  # (d,)
    task: str
    seed: int
    result: Mapping[str, Any]


@dataclass
class Costs:
    """Parameters, multiply-adds and latency, gathered while the runs are read."""

    rows: dict[str, dict[bytes, tuple[float, float, float]]] = field(default_factory=dict)

    def gather(self, runs: Sequence[Run]) -> None:
        """Take the costs of one architecture, of one schedule; those that are there already stay."""
        by_task: dict[str, list[Run]] = {}
        for run in runs:
            by_task.setdefault(run.task, []).append(run)
        for task, same in by_task.items():
            known = self.rows.setdefault(task, {})
            known.setdefault(same[0].architecture.tobytes(), _costs(same))

    def columns(self) -> Iterator[Columns]:
        """Give the columns of each task."""
        for task, known in self.rows.items():
            architectures = np.stack([np.frombuffer(key, np.int8) for key in known])
            params, macs, latency = np.array(list(known.values())).T
            yield Columns(architectures, {"params": params, "macs": macs}, task)
            if not np.isnan(latency).all():
                yield Columns(architectures, {"latency_ms": latency}, task, device=GPU)


def runs_of(architecture: NDArray[np.int8], results: Mapping[Any, Any]) -> list[Run]:
    """Return the runs of one architecture and schedule, from the benchmark's "all_results"."""
    return [Run(architecture, task, int(seed), result) for (task, seed), result in results.items()]


def records_of(runs: Sequence[Run], benchmark: str) -> Iterator[Records]:
    """Give the records of runs, with their curves, one batch for each number of epochs."""
    by_epochs: dict[int, list[Run]] = {}
    for run in runs:
        by_epochs.setdefault(int(run.result["epochs"]), []).append(run)
    for epochs, same in sorted(by_epochs.items()):
        yield _records(same, epochs, recipe(benchmark, epochs))


def _records(runs: Sequence[Run], epochs: int, text: str) -> Records:
    curves = {name: np.full((len(runs), epochs), np.nan) for name in CURVES}
    for row, run in enumerate(runs):
        for name, values in _curves(run, epochs):
            curves[name][row] = values
    drawn = [name for name, values in curves.items() if not np.isnan(values).all()]
    records = new_records(
        len(runs),
        runs[0].architecture.size,
        (m.name for m in RUN_METRICS),
        drawn if epochs > 1 else (),
        epochs,
    )
    records["architecture"] = np.stack([run.architecture for run in runs])
    records["task"], records["seed"] = [run.task for run in runs], [run.seed for run in runs]
    records["recipe"], records["epochs"], records["origin"] = text, epochs, "benchmark"
    for name in drawn:
        records[name] = curves[name][:, -1]
        if epochs > 1:
            records[f"{name}_curve"] = curves[name]
    for row, run in enumerate(runs):
        for name, seconds in _seconds(run, epochs):
            records[name][row] = seconds
    return records


def _curves(run: Run, epochs: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the (epochs,) curves of a run by metric, NaN where it was not evaluated."""
    steps, result = range(epochs), run.result
    for name, key in (("train_accuracy", "train_acc1es"), ("train_top5_accuracy", "train_acc5es")):
        yield name, _numbers(result.get(key), steps) / 100
    yield "train_loss", _numbers(result.get("train_losses"), steps)
    for split, images in _EVALUATIONS[run.task].items():
        keys = _keys(images, epochs)
        yield f"{split}_accuracy", _numbers(result["eval_acc1es"], keys) / 100
        yield f"{split}_loss", _numbers(result["eval_losses"], keys)


def _seconds(run: Run, epochs: int) -> Iterator[tuple[str, float]]:
    """Give the times of a run by metric, added up as the benchmark's own code does; NaN where one lacks."""
    yield "train_seconds", _total(run.result.get("train_times"), range(epochs))
    for split, images in _EVALUATIONS[run.task].items():
        yield f"{split}_seconds", _total(run.result.get("eval_times"), _keys(images, epochs))


def _numbers(given: Mapping[Any, float] | None, keys: Iterable[Any]) -> NDArray[np.float64]:
    """Return the numbers under the keys, NaN where there is none or it is not finite."""
    if not given:
        return np.full(len(list(keys)), np.nan)
    values = np.array([given.get(key, np.nan) for key in keys], dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def _total(given: Mapping[Any, float] | None, keys: Iterable[Any]) -> float:
    return float(sum(given.get(key, np.nan) for key in keys)) if given else np.nan


@cache
def _keys(images: str, epochs: int) -> tuple[str, ...]:
    return tuple(f"{images}@{epoch}" for epoch in range(epochs))


def _costs(runs: Sequence[Run]) -> tuple[float, float, float]:
    """Return parameters, multiply-adds and latency (ms) of one architecture on one task."""
    results = [run.result for run in runs]
    trusted = next((run.result for run in runs if run.seed == SEED_OF_COSTS), results[0])
    latencies = [float(np.mean(result["latency"])) for result in results if result.get("latency")]
    latency = 1000 * latencies[0] if latencies and latencies[0] > 0 else np.nan
    return round(float(trusted["params"]) * 1e6), float(trusted["flop"]) * 1e6, latency
