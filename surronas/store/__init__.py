"""The store: what has been measured."""

from surronas.store.check import check_store
from surronas.store.repair import repair_store
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
