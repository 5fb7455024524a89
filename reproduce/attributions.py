"""What each edge adds to a predicted accuracy: exact Shapley values of cells from the digits table.

    python reproduce/attributions.py            # full; half a minute
    python reproduce/attributions.py --quick    # fewer cells, seconds

A Gaussian process with the default encoding, fitted to random cells (validation accuracy, mean of three
seeds), explains the best cell, one at the 10 % quantile and a random sample, against random cells as a
background. An exact Shapley value is a mean over all coalitions of the cell's six edges, the other edges
taken from the background (Lundberg & Lee 2017); the values of a cell sum to its prediction minus the
background's mean.
"""

import numpy as np
from claims import Report, Setting, reproduce
from predicted_measured import fitted
from threadpoolctl import threadpool_limits

from surronas.encodings import default_encoding
from surronas.evaluation import target_of
from surronas.explanation import Explanation, explain
from surronas.metrics import kendall_tau

CLAIM = "Attributions: exact Shapley values of digits cells add up, and convolutions lift what none lowers"
SOURCE = "Shapley values' own efficiency (Lundberg & Lee, NeurIPS 2017); claims of order on the shipped table"
DATA = ("digits",)
MINUTES = (0.1, 0.5)

NUM_LEARNED, NUM_JUDGED = 300, 1000
NUM_BACKGROUND, NUM_SAMPLED = 50, 200
QUICK_LEARNED, QUICK_BACKGROUND, QUICK_SAMPLED = 150, 20, 40
POOR = 0.1  # quantile of measured accuracy that the poor cell stands at
LEAST_TAU = 0.7  # below that the surrogate, not the cells, would be explained


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Fit, explain, check what must hold, and return the cells with their attributions."""
    quick = setting.quick
    target = target_of(setting.table("digits"), "valid_accuracy", task="digits")
    order = np.random.default_rng(0).permutation(len(target))
    learned, judged = np.split(order, [QUICK_LEARNED if quick else NUM_LEARNED])
    background = learned[: QUICK_BACKGROUND if quick else NUM_BACKGROUND]
    sample = judged[: QUICK_SAMPLED if quick else NUM_SAMPLED]
    ranked = np.argsort(-target.values, kind="stable")
    cells = {"best": int(ranked[0]), "poor": int(ranked[int((1 - POOR) * len(ranked))])}
    rows = np.r_[list(cells.values()), sample]
    with threadpool_limits(1):
        surrogate, judged = fitted(target, learned), judged[:NUM_JUDGED]
        predicted = surrogate.predict(default_encoding(target.space, target.architectures[judged]))
        tau = kendall_tau(target.values[judged], predicted)
        architectures = target.architectures
        found = explain(
            surrogate, default_encoding, target.space, architectures[rows], architectures[background]
        )
    check(report, found, tau)
    operations = found.decisions.choices[0]
    means, sizes = by_operation(found, found.contributions), by_operation(found, np.abs(found.contributions))
    return {
        "target": target.words,
        "space": target.space.name,
        "num_learned": len(learned),
        "kendall_tau": round(tau, 4),
        "background_mean": round(found.base, 4),
        "mean_by_operation": dict(zip(operations, np.round(means, 4).tolist(), strict=True)),
        "mean_size_by_operation": dict(zip(operations, np.round(sizes, 4).tolist(), strict=True)),
        "cells": {
            name: {
                "architecture": target.space.to_strings(target.architectures[[place]])[0],
                "measured": round(float(target.values[place]), 4),
                "predicted": round(float(found.predictions[row]), 4),
                "edges": [list(edge) for edge in found.decisions.edges if edge is not None],
                "operations": [operations[c] for c in found.architectures[row]],
                "contributions": np.round(found.contributions[row], 5).tolist(),
            }
            for row, (name, place) in enumerate(cells.items())
        },
    }


def check(report: Report, found: Explanation, tau: float) -> None:
    """Assert that the values add up, and what the operations do."""
    where = f"digits, {len(found.architectures)} cells"
    gap = np.abs(found.contributions.sum(axis=1) - (found.predictions - found.base)).max()
    report.at_most(where, "sum of attributions less what is explained", gap, 1e-9, "efficiency")
    report.at_least(where, "Kendall tau of the surrogate on other cells", tau, LEAST_TAU, "worth explaining")
    operations = found.decisions.choices[0]
    means = dict(zip(operations, by_operation(found, found.contributions), strict=True))
    convolution, none = means["nor_conv_3x3"], means["none"]
    told = f"mean attributions {100 * convolution:+.2f} and {100 * none:+.2f} points"
    report.holds(where, "3x3 convolutions lift, none lowers", bool(convolution > 0 > none), told)
    told = ", ".join(f"{name} {100 * mean:+.2f}" for name, mean in means.items())
    report.holds(
        where, "of all operations 3x3 convolutions lift most", convolution == max(means.values()), told
    )
    best, poor = found.contributions[0].sum(), found.contributions[1].sum()
    told = f"{100 * best:+.1f} and {100 * poor:+.1f} points"
    report.holds(where, "attributions lift the best cell, lower the poor one", bool(best > 0 > poor), told)


def by_operation(found: Explanation, values: np.ndarray) -> np.ndarray:
    """Return the mean of values (n, d) over all edges with each operation."""
    return np.array([values[found.architectures == c].mean() for c in range(len(found.decisions.choices[0]))])


if __name__ == "__main__":
    reproduce(__file__, measure)
