"""Zero-cost proxies on NAS-Bench-201 and TransNAS-Bench-101 micro: rank correlations with accuracy.

    python reproduce/proxies.py            # seconds, with or without --quick

Spearman correlations with test accuracy of seed 888 after 200 epochs (what NAS-Bench-Suite-Zero calls
val_accuracy), all 15,625 strings: parameters, zen, and FLOPs as NASLib counts them, poolings included, by the
formula that holds exactly for all cells whose FLOPs it published. [READ] heat map in the history of
automl/NASLib, plotting/PlotCorrelations.ipynb, 1,000 cells and 10 seeds: within .02. [CALC] by others over
all cells: within .001. A zen score that failed counts as the lowest of all, as they have it.

All other proxies are at hand for 725 cells (zc_nasbench201.json), and TransNAS' for 711, but its synflow for
all: beside the heat map, not asserted, as these are other cells; no line where a task has no scores. Beside
Abdelfattah et al., table 1 [READ]: |Spearman| with test accuracy, all cells there, here 725 and the mean over
seeds.
"""

import math

import numpy as np
from claims import READ, Report, Setting, reproduce
from numpy.typing import NDArray

from surronas.metrics import kendall_tau, spearman
from surronas.spaces import Architectures, SearchSpace
from surronas.store import BenchmarkStore

CLAIM = "Rank correlations of zero-cost proxies with accuracy: params, FLOPs and zen as published"
SOURCE = "NAS-Bench-Suite-Zero (Krishnakumar et al., 2022); Abdelfattah et al., 2021; calculations"
DATA = ("nasbench201-tables", "nas-bench-suite-zero-transbench101-micro")
MINUTES = (0.1, 0.1)

TASKS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "ImageNet16-120"}  # of proxies
HEAT_MAP = {  # [READ] Spearman on the three data sets
    "nwot": (0.77, 0.80, 0.77),
    "flops": (0.69, 0.71, 0.67),
    "jacov": (0.75, 0.71, 0.71),
    "zen": (0.35, 0.35, 0.39),
    "params": (0.72, 0.73, 0.69),
    "l2_norm": (0.68, 0.72, 0.69),
    "synflow": (0.73, 0.76, 0.75),
    "snip": (0.58, 0.63, 0.57),
    "grad_norm": (0.58, 0.63, 0.57),
    "epe_nas": (0.70, 0.60, 0.33),
    "fisher": (0.50, 0.54, 0.48),
    "grasp": (0.51, 0.54, 0.55),
    "plain": (-0.26, -0.21, -0.22),
}
OF_ALL = {  # [CALC] Spearman, then Kendall, on the three data sets
    "params": ((0.715, 0.725, 0.691), (0.538, 0.550, 0.519)),
    "flops": ((0.691, 0.705, 0.672), (0.500, 0.514, 0.486)),
    "zen": ((0.355, 0.361, 0.400), (0.272, 0.282, 0.295)),
}
ABDELFATTAH = {  # [READ] |Spearman|; jacov is their jacob_cov
    "grad_norm": (0.594, 0.637, 0.578),
    "snip": (0.596, 0.637, 0.578),
    "grasp": (0.514, 0.547, 0.549),
    "fisher": (0.360, 0.385, 0.327),
    "synflow": (0.737, 0.763, 0.751),
    "jacov": (0.731, 0.704, 0.701),
}
TRANSNAS_TASKS = ("class_scene", "class_object", "jigsaw")
TRANSNAS_ZEN = (0.717, 0.535, 0.504)  # [CALC]
TRANSNAS_HEAT_MAP = {  # [READ]
    "nwot": (0.60, 0.39, 0.42),
    "flops": (0.65, 0.46, 0.45),
    "jacov": (0.75, 0.51, 0.56),
    "zen": (0.72, 0.54, 0.51),
    "params": (0.64, 0.45, 0.44),
    "l2_norm": (0.53, 0.32, 0.35),
    "synflow": (0.72, 0.48, 0.47),
    "snip": (0.70, 0.45, 0.41),
    "grad_norm": (0.65, 0.39, 0.36),
    "epe_nas": (0.51, 0.39, 0.16),
    "fisher": (0.66, 0.44, 0.30),
    "grasp": (-0.27, -0.22, -0.12),
    "plain": (0.24, 0.34, 0.35),
}
WITHIN_MAP, WITHIN_ALL = 0.02, 1e-3
FLOPS = {"nor_conv_3x3": 35.81952, "nor_conv_1x1": 4.36224, "avg_pool_3x3": 1.29024}  # an edge's, millions
COLUMNS = {"flops": "macs"}  # proxies that the stores name otherwise

