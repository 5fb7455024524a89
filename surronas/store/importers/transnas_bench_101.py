"""TransNAS-Bench-101: cells and macro networks on seven vision tasks, from NASLib's score files."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.spaces import space_named
from surronas.store.importers.base import Benchmark, Fact, Importer
from surronas.store.importers.naslib_architectures import SPACES, TRANSNAS_TASKS
from surronas.store.importers.naslib_labels import BEST, label_of, run_metrics, runs_of
from surronas.store.importers.naslib_scores import (
    LICENCE,
    Scores,
    failed_as_lowest,
    proxy_metrics,
    read_scores,
)
from surronas.store.store import BenchmarkStore

NUM_ARCHITECTURES = {"transbench101_micro": 4_096, "transbench101_macro": 3_256}
_BEST = {  # the source's numbers and their tolerance: half of the last digit
    "transbench101_micro": {
        "class_scene": (54.9363, 5e-5),
        "class_object": (45.5862, 5e-5),
        "jigsaw": (95.3722, 5e-5),
        "room_layout": (-0.6010, 5e-5),
        "segmentsemantic": (94.6125, 5e-5),
        "normal": (0.5873, 5e-5),
        "autoencoder": (0.5772, 5e-5),
    },
    "transbench101_macro": {
        "class_scene": (57.4144, 5e-5),
        "class_object": (47.4224, 5e-5),
        "jigsaw": (97.0193, 5e-5),
        "room_layout": (-0.5822, 5e-5),
        "segmentsemantic": (94.8585, 5e-5),
        "normal": (0.6435, 5e-5),
        "autoencoder": (0.7488, 5e-5),
    },
}
_ZEN = {"class_scene": 0.717, "class_object": 0.535, "jigsaw": 0.504}  # Spearman's rho, cells
DESCRIPTION = (
    "as NASLib stores it: one value a run, after the last epoch, under the name val; that label was not "
    "checked against the benchmark's own file. The metrics best_* are of the best epoch, of the 711 cells or "
    "725 networks of NASLib's older files. Top-1 accuracy of class_scene, class_object and jigsaw, pixel "
    "accuracy of segmentsemantic, structural similarity of normal and autoencoder, and of room_layout the "
    "loss, which the source has negated. No test values, curves or seeds. Zero-cost proxies that failed "
    "(-1e8 in the source) are missing."
)


def _read(source: Path, space: str, expects: str) -> Benchmark:
    """Return the runs and proxies on the benchmark's own tasks.

    Raises:
        InputError: no score files of the space, or some that contradict one another.
    """
    scores = [part for part in read_scores(source, expects, space) if part.task in TRANSNAS_TASKS]
    if not scores:
        raise InputError(
            f"{source} holds scores of {space} on none of the benchmark's tasks {', '.join(TRANSNAS_TASKS)}; "
            f"import it as nas-bench-suite-zero-{space.replace('_', '-')}"
        )
    num = len({row.tobytes() for part in scores for row in part.architectures})
    part = "" if num == NUM_ARCHITECTURES[space] else f" A part: {num:,} of {NUM_ARCHITECTURES[space]:,}."
    return benchmark_of(scores, f"TransNAS-Bench-101, {space}, {DESCRIPTION}{part}", facts_of(space))


def benchmark_of(
    scores: list[Scores], description: str, facts: Callable[[BenchmarkStore], Iterable[Fact]]
) -> Benchmark:
    """Return the benchmark that the scores of one space make."""
    return Benchmark(
        space_named(SPACES[scores[0].space]),
        (*run_metrics(scores), *proxy_metrics(scores)),
        description,
        LICENCE,
        (runs_of(part) for part in scores),
        (part.columns() for part in scores),
        facts,
    )


def facts_of(space: str) -> Callable[[BenchmarkStore], Iterator[Fact]]:
    """Return what gives the known facts of a store of all architectures of a space."""
    return partial(_facts, space)


def _facts(space: str, store: BenchmarkStore) -> Iterator[Fact]:
    everything = store.space.enumerate()
    for task, (best, tolerance) in _BEST[space].items():
        label = label_of(space, task)
        if not store.contains(everything, task=task).all():
            continue
        values = store.query(everything, label.metric, task=task) * label.divisor
        yield Fact(f"best on {task}", best, float(values.max()), tolerance)
        if BEST + label.metric in [metric.name for metric in store.metrics]:
            peak = store.query(everything, BEST + label.metric, task=task, missing="nan") * label.divisor
            yield Fact(
                f"runs on {task} better in the last epoch than in the best", 0, int((values > peak).sum())
            )
    if space == "transbench101_micro":
        yield from _zen_facts(store)


def _zen_facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give the known rank correlations of the proxy zen with accuracy over all cells."""
    from scipy.stats import spearmanr

    if "zen" not in [metric.name for metric in store.metrics]:
        return
    everything = store.space.enumerate()
    for task, rho in _ZEN.items():
        zen = store.query(everything, "zen", task=task, missing="nan")
        if store.contains(everything, task=task).all() and np.isnan(zen).sum() == 169:  # cells without a path
            accuracy = store.query(everything, "valid_accuracy", task=task)
            found = float(spearmanr(failed_as_lowest(zen), accuracy).statistic)
            yield Fact(f"Spearman's rho of zen and accuracy on {task}", rho, found, 5e-4)


def _importer(kind: str) -> Importer:
    space = f"transbench101_{kind}"
    expects = (
        f"the folder of NASLib's score files, or one of them: all_benchmarks_zen.zip, tnb101_macro_zen.zip, "
        f"tnb101_classification_synflow.zip, zc_{space}.json"
    )
    return Importer(
        name=f"transnasbench101-{kind}",
        title=f"TransNAS-Bench-101, {kind} space (Duan et al., CVPR 2021)",
        expects=expects,
        by_hand="https://github.com/automl/NASLib, branch zerocost, folder run/results/benchmarks",
        read=partial(_read, space=space, expects=expects),
    )


MICRO = _importer("micro")
MACRO = _importer("macro")
