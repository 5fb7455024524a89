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


def recipe(benchmark: str) -> str:
    """Return the recipe (JSON) of all training schedules: they differ in the number of epochs alone."""
    what = {
        "benchmark": benchmark,
        "optimizer": "SGD, Nesterov momentum 0.9, weight decay 5e-4, batch 256",
        "schedule": "learning rate 0.1, cosine to 0 over all epochs of the run",
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


@dataclass(frozen=True)
class Run:
    """The numbers of one training run, out of the benchmark's dict, which is 20 times as large."""

    architecture: NDArray[np.int8]  # (d,)
    task: str
    seed: int
    epochs: int
    values: dict[str, float]  # after the last epoch, and the times
    curves: dict[str, NDArray[np.float32]]  # metric -> (epochs,), NaN where it was not evaluated
    costs: tuple[float, float, float]  # parameters, multiply-adds, latency (ms; NaN: not measured)


@dataclass
class Costs:
    """Parameters, multiply-adds and latency by task, gathered while the runs are read."""

    rows: dict[str, dict[bytes, tuple[float, float, float]]] = field(default_factory=dict)

    def gather(self, runs: Sequence[Run]) -> None:
        """Take the costs of one architecture, of one schedule; those that are there already stay."""
        for run in sorted(runs, key=lambda run: run.seed != SEED_OF_COSTS):
            self.rows.setdefault(run.task, {}).setdefault(run.architecture.tobytes(), run.costs)

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
    return [_run(architecture, task, int(seed), result) for (task, seed), result in results.items()]


def _run(architecture: NDArray[np.int8], task: str, seed: int, result: Mapping[str, Any]) -> Run:
    epochs = int(result["epochs"])
    curves = {name: values for name, values in _curves(task, result, epochs) if not np.isnan(values).all()}
    values = {name: float(curve[-1]) for name, curve in curves.items()} | dict(_seconds(task, result, epochs))
    kept = {name: curve.astype(np.float32) for name, curve in curves.items() if epochs > 1}
    return Run(architecture, task, seed, epochs, values, kept, _costs(result))


def records_of(runs: Sequence[Run], benchmark: str) -> Iterator[Records]:
    """Give the records of runs, with their curves, one batch for each number of epochs."""
    by_epochs: dict[int, list[Run]] = {}
    for run in runs:
        by_epochs.setdefault(run.epochs, []).append(run)
    for epochs, same in sorted(by_epochs.items()):
        yield _records(same, epochs, recipe(benchmark))


def _records(runs: Sequence[Run], epochs: int, text: str) -> Records:
    drawn = dict.fromkeys(name for run in runs for name in run.curves)
    names = (metric.name for metric in RUN_METRICS)
    records = new_records(len(runs), runs[0].architecture.size, names, drawn, epochs)
    records["architecture"] = np.stack([run.architecture for run in runs])
    records["task"], records["seed"] = [run.task for run in runs], [run.seed for run in runs]
    records["recipe"], records["epochs"], records["origin"] = text, epochs, "benchmark"
    for row, run in enumerate(runs):
        for name, value in run.values.items():
            records[name][row] = value
        for name, curve in run.curves.items():
            records[f"{name}_curve"][row] = curve
    return records


def _curves(task: str, result: Mapping[str, Any], epochs: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the (epochs,) curves of a run by metric, NaN where it was not evaluated."""
    steps = range(epochs)
    for name, key in (("train_accuracy", "train_acc1es"), ("train_top5_accuracy", "train_acc5es")):
        yield name, _numbers(result.get(key), steps) / 100
    yield "train_loss", _numbers(result.get("train_losses"), steps)
    for split, images in _EVALUATIONS[task].items():
        keys = _keys(images, epochs)
        yield f"{split}_accuracy", _numbers(result["eval_acc1es"], keys) / 100
        yield f"{split}_loss", _numbers(result["eval_losses"], keys)


def _seconds(task: str, result: Mapping[str, Any], epochs: int) -> Iterator[tuple[str, float]]:
    """Give the times of a run by metric, added up as the benchmark's own code does; NaN where one lacks."""
    yield "train_seconds", _total(result.get("train_times"), range(epochs))
    for split, images in _EVALUATIONS[task].items():
        yield f"{split}_seconds", _total(result.get("eval_times"), _keys(images, epochs))


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


def _costs(result: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return parameters, multiply-adds and latency (ms) as one run has them."""
    seconds = float(np.mean(result["latency"])) if result.get("latency") else -1.0
    latency = 1000 * seconds if seconds > 0 else np.nan  # the benchmark's own stand-in is -1
    return round(float(result["params"]) * 1e6), float(result["flop"]) * 1e6, latency
