"""From records to what a search may see: one score an architecture, never of a test split."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store import Metric, Records


def search_metric(metrics: Sequence[Metric], name: str) -> Metric:
    """Return the metric that a search optimises.

    Raises:
        InputError: no such metric, one without direction, or one of the test split.
    """
    by_name = {metric.name: metric for metric in metrics}
    if name not in by_name:
        raise InputError(f"expected a metric among {', '.join(by_name)}, got {name!r}")
    metric = by_name[name]
    if metric.split == "test":
        raise InputError(
            f"{name!r} is measured on the test split, which a search must not see; "
            "search on a validation metric and report the test score of what it finds"
        )
    if metric.direction is None:
        raise InputError(f"metric {name!r} does not say whether more is better; give it a direction")
    return metric


def test_counterpart(metrics: Sequence[Metric], name: str) -> str | None:
    """Return the name of the test metric beside a validation metric, None where there is none.

    For reports on what a search found: the search itself sees the validation metric alone.
    """
    counterpart = name.replace("valid_", "test_", 1)
    known = name.startswith("valid_") and counterpart in {metric.name for metric in metrics}
    return counterpart if known else None


def mean_scores(records: Records, num_seeds: int, metric: Metric) -> NDArray[np.float64]:
    """Return (n,) means over the seeds of each architecture, signed so that more is better.

    ``records`` come from ``evaluate``: architecture by architecture, ``num_seeds`` rows each. NaN where
    any of the runs failed or was not measured: a mean over fewer seeds would be another quantity.
    """
    values = np.where(records["status"] == "ok", records[metric.name], np.nan).astype(np.float64)
    means: NDArray[np.float64] = metric.sign * values.reshape(-1, num_seeds).mean(axis=1)
    return means
