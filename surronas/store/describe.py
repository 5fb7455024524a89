"""What the numbers of a store say, as one JSON-able dict: optima, quantiles, seed noise, correlations."""

from typing import Any

import numpy as np

from surronas.store.correlations import rank_correlations
from surronas.store.measured import Measured, measured_in
from surronas.store.schema import SEED_MEAN
from surronas.store.seeds import of_single_seeds, published_mean
from surronas.store.table import Table

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def describe(table: Table) -> dict[str, Any]:
    """Return the facts of a table; see ``BenchmarkStore.describe``."""
    measured = [each for each in measured_in(table) if not np.isnan(each.values).all()]
    return {
        "space": table.header.space,
        "architectures": len(table.codes),
        "distinct_networks": table.twins.count,
        "runs": sum(section.num_runs for section in table.sections.values()),
        "measures": [_facts(table, each) for each in measured],
        "correlations": rank_correlations([each for each in measured if each.metric.per == "run"]),
    }


def _facts(table: Table, measured: Measured) -> dict[str, Any]:
    """Return the facts of one metric at one place."""
    metric, values = measured.metric, measured.values
    there = values[~np.isnan(values)]
    facts: dict[str, Any] = measured.axes | {
        "device": measured.section.device,
        "metric": metric.name,
        "split": metric.split,
        "unit": metric.unit,
        "direction": metric.direction,
        "architectures": len(there),
        "quantiles": dict(zip(map(str, QUANTILES), np.quantile(there, QUANTILES).tolist(), strict=True)),
    }
    if metric.per == "run":
        facts |= _seeds(table, measured)
    if metric.direction is not None:
        facts["optimum"] = _optimum(table, measured)
    return facts


def _seeds(table: Table, measured: Measured) -> dict[str, Any]:
    """Return the number of seeds behind the values, and how far apart they are.

    The variance of a single run's value is that between architectures plus that between seeds (one-way
    analysis of variance, architectures weighing the same); the noise is the second one's share.
    """
    section, name = measured.section, measured.metric.name
    if published_mean(table, section, name) is not None:
        return {"seeds": "mean of the source", "seed_noise": None}
    counted = of_single_seeds(section, name)
    rows, values = section.rows[counted], section.column(name)[counted].astype(np.float64)
    count = np.bincount(rows, minlength=len(table.codes))
    held, repeated = count[count > 0], count > 1
    seeds = {"fewest": int(held.min()), "most": int(held.max())}
    if not repeated.any():
        return {"seeds": seeds, "seed_noise": None}
    squares = np.bincount(rows, (values - measured.values[rows]) ** 2, minlength=len(table.codes))
    within = squares[repeated] / (count[repeated] - 1)
    means = measured.values[repeated]
    spread = float(np.var(means, ddof=1)) if len(means) > 1 else 0.0
    between = max(0.0, spread - float(np.mean(within / count[repeated])))
    total = between + float(within.mean())
    noise = {
        "architectures": len(means),
        "median_std": float(np.median(np.sqrt(within))),
        "share_of_variance": float(within.mean()) / total if total else None,
    }
    return {"seeds": seeds, "seed_noise": noise}


def _optimum(table: Table, measured: Measured) -> dict[str, Any]:
    """Return the best value and whose it is; for a validation metric, also how the same runs test."""
    row = int(np.nanargmax(measured.metric.sign * measured.values))
    optimum: dict[str, Any] = {
        "value": float(measured.values[row]),
        "architecture": table.space.to_strings(table.architectures[row : row + 1])[0],
    }
    test = measured.metric.name.replace("valid_", "test_", 1)
    if measured.metric.split == "valid" and test != measured.metric.name and test in measured.section.metrics:
        optimum["test"] = {"metric": test, "value": _of_same_runs(table, measured, row, test)}
    return optimum


def _of_same_runs(table: Table, measured: Measured, row: int, other: str) -> float | None:
    """Return the mean of another metric over the runs behind one value, None where one of them lacks it."""
    section, name = measured.section, measured.metric.name
    at = np.flatnonzero((section.rows == row) & (section.status == 0))
    published = published_mean(table, section, name) is not None
    at = at[(section.run_seeds[at] == SEED_MEAN) == published]
    at = at[~np.isnan(section.column(name)[at])]
    mean = float(section.column(other)[at].astype(np.float64).mean())
    return None if np.isnan(mean) else mean
