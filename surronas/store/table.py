"""The live segments of a store seen as one table: sections of runs, each row counted once."""

import copy
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreError
from surronas.spaces import Architectures, SearchSpace
from surronas.store.equivalent import Twins
from surronas.store.lookup import Lookup
from surronas.store.schema import Metric
from surronas.store.section import Section
from surronas.store.segment import Segment, StoredBlock

__all__ = ["ColumnKey", "Key", "Section", "Table"]

Key = tuple[str, str, int]  # task, recipe, epochs
ColumnKey = tuple[str, str, str, str]  # task, recipe, device, metric


class Table:
    """All runs of the live segments, as sections: one for each task, recipe and number of epochs."""

    def __init__(self, segments: Sequence[Segment], space: SearchSpace) -> None:
        self.segments = segments  # oldest first
        self.space = space
        self.header = segments[0].header
        self.metrics: dict[str, Metric] = _union_of_metrics(segments)
        runs: dict[Key, list[StoredBlock]] = {}
        constants: dict[ColumnKey, list[StoredBlock]] = {}
        for block in (block for segment in segments for block in segment.blocks):
            if block.epochs is None:
                key = (block.task, block.recipe, block.device, block.metrics[0])
                constants.setdefault(key, []).append(block)
            else:
                runs.setdefault((block.task, block.recipe, block.epochs), []).append(block)
        self.sections = {key: Section(self, runs[key]) for key in sorted(runs)}
        self.constants = {key: Section(self, constants[key]) for key in sorted(constants)}
        self.columns: dict[Any, NDArray[Any]] = {}  # what queries keep: values by store row

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """(A,) codes of all architectures, ascending."""
        largest = max(self.segments, key=lambda segment: segment.num_architectures)
        others = [segment.codes for segment in self.segments if segment is not largest]
        given = np.unique(np.concatenate(others)) if others else np.empty(0, np.int64)
        new = given[largest.find(given) < 0]
        return (
            np.insert(largest.codes, np.searchsorted(largest.codes, new), new) if len(new) else largest.codes
        )

    @cached_property
    def lookup(self) -> Lookup:
        """From architectures to rows of this table."""
        return Lookup(
            self.space, self.header.canonical, lambda: self.codes, lambda: self.architectures, self.holds
        )

    def holds(self, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (n,) whether any segment has an architecture of each code."""
        held = np.zeros(len(codes), bool)
        for segment in self.segments:
            held |= segment.find(codes) >= 0
        return held

    @cached_property
    def twins(self) -> Twins:
        """Which rows of this table are isomorphic."""
        return Twins(self.space, self.architectures)

    @cached_property
    def recipes(self) -> list[str]:
        """All recipes of runs and of columns of architectures."""
        return sorted({key[1] for key in self.sections} | {key[1] for key in self.constants})

    def with_metrics(self, metrics: Iterable[Metric]) -> "Table":
        """Return this table with more metrics; what it says itself of a metric's source and meaning stays.

        Raises:
            InputError: a metric has another split, unit, direction or kind than in the table.
        """
        known = dict(self.metrics)
        for metric in metrics:
            held = known.setdefault(metric.name, metric)
            for field in ("split", "unit", "direction", "per"):
                if getattr(held, field) != getattr(metric, field):
                    raise InputError(
                        f"metric {metric.name!r} is defined otherwise in the store: {field} "
                        f"{getattr(held, field)!r}, got {getattr(metric, field)!r}; give it another name"
                    )
        extended = copy.copy(self)
        extended.metrics = known
        return extended

    def constants_of(self, metric: str) -> list["Section"]:
        """Return the sections of one column of architectures: one for each task, recipe and device."""
        return [section for key, section in self.constants.items() if key[3] == metric]

    @cached_property
    def architectures(self) -> Architectures:
        """(A, d) architectures, in the order of the codes."""
        for segment in self.segments:
            if segment.num_architectures == len(self.codes):
                return segment.decisions
        decisions = np.empty((len(self.codes), self.space.num_decisions), np.int8)
        for segment in self.segments:
            decisions[np.searchsorted(self.codes, segment.codes)] = segment.decisions
        decisions.setflags(write=False)
        return decisions


def _union_of_metrics(segments: Sequence[Segment]) -> dict[str, Metric]:
    """Return all metrics by name; two definitions of one name are an error."""
    metrics: dict[str, Metric] = {}
    for segment in segments:
        for metric in segment.header.metrics:
            if metrics.setdefault(metric.name, metric) != metric:
                raise StoreError(
                    f"{segment.name} defines metric {metric.name!r} otherwise than the segments before it: "
                    f"expected {metrics[metric.name]}, got {metric}; move that file out of the store"
                )
    return metrics
