"""NAS-Bench-Suite-Zero: thirteen zero-cost proxies by search space and task, from NASLib's score files."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from surronas.store.importers.base import Benchmark, Fact, Importer, no_facts
from surronas.store.importers.naslib_architectures import SPACES
from surronas.store.importers.naslib_scores import failed_as_lowest, read_scores
from surronas.store.importers.transnas_bench_101 import benchmark_of, facts_of
from surronas.store.store import BenchmarkStore

EXPECTS = (
    "NASLib's score files: zc_SPACE.json, a zip of benchmark--SPACE--TASK--START.json such as 9x_all.zip, or "
    "a folder of these"
)
_DESCRIPTIONS = {
    "nasbench101": "Accuracies are validation accuracies after 108 epochs, each of one of three repeats.",
    "nasbench201": "On CIFAR-10, CIFAR-100 and ImageNet16-120, what the files call val_accuracy is the "
    "TEST accuracy after 200 epochs of seed 888 (verified on the official records); CIFAR-10's is that of "
    "training on half of the training images, so it is of task cifar10-valid here.",
    "nasbench301": "Networks of DARTS cells.",
    "transbench101_micro": "On TransNAS-Bench-101's tasks, zips hold the last epoch, zc_*.json the best.",
    "transbench101_macro": "On TransNAS-Bench-101's tasks, zips hold the last epoch, zc_*.json the best.",
}
DESCRIPTION = (
    "Zero-cost proxies with the seconds that they took; those that failed (-1e8 in the source) are missing. "
    "On svhn, ninapro and scifar100 the suite's authors trained the networks; how long is not told, and only "
    "of svhn is it known what val_accuracy is: measured on the test images."
)
_NB201_BEST = {
    "cifar10-valid": 0.9157,
    "cifar100": 0.7326,
    "ImageNet16-120": 0.473333,
}  # seed 888, 15,625 cells
_NB201_ZEN = {"cifar10": 0.355, "cifar100": 0.361, "ImageNet16-120": 0.400}  # Spearman's rho


def _read(source: Path, wanted: str | None = None) -> Benchmark:
    """Return the runs and proxies of one space.

    Raises:
        InputError: no score files, several spaces and none wanted, or files that contradict one another.
    """
    scores = read_scores(source, EXPECTS, wanted)
    space = scores[0].space
    tasks = ", ".join(f"{part.task} ({len(part.architectures):,})" for part in scores)
    about = f"{_DESCRIPTIONS[space]} {DESCRIPTION}"
    return benchmark_of(scores, f"NAS-Bench-Suite-Zero, {space}, tasks: {tasks}. {about}", _facts(space))


def _facts(space: str) -> Callable[[BenchmarkStore], Iterable[Fact]]:
    """Return what gives the known facts of a space's scores."""
    if space == "nasbench201":
        return _facts_201
    return facts_of(space) if space.startswith("transbench101") else no_facts


def _facts_201(store: BenchmarkStore) -> Iterator[Fact]:
    """Give the known facts of the seed-888 column, where all cells are there."""
    from scipy.stats import spearmanr

    cells = store.space.enumerate()
    for (task, best), (images, rho) in zip(_NB201_BEST.items(), _NB201_ZEN.items(), strict=True):
        if not store.contains(cells, task=task).all():
            continue
        accuracy = store.query(cells, "test_accuracy", task=task, seed=888)
        yield Fact(f"best test accuracy of seed 888 on {task}", best, float(accuracy.max()), 5e-7)
        if "zen" in [metric.name for metric in store.metrics]:
            zen = store.query(cells, "zen", task=images, missing="nan")
            if np.isnan(zen).sum() < 1_000:  # 341 failed
                found = float(spearmanr(failed_as_lowest(zen), accuracy).statistic)
                yield Fact(f"Spearman's rho of zen and accuracy on {task}", rho, found, 5e-4)


def _importer(wanted: str | None) -> Importer:
    suffix = f"-{wanted.replace('_', '-')}" if wanted else ""
    return Importer(
        name=f"nas-bench-suite-zero{suffix}",
        title=f"NAS-Bench-Suite-Zero{f', {wanted}' if wanted else ''} (Krishnakumar et al., NeurIPS 2022)",
        expects=EXPECTS,
        by_hand="https://github.com/automl/NASLib, branch zerocost, folder run/results/benchmarks",
        read=partial(_read, wanted=wanted),
    )


IMPORTER = _importer(None)
NASBENCH101, NASBENCH201, NASBENCH301, TRANSNAS_MICRO, TRANSNAS_MACRO = map(_importer, SPACES)
