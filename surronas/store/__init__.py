"""The store: what has been measured. What a query does not need is imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

from surronas.store.schema import (
    ORIGINS,
    SEED_MEAN,
    STATUSES,
    TRAINING_METRICS,
    Metric,
    Records,
    concatenate_records,
    new_records,
    record_dtype,
)
from surronas.store.store import BenchmarkStore

if TYPE_CHECKING:
    from surronas.store.check import check_store
    from surronas.store.repair import repair_store
    from surronas.store.view import Column, View

__all__ = [
    "ORIGINS",
    "SEED_MEAN",
    "STATUSES",
    "TRAINING_METRICS",
    "BenchmarkStore",
    "Column",
    "Metric",
    "Records",
    "View",
    "check_store",
    "concatenate_records",
    "new_records",
    "record_dtype",
    "repair_store",
]

_FOUND_IN = {"check_store": "check", "repair_store": "repair", "Column": "view", "View": "view"}


def __getattr__(name: str) -> object:
    """Return what is asked for, imported now."""
    if name in _FOUND_IN:
        return getattr(import_module(f"surronas.store.{_FOUND_IN[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
