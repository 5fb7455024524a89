"""Rank correlations between data sets, tasks, fidelities and seeds: what one measurement tells of another.

    python reproduce/correlations.py            # seconds, with or without --quick

NAS-Bench-201, all 15,625 strings: validation accuracy after 12 epochs and test accuracy after 200, mean over
the seeds, on three data sets; test accuracy of the run with seed 888, as the published correlations between
data sets have it. Means of seeds are rounded, lest those that tie be ordered by how they were summed.
TransNAS-Bench-101 micro, 4,096 cells, seven tasks, more is better in all (losses are negated).
digits, 6,466 cells: validation accuracy after each epoch of each of three seeds.

[CALC] Correlations between data sets, seed 888, calculated from the same table. Ceilings too: the Kendall tau
of validation accuracy after 12 epochs with test accuracy after 200, mean over seeds, and of seed 888 with
that mean, is what one that knows all of the first can reach on the second.
[CALC] digits' Spearman between seeds: the data card of the shipped table.
"""

from collections.abc import Callable, Mapping

import numpy as np
from claims import Report, Setting, reproduce
from numpy.typing import NDArray

from surronas.metrics import kendall_tau, spearman
from surronas.store import BenchmarkStore

CLAIM = (
    "Rank correlations across data sets, tasks, fidelities and seeds: NAS-Bench-201, TransNAS micro, digits"
)
SOURCE = "calculations from the tables; the card of the shipped digits table"
DATA = ("nasbench201-tables", "digits")
OPTIONAL_DATA = ("nas-bench-suite-zero-transbench101-micro",)
MINUTES = (0.2, 0.2)

DATA_SETS = {  # task of the 12-epoch validation, of the 200-epoch test, of seed 888
    "CIFAR-10": ("cifar10-valid", "cifar10", "cifar10-valid"),
    "CIFAR-100": ("cifar100", "cifar100", "cifar100"),
    "ImageNet16-120": ("ImageNet16-120", "ImageNet16-120", "ImageNet16-120"),
}
BETWEEN = {  # [CALC] seed 888: Pearson, Spearman, Kendall
    ("CIFAR-10", "CIFAR-100"): (0.9681, 0.9676, 0.8481),
    ("CIFAR-10", "ImageNet16-120"): (0.8150, 0.9510, 0.8143),
    ("CIFAR-100", "ImageNet16-120"): (0.9018, 0.9562, 0.8275),
}
OF_12_EPOCHS = {"CIFAR-10": 0.594, "CIFAR-100": 0.645, "ImageNet16-120": 0.644}  # [CALC] tau
OF_ONE_SEED = {"CIFAR-10": 0.882, "CIFAR-100": 0.941, "ImageNet16-120": 0.952}  # [CALC] tau
OF_DIGITS_SEEDS = {(0, 1): 0.946, (0, 2): 0.933, (1, 2): 0.917}  # [CALC] Spearman, last epoch
NUM_DIGITS = 6  # of accuracies: beyond them means of seeds that tie differ, by how they were summed
FOURTH_DIGIT, THIRD_DIGIT = 1e-4, 1e-3  # as many as are published
TRANSNAS_TASKS = {
    "class_scene": "valid_accuracy",
    "class_object": "valid_accuracy",
    "jigsaw": "valid_accuracy",
    "room_layout": "valid_loss",
    "segmentsemantic": "valid_accuracy",
    "normal": "valid_ssim",
    "autoencoder": "valid_ssim",
}
DIGITS_EPOCHS, DIGITS_SEEDS = 6, (0, 1, 2)

