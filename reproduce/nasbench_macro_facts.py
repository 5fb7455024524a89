"""NAS-Bench-Macro: counts, optimum, quantiles, correlations with cost and between seeds, and its landscape.

    python reproduce/nasbench_macro_facts.py            # seconds, with or without --quick

Test accuracy in percent after 50 epochs on CIFAR-10, mean of three seeds, over all 6,561 strings. [CALC] from
the official table (Su et al., CVPR 2021), by others. Landscape: 16 neighbors a string, steepest ascent on
the mean, which follows the first among equals, by layer, then by choice. Two strings are one network and
share the optimum; the published share of ascents is of the first. Curves of random search, local search and
evolution are in search_baselines.py.
"""

import numpy as np
from claims import Report, Setting, reproduce
from landscapes import NUM_DIGITS, Landscape, one_decision_away

from surronas.metrics import kendall_tau, spearman
from surronas.searchers import Pool

CLAIM = "NAS-Bench-Macro: counts, optimum, correlations with cost and between seeds, local maxima"
SOURCE = "Su et al., CVPR 2021; calculations from the table"
DATA = ("nasbench-macro",)
MINUTES = (0.1, 0.1)

WHERE = "NAS-Bench-Macro"
NUM_STRINGS, NUM_DISTINCT = 6_561, 3_969
BEST, TOP_5 = 93.1267, (93.127, 93.127, 93.107, 93.080, 93.080)
BEST_STRINGS = ("22212202", "22212220")
LEAST, MEAN, MEDIAN, QUANTILE, DEVIATION = 45.363, 90.247, 90.990, 92.810, 0.151  # 99 % quantile; of seeds
COSTS = {"FLOPs": ("macs", 0.748, 0.556), "params": ("params", 0.318, 0.218)}  # Spearman, Kendall
BETWEEN_SEEDS = (0.980, 0.882)  # seed 0 and seed 1: Spearman, Kendall
NUM_MAXIMA, TO_BEST, STEPS = 15, 10.9, 4.24  # weak; % of starts that end at 22212202; mean of an ascent
LAYERS = (8, 3)  # and choices for each
HALF = 5e-4  # of the last of three digits


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all facts; return histogram and local maxima."""
    store = setting.table("nasbench-macro")
    pool = Pool(store.space, isomorphic="keep")
    strings = pool.architectures
    seeds = 100 * store.query(strings, "test_accuracy", seed="all")
    means = seeds.mean(axis=1).round(NUM_DIGITS)
    costs = {name: store.query(strings, metric) for name, (metric, _, _) in COSTS.items()}
    report.near(WHERE, "strings", len(strings), NUM_STRINGS)
    told = np.column_stack([seeds, *costs.values()])
    report.near(
        WHERE, "strings of other accuracies, FLOPs or params", len(np.unique(told, axis=0)), NUM_DISTINCT
    )
    report.near(WHERE, "distinct networks", len(np.unique(store.space.keys(strings))), NUM_DISTINCT)
    accuracies(report, seeds, means)
    best = np.flatnonzero(means == means.max())
    names = tuple(store.space.to_strings(strings[best]))
    report.holds(WHERE, "highest at", names == BEST_STRINGS, " and ".join(names))
    for name, (_, rho, tau) in COSTS.items():
        report.near(WHERE, f"Spearman, {name}", spearman(means, costs[name]), rho, HALF)
        report.near(WHERE, f"Kendall, {name}", kendall_tau(means, costs[name]), tau, HALF)
    between = spearman(seeds[:, 0], seeds[:, 1]), kendall_tau(seeds[:, 0], seeds[:, 1])
    for kind, ours, published in zip(("Spearman", "Kendall"), between, BETWEEN_SEEDS, strict=True):
        report.near(WHERE, f"{kind}, seed 0 / seed 1", ours, published, HALF)
    held = Landscape(means, one_decision_away(*LAYERS))
    report.near(WHERE, "weak local maxima", held.maxima.sum(), NUM_MAXIMA)
    what = f"steepest ascents to {names[0]}, %"
    report.near(WHERE, what, 100 * held.share_at(int(best[0])), TO_BEST, 0.05)
    report.near(WHERE, "mean steps of an ascent", held.ascents[1].mean(), STEPS, 5e-3)
    counts, edges = np.histogram(means, 40)
    histogram = {"counts": counts.tolist(), "edges": edges.round(4).tolist()}
    landscape = {"histogram": histogram, "maxima": held.told_maxima()}
    return {"seeds": "none: nothing is drawn", "landscape": {WHERE: landscape}}


def accuracies(report: Report, seeds: np.ndarray, means: np.ndarray) -> None:
    """Report how the accuracies are spread; seeds (N, 3), means (N,)."""
    report.near(WHERE, "highest test accuracy", means.max(), BEST, 5e-5)
    top = np.sort(means)[::-1][: len(TOP_5)]
    for place, (ours, published) in enumerate(zip(top, TOP_5, strict=True), 1):
        report.near(WHERE, f"test accuracy, place {place}", ours, published, HALF)
    for what, ours, published in (
        ("least test accuracy", means.min(), LEAST),
        ("mean test accuracy", means.mean(), MEAN),
        ("median test accuracy", np.median(means), MEDIAN),
        ("99 % quantile", np.quantile(means, 0.99), QUANTILE),
        ("mean deviation over seeds (of the three)", seeds.std(axis=1).mean(), DEVIATION),
    ):
        report.near(WHERE, what, float(ours), published, HALF)


if __name__ == "__main__":
    reproduce(__file__, measure)
