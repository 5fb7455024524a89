"""The one border through which training runs enter a store: every check on records that are appended."""

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.store.schema import (
    CURVE_SUFFIX,
    FRACTION,
    KEY_FIELDS,
    ORIGINS,
    SEED_MEAN,
    STATUSES,
    Metric,
    Records,
    curve_names,
    metric_names,
)
from surronas.store.stretches import stretches
from surronas.store.table import Table


def validate(table: Table, records: Records) -> Architectures:
    """Return the (n, d) valid architectures of records that may be appended to the table.

    Raises:
        InputError: not records, an unknown metric, status or origin, or a number that can't be one.
        ArchitectureError: an architecture of another space.
    """
    _check_fields(table, records)
    decisions = table.space.validate(records["architecture"])
    _check_words(records)
    _check_seeds(records)
    ok = records["status"] == "ok"
    for name in metric_names(records.dtype):
        _check_values(table.metrics[name], records[name], ok)
    for name in curve_names(records.dtype):
        _check_curves(table.metrics[name], records, ok)
    return decisions


def _check_fields(table: Table, records: Records) -> None:
    """Refuse what is no array of records, or has fields that the store does not know."""
    names = records.dtype.names if isinstance(records, np.ndarray) else None
    if names is None or records.ndim != 1:
        raise InputError("expected records, an (n,) structured array; make them with new_records()")
    if lacking := [name for name in KEY_FIELDS if name not in names]:
        raise InputError(f"records lack the fields {', '.join(lacking)}; make them with new_records()")
    for name in (*metric_names(records.dtype), *curve_names(records.dtype)):
        if name not in table.metrics:
            raise InputError(
                f"unknown metric {name!r} in the records; the store has {', '.join(table.metrics)}"
            )
    for name in curve_names(records.dtype):
        if table.metrics[name].per != "run":
            raise InputError(f"metric {name!r} is a constant of an architecture; it can't have a curve")


def _check_words(records: Records) -> None:
    """Refuse rows with an unknown status or origin, no task, a recipe that is no text, negative epochs."""
    for field, words in (("status", STATUSES), ("origin", ORIGINS)):
        starts = stretches(records[field])
        wrong = ~np.isin(records[field][starts], words)
        if wrong.any():
            row = int(starts[np.argmax(wrong)])
            raise InputError(
                f"row {row}: expected {field} to be one of {', '.join(words)}, "
                f"got {str(records[field][row])!r}"
            )
    texts = np.array([isinstance(recipe, str) for recipe in records["recipe"].tolist()], bool)
    wrong = (records["task"] == "") | ~texts | (records["epochs"] < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        task, recipe, epochs = (records[field][row] for field in ("task", "recipe", "epochs"))
        raise InputError(
            f"row {row}: expected a task name, a recipe as JSON text and epochs >= 0, "
            f"got task {str(task)!r}, recipe {recipe!r}, epochs {epochs}"
        )


def _check_seeds(records: Records) -> None:
    """Refuse negative seeds but SEED_MEAN."""
    wrong = (records["seed"] < 0) & (records["seed"] != SEED_MEAN)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"row {row}: expected a seed of at least 0, or SEED_MEAN ({SEED_MEAN}) for the source's own mean "
            f"over seeds, got {records['seed'][row]}"
        )


def _check_values(metric: Metric, values: NDArray[np.floating], ok: NDArray[np.bool_]) -> None:
    """Refuse fractions outside [0, 1], and infinities in ok runs; ``ok`` is (n,), values (n,) or (n, E)."""
    by_row = values[:, None] if values.ndim == 1 else values
    if metric.unit == FRACTION:
        wrong = (by_row < 0) | (by_row > 1)
        expected = "a fraction in [0, 1] (or NaN: not measured)"
    else:
        wrong = np.isinf(by_row) & ok[:, None]
        expected = "a finite number (or NaN: not measured) in a run with status ok"
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(f"row {row}: expected {metric.name} to be {expected}, got {by_row[row, column]}")


def _check_curves(metric: Metric, records: Records, ok: NDArray[np.bool_]) -> None:
    """Refuse curves shorter than the run, values beyond its last epoch, and values that can't be."""
    curves, epochs = records[metric.name + CURVE_SUFFIX], records["epochs"]
    _check_values(metric, curves, ok)
    given = ~np.isnan(curves)
    beyond = (given & (np.arange(curves.shape[1]) >= epochs[:, None])).any(axis=1)
    short = given.any(axis=1) & (epochs > curves.shape[1])
    if (beyond | short).any():
        row = int(np.argmax(beyond | short))
        raise InputError(
            f"row {row}: expected a {metric.name} curve with one value for each of its {epochs[row]} epochs "
            f"(NaN padded), got {curves.shape[1]} places, {int(given[row].sum())} filled"
        )
