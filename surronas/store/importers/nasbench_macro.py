"""NAS-Bench-Macro: one JSON file with three trainings on CIFAR-10 of every network of a macro space."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces.nasbench_macro import NASBenchMacro
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.schema import FRACTION, Metric, Records, new_records
from surronas.store.store import BenchmarkStore

FILE = "nas-bench-macro_cifar10.json"
SOURCE = "https://github.com/xiusu/NAS-Bench-Macro"
LICENCE = "Apache-2.0"
TASK = "cifar10"
NUM_STRINGS, NUM_NETWORKS = 6_561, 3_969
RECIPE = json.dumps(
    {
        "benchmark": "NAS-Bench-Macro",
        "epochs": 50,
        "batch_size": 256,
        "optimizer": "SGD, momentum 0.9, weight decay 5e-4, learning rate 0.1, cosine",
        "value": "best epoch",
        "seeds": "numbers of the repeats; the source gives no seeds",
    },
    sort_keys=True,
)
METRICS = (
    Metric(
        "test_accuracy",
        "test",
        FRACTION,
        "maximize",
        "top-1 on CIFAR-10's test images, the best of 50 epochs: the authors' train.py measures and chooses "
        "on the test images; there is no validation split",
        SOURCE,
        LICENCE,
    ),
    Metric("params", None, "parameters", "minimize", "trainable parameters", SOURCE, LICENCE, "architecture"),
    Metric(
        "macs",
        None,
        "multiply-adds for one image, forward",
        "minimize",
        "the source calls them FLOPs; one for each multiply-add of convolutions and the classifier",
        SOURCE,
        LICENCE,
        "architecture",
    ),
)


def read(source: Path) -> Benchmark:
    """Return the networks of the authors' JSON file, or of the folder that holds it.

    Raises:
        InputError: not that file, or numbers in it that contradict one another.
    """
    file = source / FILE if source.is_dir() else source
    if not file.is_file():
        raise InputError(f"there is no {FILE} at {source}; expected {IMPORTER.expects}")
    table = json.loads(file.read_bytes())
    if not isinstance(table, dict) or not table:
        raise InputError(f"{file} holds no networks; expected {IMPORTER.expects}")
    accuracies = np.array(
        [row["test_acc"] for row in table.values()], dtype=np.float64
    )  # (N, repeats), percent
    costs = np.array([(row["params"], row["flops"]) for row in table.values()], dtype=np.float64)
    names = list(table)
    _check_means(names, accuracies, [row["mean_acc"] for row in table.values()])
    space = NASBenchMacro()
    networks = space.canonical(space.from_strings(names))
    _, first, of = np.unique(networks, axis=0, return_index=True, return_inverse=True)
    _check_twins(names, np.hstack([accuracies, costs]), first[of.ravel()])
    part = "" if len(names) == NUM_STRINGS else f" A part: {len(names)} of {NUM_STRINGS:,} strings."
    return Benchmark(
        space,
        METRICS,
        f"NAS-Bench-Macro: 6,561 strings, which are 3,969 distinct networks, each trained three times for "
        f"50 epochs on CIFAR-10. The benchmark has test accuracies alone, no validation split and no curves. "
        f"Seeds 0, 1 and 2 are the repeats. Any string of a network gives the network's runs.{part}",
        LICENCE,
        [_records(networks[first], accuracies[first])],
        [Columns(networks[first], {"params": costs[first, 0], "macs": costs[first, 1]}, TASK)],
        _facts,
        canonical=True,
    )


def _check_means(names: list[str], accuracies: NDArray[np.float64], means: list[float]) -> None:
    """Refuse a file whose means are not those of its repeats."""
    if accuracies.ndim != 2 or not accuracies.shape[1]:
        raise InputError(
            f"expected test_acc to list the repeats, got {accuracies.shape[1:]} numbers a network"
        )
    wrong = ~np.isclose(accuracies.mean(axis=1), means, rtol=0, atol=1e-9)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"network {names[row]}: mean_acc is {means[row]}, the mean of test_acc {accuracies[row].mean()}; "
            f"the file is damaged: take it from its source again"
        )


def _check_twins(names: list[str], numbers: NDArray[np.float64], twin: NDArray[np.int64]) -> None:
    """Refuse a file in which two strings of one network have different numbers."""
    wrong = (numbers != numbers[twin]).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{names[row]} and {names[twin[row]]} are one network and have different numbers; "
            f"the file is damaged: take it from its source again"
        )


def _records(networks: NDArray[np.int8], accuracies: NDArray[np.float64]) -> Records:
    """Return the (n * repeats,) runs of (n, 8) networks with (n, repeats) accuracies in percent."""
    n, repeats = accuracies.shape
    records = new_records(n * repeats, networks.shape[1], METRICS[:1])
    records["architecture"] = np.repeat(networks, repeats, axis=0)
    records["task"], records["recipe"], records["epochs"] = TASK, RECIPE, 50
    records["seed"] = np.tile(np.arange(repeats), n)
    records["origin"] = "benchmark"
    records["test_accuracy"] = accuracies.ravel() / 100
    return records


def _facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give the known facts of the whole table; of a part, the best network's mean if it is there."""
    best = ["22212220", "22212202"]
    if store.contains(best).all():
        for name, mean in zip(best, store.query(best, "test_accuracy", seed="mean"), strict=True):
            yield Fact(f"mean test accuracy of {name}", 0.931267, float(mean), 5e-7)
    if len(store.architectures) != NUM_NETWORKS:
        return
    strings = store.space.enumerate()
    yield Fact("strings with numbers", NUM_STRINGS, int(store.contains(strings).sum()))
    yield Fact("runs", 3 * NUM_NETWORKS, len(store))
    repeats = store.query(strings, "test_accuracy", seed="all")
    means = repeats.mean(axis=1)
    yield Fact("best mean test accuracy", 0.931267, float(means.max()), 5e-7)
    yield Fact("mean of the mean test accuracies", 0.90247, float(means.mean()), 5e-6)
    yield Fact("median of the mean test accuracies", 0.90990, float(np.median(means)), 5e-6)
    yield Fact("least mean test accuracy", 0.45363, float(means.min()), 5e-6)
    yield Fact("99 % quantile of the means", 0.92810, float(np.quantile(means, 0.99)), 5e-6)
    yield Fact("mean standard deviation over repeats", 0.00151, float(repeats.std(axis=1).mean()), 5e-6)
    yield from _correlations(repeats, store.query(strings, "params"), store.query(strings, "macs"))


def _correlations(
    repeats: NDArray[np.float64], params: NDArray[np.float64], macs: NDArray[np.float64]
) -> Iterator[Fact]:
    """Give the known rank correlations over all strings."""
    from scipy.stats import kendalltau, spearmanr

    means = repeats.mean(axis=1)
    for text, one, other, tau, rho in (
        ("repeats 0 and 1", repeats[:, 0], repeats[:, 1], 0.882, 0.980),
        ("mean accuracy and multiply-adds", means, macs, 0.556, 0.748),
        ("mean accuracy and parameters", means, params, 0.218, 0.318),
    ):
        yield Fact(f"Kendall's tau of {text}", tau, float(kendalltau(one, other).statistic), 5e-4)
        yield Fact(f"Spearman's rho of {text}", rho, float(spearmanr(one, other).statistic), 5e-4)


IMPORTER = Importer(
    name="nasbench-macro",
    title="NAS-Bench-Macro (Su et al., CVPR 2021)",
    expects=f"{FILE}, as in the authors' repository, or the folder that holds it",
    by_hand=f"{SOURCE}, file data/{FILE}",
    read=read,
)
