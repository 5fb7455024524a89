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
from surronas.store.schema import SEED_MEAN, Metric
from surronas.store.segment import Segment, StoredBlock, locate

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
        if len(self.segments) == 1:
            return self.segments[0].codes
        return np.unique(np.concatenate([segment.codes for segment in self.segments]))

    @cached_property
    def lookup(self) -> Lookup:
        """From architectures to rows of this table."""
        return Lookup(self.space, self.header.canonical, self.codes, lambda: self.architectures)

    @cached_property
    def twins(self) -> Twins:
        """Which rows of this table are isomorphic."""
        return Twins(self.space, self.architectures)

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
        if len(self.segments) == 1:
            return self.segments[0].decisions
        decisions = np.empty((len(self.codes), self.space.num_decisions), np.int8)
        for segment in self.segments:
            decisions[np.searchsorted(self.codes, segment.codes)] = segment.decisions
        decisions.setflags(write=False)
        return decisions


class Section:
    """The n runs of one task, recipe and epochs, by seed, then row; or one column of n architectures."""

    def __init__(self, table: Table, parts: list[StoredBlock]) -> None:
        self.parts = parts  # oldest first: where two hold the same run, the oldest counts
        self._table = table
        self._columns: dict[str, NDArray[Any]] = {}

    @property
    def key(self) -> tuple[str, str, int | None]:
        """The task, recipe and epochs of all runs here."""
        return self.parts[0].task, self.parts[0].recipe, self.parts[0].epochs

    @property
    def device(self) -> str:
        """The device that a column was measured on; "" where it depends on none."""
        return self.parts[0].device

    @property
    def metrics(self) -> set[str]:
        """The metrics that at least one part has."""
        return {metric for part in self.parts for metric in part.metrics}

    @property
    def curve_metrics(self) -> set[str]:
        """The metrics that at least one part has curves of."""
        return {metric for part in self.parts for metric in part.curve_metrics}

    @cached_property
    def complete(self) -> bool:
        """Whether every seed has every architecture of the table, all ok, in one part."""
        part = self.parts[0]
        whole = len(self.parts) == 1 and part.dense and part.all_ok
        return whole and part.segment.num_architectures == len(self._table.codes)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """(n,) rows of the runs in the table's architectures."""
        return self._merged[0]

    @cached_property
    def seeds(self) -> NDArray[np.int64]:
        """(S,) seeds, ascending."""
        return self.parts[0].seeds if len(self.parts) == 1 else np.unique(self._merged[1])

    @property
    def single_seeds(self) -> NDArray[np.int64]:
        """(S,) seeds, without the source's own mean over seeds."""
        single: NDArray[np.int64] = self.seeds[self.seeds != SEED_MEAN]
        return single

    @cached_property
    def seed_start(self) -> NDArray[np.int64]:
        """(S + 1,) where the runs of each seed start, and the end of the last."""
        if len(self.parts) == 1:
            return self.parts[0].seed_start
        return np.append(np.searchsorted(self._merged[1], self.seeds), len(self._merged[1]))

    @property
    def run_seeds(self) -> NDArray[np.int64]:
        """(n,) the seed of each run."""
        return self.seeds.repeat(np.diff(self.seed_start))

    @cached_property
    def num_runs(self) -> int:
        """The number n of distinct runs."""
        return self.parts[0].num_runs if len(self.parts) == 1 else len(self.rows)

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """(n,) index into STATUSES."""
        return self._in_order([part.status for part in self.parts])

    def column(self, metric: str) -> NDArray[Any]:
        """Return (n,) values of a metric, float32 or float64, NaN where not measured."""
        if metric not in self._columns:
            self._columns[metric] = self._in_order([part.column(metric) for part in self.parts])
        return self._columns[metric]

    def curves(self, metric: str, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the (k, epochs) curves of the runs at ``positions``, NaN where there are none."""
        source = self.places(positions)
        part_of = np.searchsorted(self._part_ends, source, side="right")
        found = np.empty((len(positions), self.parts[0].epochs or 0), np.float32)
        for number, part in enumerate(self.parts):
            here = part_of == number
            found[here] = part.curves(metric, source[here] - (self._part_ends[number] - part.num_runs))
        return found

    def places(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (k,) where runs lie in the parts laid end to end."""
        return positions if self._order is None else self._order[positions]

    def provenance(self) -> tuple[NDArray[np.int64], list[dict[str, Any]]]:
        """Return (n,) indices into a list of provenances, and that list."""
        known: dict[int, int] = {}
        entries: list[dict[str, Any]] = []
        for part in self.parts:
            if known.setdefault(id(part.segment), len(entries)) == len(entries):
                entries += part.segment.provenance
        return self._in_order(
            [p.provenance.astype(np.int64) + known[id(p.segment)] for p in self.parts]
        ), entries

    def find(self, rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
        """Return the (k,) positions of runs by table row and seed, -1 where there is none."""
        at = np.searchsorted(self.seeds, seed)
        if at == len(self.seeds) or self.seeds[at] != seed:
            return np.full(len(rows), -1, np.int64)
        start, stop = self.seed_start[at : at + 2]
        found = locate(self.rows[start:stop], rows)
        return np.where(found < 0, -1, found + start)

    def holds(self, codes: NDArray[np.int64], seeds: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (k,): whether there is a run of each code and seed; needs no merging of the parts."""
        held = np.zeros(len(codes), bool)
        for part in self.parts:
            held |= part.find(part.segment.find(codes), seeds) >= 0
        return held

    def winners(self, members: Sequence[Segment]) -> NDArray[np.int64]:
        """Return the positions of the runs that count and lie in one of the ``members``."""
        inside = [any(part.segment is member for member in members) for part in self.parts]
        return np.flatnonzero(
            self._in_order([np.full(p.num_runs, i) for p, i in zip(self.parts, inside, strict=True)])
        )

    @cached_property
    def _part_ends(self) -> NDArray[np.int64]:
        return np.cumsum([part.num_runs for part in self.parts])

    @cached_property
    def _order(self) -> NDArray[np.int64] | None:
        """(n,) places, in the parts laid end to end, of the runs that count; None: as they are."""
        return None if len(self.parts) == 1 else self._merged[2]

    @cached_property
    def _merged(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(n,) rows, (n,) seeds and (n,) places of the distinct runs: of twins the oldest part's."""
        rows = np.concatenate([self._table_rows(part) for part in self.parts])
        seeds = np.concatenate([part.seeds.repeat(np.diff(part.seed_start)) for part in self.parts])
        if len(self.parts) == 1:
            return rows, seeds, np.arange(len(rows))
        order = np.lexsort((rows, seeds))  # stable: the oldest part comes first among equals
        rows, seeds = rows[order], seeds[order]
        first = np.append(True, (np.diff(rows) != 0) | (np.diff(seeds) != 0))[: len(rows)]
        return rows[first], seeds[first], order[first]

    def _table_rows(self, part: StoredBlock) -> NDArray[np.int64]:
        """Return the (n,) rows of a part's runs in the table's architectures."""
        if part.segment.num_architectures == len(self._table.codes):
            return part.rows
        return np.searchsorted(self._table.codes, part.segment.codes)[part.rows]

    def _in_order(self, values: list[NDArray[Any]]) -> NDArray[Any]:
        return values[0] if self._order is None else np.concatenate(values)[self._order]


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
