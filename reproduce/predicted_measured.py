"""Predicted against measured validation accuracy of held-out digits cells, with 90 % intervals.

    python reproduce/predicted_measured.py            # full: 10 samples; half a minute
    python reproduce/predicted_measured.py --quick    # 3 samples, seconds

A Gaussian process with the default encoding learns from 200 random cells of the shipped digits table (mean of
three seeds) and predicts 500 others; the points of sample 0 are kept in the result. Distinct networks all, so
no twin of a cell is on the other side.

[CALC] Kendall tau and coverage of sample sizes 128 and 256 in results/surrogate_sweep.json (20 samples each)
bound what 200 cells should give; .85 to .95 is the coverage that the project asks of 90 % intervals.
"""

import json

import numpy as np
from claims import RESULTS, Report, Setting, reproduce
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from surronas.encodings import default_encoding
from surronas.evaluation import Contender, Target, grouped, target_of
from surronas.metrics import kendall_tau
from surronas.surrogates import GaussianProcessSurrogate, Surrogate
from surronas.surrogates.intervals import interval_of

CLAIM = (
    "Predicted against measured: a Gaussian process from 200 digits cells ranks others, and knows its error"
)
SOURCE = "own sweep of surrogates: reproduce/results/surrogate_sweep.json"
DATA = ("digits",)
MINUTES = (0.1, 0.5)

NUM_LEARNED, NUM_JUDGED = 200, 500
NUM_SAMPLES, QUICK_SAMPLES = 10, 3
SWEEP = "digits, shipped store"
BETWEEN = (128, 256)  # train sizes of the sweep on both sides
SLACK = 0.02  # about 2 standard errors of a mean tau over samples
COVERAGE = (0.85, 0.95)


def fitted(target: Target, learned: NDArray[np.int64]) -> Surrogate:
    """Return a Gaussian process fitted to some rows of a target."""
    plain = Contender("Gaussian process", GaussianProcessSurrogate(), "default", default_encoding)
    surrogate = grouped(plain, target.space).surrogate
    rows = target.architectures[learned]
    return surrogate.fit(default_encoding(target.space, rows), target.values[learned])


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Fit, predict, judge, and return the points of the first sample."""
    target = target_of(setting.table("digits"), "valid_accuracy", task="digits")
    taus, held, widths, points = [], [], [], np.zeros((0, 4))
    with threadpool_limits(1):
        for sample in setting.seeds(NUM_SAMPLES, QUICK_SAMPLES):
            order = np.random.default_rng(sample).permutation(len(target))
            learned, judged = np.split(order[: NUM_LEARNED + NUM_JUDGED], [NUM_LEARNED])
            surrogate, X = (
                fitted(target, learned),
                default_encoding(target.space, target.architectures[judged]),
            )
            mean, (low, high) = np.asarray(surrogate.predict(X)), interval_of(surrogate, X, 0.9)
            measured = target.values[judged]
            inside = (low <= measured) & (measured <= high)
            taus.append(kendall_tau(measured, mean))
            held.append(float(inside.mean()))
            widths.append(float(np.mean(high - low)))
            if sample == 0:
                points = np.stack([mean, low, high, measured], axis=1)
    (least, most), tau, share = sweep_taus(), float(np.mean(taus)), float(np.mean(held))
    where = f"digits, {len(taus)} samples"
    report.at_least(where, "Kendall tau on 500 others", tau, least - SLACK, "tau of 128 in the sweep")
    report.at_most(where, "Kendall tau on 500 others", tau, most + SLACK, "tau of 256 in the sweep")
    report.at_least(where, "share in 90 % intervals", share, COVERAGE[0], "asked of the project")
    report.at_most(where, "share in 90 % intervals", share, COVERAGE[1], "asked of the project")
    return {
        "target": target.words,
        "num_learned": NUM_LEARNED,
        "kendall_tau": np.round(taus, 4).tolist(),
        "coverage_90": np.round(held, 4).tolist(),
        "mean_width_90": np.round(widths, 4).tolist(),
        "columns": ["predicted", "low", "high", "measured"],
        "points": np.round(points, 4).tolist(),
    }


def sweep_taus() -> tuple[float, float]:
    """Return the taus of the Gaussian process from 128 and 256 digits cells in the sweep's result."""
    sweep = json.loads((RESULTS / "surrogate_sweep.json").read_text())["sweep"][SWEEP]
    row = next(row for row in sweep["rows"] if row["surrogate"] == "Gaussian process")
    least, most = (float(row["kendall_tau"][row["sizes"].index(size)]) for size in BETWEEN)
    return least, most


if __name__ == "__main__":
    reproduce(__file__, measure)
