"""What a fitted surrogate scores on the rows that judge it: every metric, with its unit and source."""

import inspect
from dataclasses import dataclass
from typing import Literal

import numpy as np

from surronas import metrics
from surronas.store import Metric
from surronas.store.schema import FRACTION
from surronas.surrogates.base import Matrix, Surrogate, Vector
from surronas.surrogates.intervals import cdf_of, interval_of

RANKING = ("kendall_tau", "spearman", "sparse_kendall_tau", "precision_at_k", "regret_at_k")  # of all kinds
SCALED = ("regret_at_k", "rmse", "mae", "nll", "width_90")  # by the target's own scale
TARGET_UNIT = "the target's"  # unit of a score


@dataclass(frozen=True)
class ScoreKind:
    """One number that a surrogate is judged by.

    Attributes:
        name: its key; ``column``: the head of a table's column.
        unit: TARGET_UNIT where it is that of the target.
        better: which way.
        words: what it is, and whose definition.
    """

    name: str
    column: str
    unit: str
    better: Literal["more", "less", "nominal"]
    words: str

    @property
    def bounded(self) -> bool:
        """Whether it is a share or a correlation, of which three decimals tell all."""
        return self.name not in SCALED


SCORE_KINDS = (
    ScoreKind("kendall_tau", "tau", "-1 to 1", "more", "Kendall's tau-b (SciPy)"),
    ScoreKind("spearman", "Spearman", "-1 to 1", "more", "Spearman's rank correlation (SciPy)"),
    ScoreKind(
        "sparse_kendall_tau",
        "sparse tau",
        "-1 to 1",
        "more",
        "Kendall's tau-b, predictions rounded to .1 % accuracy (NAS-Bench-301); of accuracies alone",
    ),
    ScoreKind(
        "precision_at_k", "P@{k}", FRACTION, "more", "share of the {k} best predicted among the {k} best"
    ),
    ScoreKind(
        "regret_at_k", "regret@{k}", TARGET_UNIT, "less", "the best less the best of the {k} best predicted"
    ),
    ScoreKind("r2", "R2", "at most 1", "more", "share of variance explained (scikit-learn's definition)"),
    ScoreKind("rmse", "RMSE", TARGET_UNIT, "less", "root mean squared error"),
    ScoreKind("mae", "MAE", TARGET_UNIT, "less", "mean absolute error"),
    ScoreKind(
        "nll",
        "NLL",
        "nats",
        "less",
        "negative log likelihood under a Gaussian, of a density in the target's unit",
    ),
    *(
        ScoreKind(
            f"coverage_{round(100 * level)}",
            f"in {round(100 * level)} %",
            FRACTION,
            "nominal",
            f"share of targets inside the surrogate's central {round(100 * level)} % intervals",
        )
        for level in metrics.LEVELS
    ),
    ScoreKind("width_90", "width 90 %", TARGET_UNIT, "less", "mean width of the 90 % intervals (sharpness)"),
    ScoreKind(
        "calibration_error",
        "cal. error",
        FRACTION,
        "less",
        "mean of |coverage - level| over 99 levels (Kuleshov et al. 2018)",
    ),
)


def predicted(surrogate: Surrogate, X: Matrix) -> tuple[Vector, Vector | None]:
    """Return the mean (m,) and std (m,) of a fitted surrogate; no std of a regressor that knows none."""
    if "return_std" not in inspect.signature(surrogate.predict).parameters:
        return np.asarray(surrogate.predict(X), dtype=np.float64), None
    mean, std = surrogate.predict(X, return_std=True)
    return np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)


@dataclass(frozen=True)
class Intervals:
    """What a surrogate's own central intervals are worth on m rows."""

    probabilities: Vector  # (m,) predicted of a value at most the measured one
    width_90: float  # mean width of 90 % intervals, in the target's unit


def intervals(surrogate: Surrogate, X: Matrix, values: Vector) -> Intervals:
    """Return the intervals of a fitted surrogate that has a std; a Gaussian's if it tells none of its own."""
    low, high = interval_of(surrogate, X, 0.9)
    return Intervals(cdf_of(surrogate, X, values), float(np.mean(high - low)))


def scores(
    metric: Metric,
    values: Vector,
    mean: Vector,
    std: Vector | None,
    own: Intervals | None,
    *,
    top_k: int,
) -> dict[str, float]:
    """Return the scores by name, without those that need a std where there is none, or an accuracy.

    Raises:
        InputError: the predictions hold NaN, infinity or a std that is not positive.
    """
    best, looks_best, k = metric.sign * values, metric.sign * mean, min(top_k, len(values))
    found = {
        "kendall_tau": metrics.kendall_tau(values, mean),
        "spearman": metrics.spearman(values, mean),
        "precision_at_k": metrics.precision_at_k(best, looks_best, k),
        "regret_at_k": metrics.regret_at_k(best, looks_best, k),
        "r2": metrics.r2(values, mean),
        "rmse": metrics.root_mean_squared_error(values, mean),
        "mae": metrics.mean_absolute_error(values, mean),
    }
    if metric.unit == FRACTION:
        found["sparse_kendall_tau"] = metrics.sparse_kendall_tau(values, mean)
    if std is not None and own is not None:
        found["nll"] = metrics.negative_log_likelihood(values, mean, std)
        calibrated = metrics.calibration_of_probabilities(own.probabilities)
        for level, share in zip(calibrated.levels, calibrated.coverage, strict=True):
            found[f"coverage_{round(100 * level)}"] = share
        found["width_90"] = own.width_90
        found["calibration_error"] = calibrated.error
    return found
