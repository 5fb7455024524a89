"""Rank correlations between what a store holds: between splits, numbers of epochs, and tasks."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from surronas.metrics import kendall_tau, spearman
from surronas.store.measured import Measured

FEWEST = 3  # architectures that have both values
MOST_PAIRS = 200  # of each kind: some 2 s with 15,625 architectures

Pair = tuple[Measured, Measured]


def rank_correlations(measured: Sequence[Measured]) -> dict[str, Any]:
    """Return Spearman's and Kendall's correlations of metrics of runs, by kind, over common architectures.

    "splits": the same quantity on two splits, all else equal. "epochs": a metric after fewer epochs and
    after the most. "tasks": a metric on two tasks, each after its most epochs. Where a number of epochs
    comes with several recipes, the one with the most architectures stands for it. Only metrics that have
    a split and a direction are ranked. ``left_out`` counts the pairs beyond the first 200 of a kind.
    """
    ranked = [each for each in measured if each.metric.split and each.metric.direction]
    kinds = {"splits": _splits(ranked), "epochs": _epochs(ranked), "tasks": _tasks(ranked)}
    found: dict[str, Any] = {"left_out": 0}
    for kind, pairs in kinds.items():
        common = [pair for pair in pairs if _common(pair).sum() >= FEWEST]
        found["left_out"] += len(common[MOST_PAIRS:])
        found[kind] = [_correlation(pair) for pair in common[:MOST_PAIRS]]
    return found


def _splits(ranked: Sequence[Measured]) -> Iterator[Pair]:
    """Yield pairs such as validation and test accuracy of the same runs."""
    for a, b in combinations(ranked, 2):
        if a.axes == b.axes and a.metric.split != b.metric.split and _quantity(a) == _quantity(b):
            yield a, b


def _epochs(ranked: Sequence[Measured]) -> Iterator[Pair]:
    """Yield each lower number of epochs beside the highest, by task and metric."""
    for held in _by_epochs(ranked).values():
        *lower, highest = sorted(held)
        for epochs in lower:
            yield held[epochs], held[highest]


def _tasks(ranked: Sequence[Measured]) -> Iterator[Pair]:
    """Yield pairs of tasks, by metric, each after its most epochs."""
    longest = {place: held[max(held)] for place, held in _by_epochs(ranked).items()}
    for a, b in combinations(longest, 2):
        if a[1] == b[1]:
            yield longest[a], longest[b]


def _by_epochs(ranked: Sequence[Measured]) -> dict[tuple[str, str], dict[int, Measured]]:
    """Return what is measured by task and metric, then by epochs: of recipes the one with most values."""
    places: dict[tuple[str, str], dict[int, Measured]] = {}
    for each in ranked:
        held = places.setdefault((each.axes["task"], each.metric.name), {})
        rival = held.get(each.axes["epochs"])
        if rival is None or np.isnan(each.values).sum() < np.isnan(rival.values).sum():
            held[each.axes["epochs"]] = each
    return places


def _quantity(measured: Measured) -> str:
    """Return the metric's name without its split."""
    return measured.metric.name.removeprefix(f"{measured.metric.split}_")


def _common(pair: Pair) -> np.ndarray:
    """Return (A,) which architectures have both values."""
    return ~np.isnan(pair[0].values) & ~np.isnan(pair[1].values)


def _correlation(pair: Pair) -> dict[str, Any]:
    """Return both correlations of a pair, and of what it is."""
    both = _common(pair)
    a, b = (each.values[both] for each in pair)
    return {
        "a": pair[0].axes | {"metric": pair[0].metric.name},
        "b": pair[1].axes | {"metric": pair[1].metric.name},
        "architectures": len(a),
        "spearman": spearman(a, b),
        "kendall": kendall_tau(a, b),
    }
