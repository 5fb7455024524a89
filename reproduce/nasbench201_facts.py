"""NAS-Bench-201: counts, optima, reference cells, and the landscape of its accuracies.

    python reproduce/nasbench201_facts.py            # seconds, with or without --quick

Optima and reference cells: 200-epoch test accuracy, mean over the benchmark's seeds, in percent. [READ]
xingchenwan/nasbowl benchmarks/nas201.py, NATS-Bench notebooks/issue-7, issue-12, issue-27 and find-largest,
AutoDL exps/NAS-Bench-201/visualize.py, MF-NAS README; cells are told by their index in the official files.

Landscape: test accuracy of seed 888 after 200 epochs, all 15,625 strings, 24 neighbors each, steepest
ascent. [CALC] calculated by their reporter from NASLib's copy of the column, and here in the same way: cells
and neighbors in the order of NASLib's tuples, which settles whom an ascent follows among equals, and floats
as they are stored, which on CIFAR-100 and ImageNet16-120 keeps equal accuracies apart by 1e-8. What equal
accuracies give when they are held to be equal stands beside.

Correlations between the data sets are in correlations.py.

Shown beside, not asserted: the published Pearson correlation of 12-epoch validation with 200-epoch test
accuracy, 91.18 %, is of the authors' draw of seeds; means over seeds give 89.91. The ResNet cell's 93.97
is of an older version of the file.

Validation accuracies after 200 epochs are in the official files alone: their lines are asserted when
nasbench201-pth or nats-bench-tss is at hand, whole; NATS-Bench's size space needs nats-bench-sss.
"""

import itertools

import numpy as np
from claims import READ, Report, Setting, reproduce
from landscapes import NUM_DIGITS, Landscape, one_decision_away
from published_201 import (
    BEST_AT_12,
    BEST_TEST,
    BEST_TSS,
    BESTS_PTH,
    BY_INDEX,
    CELLS,
    CONVOLUTIONS,
    CONVOLUTIONS_12,
    FLOPS,
    HALF,
    LANDSCAPE,
    MEAN_SIZES,
    NUM_CELLS,
    NUM_DISTINCT,
    NUM_SIZES,
    OPTIMA,
    PARAMS,
    PEARSON_12,
    PRECISE,
    RESNET,
    RESNET_TEST,
    RESNET_VALID,
    SEED_888,
    SPOTS_TSS,
    TASKS,
)

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace
from surronas.store import BenchmarkStore

CLAIM = "NAS-Bench-201: counts, optima, reference cells, local maxima and basins"
SOURCE = "Dong & Yang, ICLR 2020; the authors' notebooks; calculations from the table"
DATA = ("nasbench201-tables",)
OPTIONAL_DATA = ("nasbench201-pth", "nats-bench-tss", "nats-bench-sss")
MINUTES = (0.2, 0.2)

