"""What NASLib's score files call ``val_accuracy``: another quantity in each benchmark, seldom that one."""

import json
from dataclasses import dataclass

import numpy as np

from surronas.store.importers.naslib_scores import LICENCE, SOURCE, Scores
from surronas.store.importers.nats_records import recipe as recipe_201
from surronas.store.schema import FRACTION, Metric, Records, new_records

_METRICS = {
    "valid_accuracy": ("valid", FRACTION, "maximize", "share classified right; the recipe says more"),
    "test_accuracy": ("test", FRACTION, "maximize", "share classified right of test images"),
    "valid_ssim": ("valid", "structural similarity", "maximize", "of the image produced with the true one"),
    "valid_loss": ("valid", "mean squared error", "minimize", "of the room layout; negated in the source"),
}
BEST = "best_"  # before the name of a metric: of the best epoch, not the last
TRANSNAS_EPOCHS = {  # configs/train_from_scratch of the benchmark's authors
    "class_scene": 25,
    "class_object": 25,
    "room_layout": 25,
    "jigsaw": 10,
    "segmentsemantic": 30,
    "normal": 30,
    "autoencoder": 30,
}
_TRANSNAS_METRICS = {"room_layout": "valid_loss", "normal": "valid_ssim", "autoencoder": "valid_ssim"}
_NB201_TASKS = {"cifar10": "cifar10-valid", "cifar100": "cifar100", "ImageNet16-120": "ImageNet16-120"}


@dataclass(frozen=True)
class Label:
    """What a column of ``val_accuracy`` is; what ``best_val_accuracy`` is but for the epoch."""

    metric: str
    divisor: float  # of the source's number
    task: str
    epochs: int  # 0: not told
    seed: int
    recipe: str  # JSON


def label_of(space: str, task: str) -> Label:
    """Return what ``val_accuracy`` is in a space (NASLib's name) on a task."""
    if space.startswith("transbench101") and task in TRANSNAS_EPOCHS:
        return _transnas(task)
    if space == "nasbench201" and task in _NB201_TASKS:
        same_runs = recipe_201("NATS-Bench topology v1.0")  # as the benchmark's own importers name them
        return Label("test_accuracy", 100, _NB201_TASKS[task], 200, 888, same_runs)
    if space == "nasbench101":
        recipe = {
            "benchmark": "NAS-Bench-101",
            "value": "last epoch; NASLib's val_accuracy",
            "seeds": "0: one of the three repeats; which is not told",
        }
        return Label("valid_accuracy", 100, task, 108, 0, json.dumps(recipe, sort_keys=True))
    return _suite(task)


def _suite(task: str) -> Label:
    """Return what it is on a task that the suite's authors added."""
    recipe = {
        "benchmark": "NAS-Bench-Suite-Zero",
        "epochs": "0 stands for: not told",
        "seeds": "0: one run; the source tells no seed",
        "value": "NASLib's val_accuracy; that it was measured on validation images is not verified",
    }
    if task != "svhn":
        return Label("valid_accuracy", 100, task, 0, 0, json.dumps(recipe, sort_keys=True))
    recipe["value"] = "NASLib's val_accuracy; multiples of 1/26,032: measured on SVHN's 26,032 test images"
    return Label("test_accuracy", 100, task, 0, 0, json.dumps(recipe, sort_keys=True))


def _transnas(task: str) -> Label:
    """Return what it is on one of TransNAS-Bench-101's seven tasks."""
    metric = _TRANSNAS_METRICS.get(task, "valid_accuracy")
    recipe = {
        "benchmark": "TransNAS-Bench-101",
        "epochs": TRANSNAS_EPOCHS[task],
        "batch_size": 128,
        "value": "last epoch; best_*: best epoch",
        "seeds": "0: one run; the source tells no seed",
    }
    divisor = {"valid_accuracy": 100, "valid_ssim": 1, "valid_loss": -1}[metric]
    return Label(metric, divisor, task, TRANSNAS_EPOCHS[task], 0, json.dumps(recipe, sort_keys=True))


def runs_of(scores: Scores) -> Records:
    """Return the runs of the architectures that have an accuracy, be it of the last or the best epoch."""
    label = label_of(scores.space, scores.task)
    there = ~np.isnan(scores.accuracy) | ~np.isnan(scores.best)
    names = [metric.name for metric in run_metrics([scores])]
    records = new_records(int(there.sum()), scores.architectures.shape[1], names)
    records["architecture"] = scores.architectures[there]
    records["task"], records["recipe"] = label.task, label.recipe
    records["epochs"], records["seed"], records["origin"] = label.epochs, label.seed, "benchmark"
    for name in names:
        values = scores.best if name.startswith(BEST) else scores.accuracy
        records[name] = values[there] / label.divisor
    return records


def run_metrics(scores: list[Scores]) -> tuple[Metric, ...]:
    """Return the metrics of the runs of all tasks."""
    metrics: dict[str, Metric] = {}
    for part in scores:
        name = label_of(part.space, part.task).metric
        split, unit, direction, text = _METRICS[name]
        for prefix, values, what in (("", part.accuracy, ""), (BEST, part.best, ", of the best epoch")):
            if not np.isnan(values).all():
                metrics[prefix + name] = Metric(
                    prefix + name, split, unit, direction, text + what, SOURCE, LICENCE
                )
    return tuple(metrics.values())
