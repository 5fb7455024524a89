"""The runs of one task, recipe and number of epochs in all segments, or one column of architectures."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.store.schema import SEED_MEAN
from surronas.store.segment import Segment, StoredBlock, locate


class HasCodes(Protocol):
    """A table, as far as a section needs it."""

    @property
    def codes(self) -> NDArray[np.int64]:
        """(A,) codes of all architectures, ascending."""


class Section:
    """The n runs of one task, recipe and epochs, by seed, then row; or one column of n architectures."""

    def __init__(self, table: HasCodes, parts: list[StoredBlock]) -> None:
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
        return self._table_rows(self.parts[0]) if len(self.parts) == 1 else self._merged.rows

    @cached_property
    def seeds(self) -> NDArray[np.int64]:
        """(S,) seeds, ascending."""
        return self.parts[0].seeds if len(self.parts) == 1 else self._merged.seeds

    @property
    def single_seeds(self) -> NDArray[np.int64]:
        """(S,) seeds, without the source's own mean over seeds."""
        single: NDArray[np.int64] = self.seeds[self.seeds != SEED_MEAN]
        return single

    @cached_property
    def seed_start(self) -> NDArray[np.int64]:
        """(S + 1,) where the runs of each seed start, and the end of the last."""
        return self.parts[0].seed_start if len(self.parts) == 1 else self._merged.seed_start

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
        if len(self.parts) == 1:
            return self.parts[0].curves(metric, positions)
        source = self.places(positions)
        part_of = np.searchsorted(self._part_ends, source, side="right")
        found = np.empty((len(positions), self.parts[0].epochs or 0), np.float32)
        for number in np.unique(part_of).tolist():
            here, part = part_of == number, self.parts[number]
            found[here] = part.curves(metric, source[here] - (self._part_ends[number] - part.num_runs))
        return found

    def places(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (k,) where runs lie in the parts laid end to end."""
        return positions if self._order is None else self._order[positions]

    def provenance(self) -> tuple[NDArray[Any], list[dict[str, Any]]]:
        """Return (n,) indices into a list of provenances, and that list."""
        known: dict[int, int] = {}
        entries: list[dict[str, Any]] = []
        for part in self.parts:
            if known.setdefault(id(part.segment), len(entries)) == len(entries):
                entries += part.segment.provenance
        return self._in_order(
            [p.provenance.astype(np.int32) + known[id(p.segment)] for p in self.parts]
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
        return None if len(self.parts) == 1 else self._merged.order

    @cached_property
    def _merged(self) -> "_Merged":
        """The distinct runs of all parts: of twins the oldest part's."""
        size = max(len(self._table.codes), 1)
        seeds = np.unique(np.concatenate([part.seeds for part in self.parts]))
        keys = np.concatenate([self._keys(part, seeds, size) for part in self.parts])
        order = np.argsort(keys, kind="stable")  # the oldest part comes first among equals
        keys = keys[order]
        first = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        if not first.all():
            keys, order = keys[first], order[first]
        start = np.searchsorted(keys, np.arange(len(seeds) + 1) * size)
        return _Merged(keys % size, order, seeds, start)

    def _keys(self, part: StoredBlock, seeds: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        """Return (n,) one number for the seed and table row of each run of a part, in their order."""
        at = np.searchsorted(seeds, part.seeds) * size
        return at.repeat(np.diff(part.seed_start)) + self._table_rows(part)

    def _table_rows(self, part: StoredBlock) -> NDArray[np.int64]:
        """Return the (n,) rows of a part's runs in the table's architectures."""
        if part.segment.num_architectures == len(self._table.codes):
            return part.rows
        return np.searchsorted(self._table.codes, part.segment.codes)[part.rows]

    def _in_order(self, values: list[NDArray[Any]]) -> NDArray[Any]:
        return values[0] if self._order is None else np.concatenate(values)[self._order]


class _Merged(NamedTuple):
    """The n distinct runs of several parts, by seed, then row."""

    rows: NDArray[np.int64]  # (n,) of the table
    order: NDArray[np.int64]  # (n,) places in the parts laid end to end
    seeds: NDArray[np.int64]  # (S,) ascending
    seed_start: NDArray[np.int64]  # (S + 1,)