Scores = NDArray[np.float64]


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all correlations; return those of all proxies, by table."""
    cells = nasbench201(report, setting.table(DATA[0]))
    return {"seeds": "none: nothing is drawn", "spearman": cells | transnas(report, setting.table(DATA[1]))}


def nasbench201(report: Report, store: BenchmarkStore) -> dict[str, dict[str, list[float]]]:
    """Report NAS-Bench-201's proxies; return the correlations."""
    cells, found = store.architectures, dict[str, dict[str, list[float]]]()
    found |= {"NAS-Bench-201, all cells": {}, "NAS-Bench-201, 725 cells": {}}
    for i, (title, task) in enumerate(TASKS.items()):
        trained = "cifar10-valid" if task == "cifar10" else task
        accuracy = store.query(cells, "test_accuracy", task=trained, epochs=200, seed=888)
        means = store.query(cells, "test_accuracy", task=task, epochs=200, seed="mean")
        of_all = {
            "params": store.query(cells, "params", task=task),
            "flops": naslib_flops(store.space, cells),
            "zen": lowest_failed(scores_of(store, "zen", task)),
        }
        for name, scores in of_all.items():
            rho, tau = spearman(accuracy, scores), kendall_tau(accuracy, scores)
            report.near(title, f"{name}, Spearman, heat map", rho, HEAT_MAP[name][i], WITHIN_MAP, READ)
            report.near(title, f"{name}, Spearman, all cells", rho, OF_ALL[name][0][i], WITHIN_ALL)
            report.near(title, f"{name}, Kendall, all cells", tau, OF_ALL[name][1][i], WITHIN_ALL)
            found["NAS-Bench-201, all cells"].setdefault(name, []).append(round(rho, 4))
        for name in (name for name in HEAT_MAP if name not in of_all):
            rho, num = of_known(store, name, task, accuracy)
            found["NAS-Bench-201, 725 cells"].setdefault(name, []).append(round(rho, 4))
            report.beside(
                title, f"{name}, Spearman, {num} cells", rho, HEAT_MAP[name][i], f"{READ}, heat map"
            )
        for name, published in ABDELFATTAH.items():
            rho, num = of_known(store, name, task, means)
            what = f"{name}, |Spearman|, mean over seeds, {num} cells"
            report.beside(title, what, abs(rho), published[i], f"{READ}, Abdelfattah")
    return found


def transnas(report: Report, store: BenchmarkStore) -> dict[str, dict[str, list[float]]]:
    """Report TransNAS micro's proxies; return the correlations of those that all three tasks have."""
    where, found = "TransNAS micro", dict[str, list[float]]()
    for i, task in enumerate(TRANSNAS_TASKS):
        accuracy = store.query(store.architectures, "valid_accuracy", task=task, seed="mean")
        zen = spearman(accuracy, lowest_failed(scores_of(store, "zen", task)))
        found.setdefault("zen", []).append(round(zen, 4))
        known = TRANSNAS_HEAT_MAP["zen"][i]
        report.near(where, f"{task}, zen, Spearman, heat map", zen, known, WITHIN_MAP, READ)
        report.near(where, f"{task}, zen, Spearman, all cells", zen, TRANSNAS_ZEN[i], WITHIN_ALL)
        for name in (name for name in TRANSNAS_HEAT_MAP if name != "zen"):
            rho, num = of_known(store, name, task, accuracy)
            what, published = f"{task}, {name}, Spearman, {num} cells", TRANSNAS_HEAT_MAP[name][i]
            if num == len(store.architectures):
                report.near(where, what, rho, published, WITHIN_MAP, READ)
            elif num:
                report.beside(where, what, rho, published, f"{READ}, heat map")
            if num:
                found.setdefault(name, []).append(round(rho, 4))
    return {where: {name: values for name, values in found.items() if len(values) == len(TRANSNAS_TASKS)}}


def naslib_flops(space: SearchSpace, cells: Architectures) -> Scores:
    """Return (n,) FLOPs of cells in millions, without what all have."""
    strings = space.to_strings(cells)
    return np.array([sum(each * text.count(name) for name, each in FLOPS.items()) for text in strings])


def lowest_failed(scores: Scores) -> Scores:
    """Return (n,) scores, those that failed below all others."""
    return np.where(np.isnan(scores), np.nanmin(scores) - 1, scores)


def scores_of(store: BenchmarkStore, name: str, task: str) -> Scores:
    """Return (N,) scores of a proxy, NaN where there are none."""
    return store.query(store.architectures, COLUMNS.get(name, name), task=task, missing="nan")


def of_known(store: BenchmarkStore, name: str, task: str, accuracy: Scores) -> tuple[float, int]:
    """Return Spearman's correlation over the cells that have a proxy, and how many have it."""
    scores = scores_of(store, name, task)
    known = ~np.isnan(scores)
    return (spearman(accuracy[known], scores[known]) if known.any() else math.nan), int(known.sum())


if __name__ == "__main__":
    reproduce(__file__, measure)