NASLIB_OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
NASLIB_EDGES = ((1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))  # NAS-Bench-201's strings: by target
NUM_BINS = 40


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all facts; return histogram and local maxima of each data set."""
    store = setting.table("nasbench201-tables")
    counts_and_optima(report, store)
    reference_cells(report, store)
    after_12_epochs(report, store)
    cells, around = naslib_order(store.space)
    found = {title: landscape(report, title, store, cells, around) for title in LANDSCAPE}
    if setting.has(name := "nasbench201-pth"):
        official_pth(report, setting.table(name))
    if setting.has(name := "nats-bench-tss"):
        official_tss(report, setting.table(name))
    if setting.has(name := "nats-bench-sss"):
        official_sss(report, setting.table(name))
    return {"seeds": "none: nothing is drawn", "landscape": found}


def counts_and_optima(report: Report, store: BenchmarkStore) -> None:
    """Report how many cells there are, and which are the best of a mean over seeds."""
    where, cells = "NAS-Bench-201", store.architectures
    report.near(where, "cells", len(cells), NUM_CELLS, tag=READ)
    distinct = len(np.unique(store.space.keys(cells)))
    report.near(where, "distinct networks", distinct, NUM_DISTINCT, tag=READ)
    for title, published in OPTIMA.items():
        values = 100 * store.query(cells, "test_accuracy", task=TASKS[title], epochs=200, seed="mean")
        report.near(title, "highest test accuracy, mean over seeds", values.max(), published, HALF, READ)
        if title in BEST_TEST:
            best = index_of(store, cells[values.argmax()])
            what = "index of the cell of highest test accuracy"
            report.near(title, what, best, BEST_TEST[title], tag=READ)


def reference_cells(report: Report, store: BenchmarkStore) -> None:
    """Report accuracies and costs of cells that publications name."""
    for title, index, published, half in PRECISE:
        ours = accuracy(store, index, "test_accuracy", TASKS[title], 200, "mean")
        report.near(title, f"cell {index}, test accuracy, mean over seeds", ours, published, half, READ)
    resnet = store.space.from_strings([CELLS[RESNET]])
    params = float(store.query(resnet, "params", task="cifar10")[0]) / 1e6
    report.near("CIFAR-10", "ResNet cell, parameters, millions", params, PARAMS, 5e-4, READ)
    flops = float(store.query(resnet, "macs", task="cifar10")[0]) / 1e6
    report.near("CIFAR-10", "ResNet cell, FLOPs (multiply-adds), millions", flops, FLOPS, HALF, READ)
    ours = accuracy(store, RESNET, "test_accuracy", "cifar10", 200, "mean")
    report.beside("CIFAR-10", "ResNet cell, test accuracy, mean over seeds", ours, RESNET_TEST, READ)


def after_12_epochs(report: Report, store: BenchmarkStore) -> None:
    """Report what is known of the 12-epoch schedule on CIFAR-10."""
    ours = accuracy(store, CONVOLUTIONS, "test_accuracy", "cifar10", 12, 111)
    what = f"cell {CONVOLUTIONS}, test accuracy after 12 epochs"
    report.near("CIFAR-10", what, ours, CONVOLUTIONS_12, HALF, READ)
    cells = store.architectures
    early = store.query(cells, "valid_accuracy", task="cifar10-valid", epochs=12, seed="mean")
    best = index_of(store, cells[early.argmax()])
    report.near("CIFAR-10", "index of the best by 12-epoch validation", best, BEST_AT_12, tag=READ)
    late = store.query(cells, "test_accuracy", task="cifar10", epochs=200, seed="mean")
    pearson = 100 * float(np.corrcoef(early, late)[0, 1])
    what = "Pearson, 12-epoch validation / 200-epoch test, %"
    report.beside("CIFAR-10", what, pearson, PEARSON_12, f"{READ}, drawn seeds")


def landscape(
    report: Report, title: str, store: BenchmarkStore, cells: Architectures, around: np.ndarray
) -> dict[str, object]:
    """Report maxima and basins of one data set; return its histogram and its maxima."""
    values = 100 * store.query(cells, "test_accuracy", task=SEED_888[title], epochs=200, seed=888)
    known, held = LANDSCAPE[title], Landscape(values, around)
    report.near(title, "seed 888, highest test accuracy", values.max(), known["max"], 1e-3)
    at = int(np.flatnonzero((cells == store.space.from_strings([naslib_string(known["argmax"])])).all(1))[0])
    best = np.flatnonzero(values >= values.max() - 1e-6)
    told = f"{len(best)} cell, {store.space.to_strings(cells[best[:1]])[0]}"
    report.holds(title, f"seed 888, highest at {known['argmax']} alone", best.tolist() == [at], told)
    report.near(title, "seed 888, strict local maxima", held.strict_maxima.sum(), known["strict"])
    report.near(title, "seed 888, weak local maxima", held.maxima.sum(), known["weak"])
    shares = 100 * held.share_at(at), 100 * held.share_within(0.5)
    what = "seed 888, steepest ascents to the highest, %"
    report.near(title, what, shares[0], known["to the maximum"], HALF)
    report.near(title, "seed 888, steepest ascents within .5 points, %", shares[1], known["within .5"], HALF)
    report.near(title, "seed 888, mean steps of an ascent", held.ascents[1].mean(), known["steps"], HALF)
    quantile, median = np.quantile(values, 0.999), np.median(values)
    report.near(title, "seed 888, 99.9 % quantile", quantile, known["quantile"], 1e-3)
    report.near(title, "seed 888, median", median, known["median"], 1e-3)
    equal = Landscape(values.round(NUM_DIGITS), around)
    what = "seed 888, weak local maxima, equals held equal"
    report.beside(title, what, equal.maxima.sum(), known["weak"], "CALC, floats as stored")
    counts, edges = np.histogram(values, NUM_BINS)
    histogram = {"counts": counts.tolist(), "edges": edges.round(4).tolist()}
    return {"histogram": histogram, "maxima": held.told_maxima()}


def naslib_string(operations: tuple[int, ...]) -> str:
    """Return NAS-Bench-201's string of a cell in NASLib's tuple."""
    names = {edge: NASLIB_OPERATIONS[i] for edge, i in zip(NASLIB_EDGES, operations, strict=True)}
    parts = [
        "|" + "".join(f"{names[source, target]}~{source - 1}|" for source in range(1, target))
        for target in (2, 3, 4)
    ]
    return "+".join(parts)


def naslib_order(space: SearchSpace) -> tuple[Architectures, np.ndarray]:
    """Return all cells (N, 6) in the order of NASLib's tuples, and the places (N, 24) of their neighbors.

    Neighbors are in the order of the tuples' edges, then operations.
    """
    tuples = itertools.product(range(len(NASLIB_OPERATIONS)), repeat=len(NASLIB_EDGES))
    cells = space.from_strings([naslib_string(operations) for operations in tuples])
    return cells, one_decision_away(len(NASLIB_EDGES), len(NASLIB_OPERATIONS))


def index_of(store: BenchmarkStore, cell: np.ndarray) -> int:
    """Return the official index of a cell that publications name; -1 of another."""
    return BY_INDEX.get(store.space.to_strings(cell[None])[0], -1)


def accuracy(
    store: BenchmarkStore, index: int, metric: str, task: str, epochs: int, seed: int | str
) -> float:
    """Return an accuracy, in percent, of a cell that publications name."""
    cell = store.space.from_strings([CELLS[index]])
    return 100 * float(store.query(cell, metric, task=task, epochs=epochs, seed=seed)[0])


def best_of(report: Report, store: BenchmarkStore, known: tuple[str, str, int, float], half: float) -> None:
    """Report height and index of the best of an official file after 200 epochs."""
    task, metric, index, published = known
    values = 100 * store.query(store.architectures, metric, task=task, epochs=200, seed="mean")
    what = f"highest {metric.replace('_', ' ')}, mean over seeds"
    report.near(task, what, values.max(), published, half, READ)
    best = index_of(store, store.architectures[values.argmax()])
    report.near(task, f"index of the {what}", best, index, tag=READ)


def whole(store: BenchmarkStore, num: int) -> BenchmarkStore:
    """Return an official table that holds all architectures.

    Raises:
        InputError: it holds a part.
    """
    if len(store.architectures) != num:
        raise InputError(
            f"{store.path} holds {len(store.architectures)} of {num} architectures; import all of them"
        )
    return store


def official_pth(report: Report, store: BenchmarkStore) -> None:
    """Report the optima of validation and test after 200 epochs, NAS-Bench-201 v1_1."""
    for known in BESTS_PTH:
        best_of(report, whole(store, NUM_CELLS), known, 5e-6)


def official_tss(report: Report, store: BenchmarkStore) -> None:
    """Report what NATS-Bench's topology space gives after 200 epochs."""
    best_of(report, whole(store, NUM_CELLS), BEST_TSS, HALF)
    for task, index, published, half in SPOTS_TSS:
        ours = accuracy(store, index, "valid_accuracy", task, 200, "mean")
        report.near(task, f"cell {index}, validation, mean over seeds", ours, published, half, READ)
    ours = accuracy(store, RESNET, "valid_accuracy", "cifar10-valid", 200, "mean")
    report.beside("cifar10-valid", "ResNet cell, validation, mean over seeds", ours, RESNET_VALID, READ)


def official_sss(report: Report, store: BenchmarkStore) -> None:
    """Report the mean of NATS-Bench's size space."""
    cells = whole(store, NUM_SIZES).architectures
    values = 100 * store.query(cells, "test_accuracy", task="cifar10", epochs=90, seed="mean")
    what = "size space, mean test accuracy, 90 epochs"
    report.near("CIFAR-10", what, values.mean(), MEAN_SIZES, 5e-4, READ)


if __name__ == "__main__":
    reproduce(__file__, measure)