Scores = NDArray[np.float64]
Correlation = Callable[[Scores, Scores], float]


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Correlate, compare with what was calculated, and return the matrices."""
    tables = {"NAS-Bench-201": nasbench201(report, setting.table("nasbench201-tables"))}
    if setting.has(name := "nas-bench-suite-zero-transbench101-micro"):
        tables["TransNAS micro"] = transnas(report, setting.table(name))
    tables["digits"] = digits(report, setting.table("digits"))
    return {
        "matrices": {
            title: {
                "names": list(columns),
                "spearman": matrix(columns, spearman),
                "kendall": matrix(columns, kendall_tau),
            }
            for title, columns in tables.items()
        }
    }


def nasbench201(report: Report, store: BenchmarkStore) -> dict[str, Scores]:
    """Return scores (15625,) by data set and fidelity; assert what is known of them."""
    cells = store.architectures
    early: dict[str, Scores] = {}
    late: dict[str, Scores] = {}
    single: dict[str, Scores] = {}
    for name, (valid, test, seed_888) in DATA_SETS.items():
        early[name] = store.query(cells, "valid_accuracy", task=valid, epochs=12, seed="mean")
        late[name] = store.query(cells, "test_accuracy", task=test, epochs=200, seed="mean")
        early[name], late[name] = early[name].round(NUM_DIGITS), late[name].round(NUM_DIGITS)
        single[name] = store.query(cells, "test_accuracy", task=seed_888, epochs=200, seed=888)
    for (a, b), published in BETWEEN.items():
        x, y = single[a], single[b]
        ours = (float(np.corrcoef(x, y)[0, 1]), spearman(x, y), kendall_tau(x, y))
        for kind, mine, theirs in zip(("Pearson", "Spearman", "Kendall"), ours, published, strict=True):
            report.near("NAS-Bench-201", f"{kind}, {a} / {b}, seed 888", mine, theirs, FOURTH_DIGIT)
    for name in DATA_SETS:
        for what, scores, known in (
            ("12-epoch validation / 200-epoch test", early, OF_12_EPOCHS),
            ("seed 888 / mean over seeds", single, OF_ONE_SEED),
        ):
            tau = kendall_tau(scores[name].round(NUM_DIGITS), late[name])
            report.near(name, f"Kendall, {what}", tau, known[name], THIRD_DIGIT)
    return {f"{n}, 12 ep. valid": s for n, s in early.items()} | {
        f"{n}, 200 ep. test": s for n, s in late.items()
    }


def transnas(report: Report, store: BenchmarkStore) -> dict[str, Scores]:
    """Return scores (4096,) by task, more is better; assert that every pair of tasks agrees."""
    signs = {metric.name: metric.sign for metric in store.metrics}
    scores = {
        task: signs[metric] * store.query(store.architectures, metric, task=task, seed="mean")
        for task, metric in TRANSNAS_TASKS.items()
    }
    table = np.array(matrix(scores, spearman))
    lowest = table[~np.eye(len(table), dtype=bool)].min()
    report.at_least("TransNAS micro", "lowest Spearman of two tasks", lowest, 0.0, "no two tasks disagree")
    return scores


def digits(report: Report, store: BenchmarkStore) -> dict[str, Scores]:
    """Return scores (6466,) by seed and epoch; assert agreement of seeds, and that it grows with epochs."""
    found = {}
    for seed in DIGITS_SEEDS:
        curves = store.curves(store.architectures, "valid_accuracy", task="digits", seed=seed)
        for epoch in range(1, DIGITS_EPOCHS + 1):
            found[f"seed {seed}, epoch {epoch}"] = curves[:, epoch - 1].astype(np.float64)
    for (a, b), published in OF_DIGITS_SEEDS.items():
        ours = spearman(found[f"seed {a}, epoch {DIGITS_EPOCHS}"], found[f"seed {b}, epoch {DIGITS_EPOCHS}"])
        report.near("digits", f"Spearman, seeds {a} / {b}", ours, published, THIRD_DIGIT)
    taus = []
    for epoch in range(1, DIGITS_EPOCHS):
        pairs = [
            (f"seed {seed}, epoch {epoch}", f"seed {seed}, epoch {DIGITS_EPOCHS}") for seed in DIGITS_SEEDS
        ]
        taus.append(float(np.mean([kendall_tau(found[early], found[last]) for early, last in pairs])))
    told = "mean over seeds " + " ".join(f"{tau:.3f}" for tau in taus)
    report.holds("digits", "tau with the last epoch grows by epoch", sorted(taus) == taus, told)
    return found


def matrix(columns: Mapping[str, Scores], correlation: Correlation) -> list[list[float]]:
    """Return a correlation's (k, k) of all pairs of columns."""
    scores = list(columns.values())
    table = np.eye(len(scores))
    for i, j in zip(*np.triu_indices(len(scores), 1), strict=True):
        table[i, j] = table[j, i] = correlation(scores[i], scores[j])
    return [[float(value) for value in row] for row in table.round(4)]


if __name__ == "__main__":
    reproduce(__file__, measure)
