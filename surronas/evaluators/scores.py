"""From records to one score an architecture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surronas.store import Metric, Records


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
