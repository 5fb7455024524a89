"""The store of measured architectures: create, open, query, append.

What only writing needs is imported by the methods that write: see reader.py.
"""

import contextlib
import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from numpy.typing import ArrayLike

from surronas.errors import InputError, StoreError
from surronas.spaces import SearchSpace
from surronas.store.header import Header
from surronas.store.lookup import Given
from surronas.store.opening import create_storage, put_in_place, table_of
from surronas.store.reader import StoreReader
from surronas.store.schema import TRAINING_METRICS, Metric, Records


class BenchmarkStore(StoreReader):
    """Training runs of the architectures of one search space, by task, recipe, epochs and seed.

    Each number keeps its split, unit, status and provenance; what was not measured is NaN, never filled in.
    """

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        space: SearchSpace,
        *,
        metrics: Sequence[Metric] = TRAINING_METRICS,
        canonical: bool = False,
        description: str = "",
        licence: str = "",
    ) -> "BenchmarkStore":
        """Return a new, empty store: a single file if the path ends in ``.h5``, else a folder.

        A folder takes appends of many processes at once and each costs milliseconds; a file is for handing
        on, and an append rewrites it. In a ``canonical`` store every architecture stands for its canonical
        form, in appends and in queries: right where twins are the same training run.

        Raises:
            StoreError: there is something at the path, or it can't be written.
            InputError: two metrics of one name.
        """
        names = [metric.name for metric in metrics]
        if len(set(names)) != len(names):
            raise InputError(f"expected metrics with distinct names, got {', '.join(names)}")
        header = Header(
            space.name, space.num_choices.tolist(), tuple(metrics), canonical, description, licence
        )
        create_storage(Path(path), header)
        return cls.open(path, space=space)

    def append(
        self,
        records: Records,
        *,
        existing: str = "raise",
        metrics: Sequence[Metric] = (),
        command: str = "",
        versions: dict[str, str] | None = None,
    ) -> int:
        """Store records durably, all or none; return how many rows were new.

        A run is named by architecture, task, recipe, epochs and seed. ``existing="skip"`` leaves out runs
        that the store already holds; ``metrics`` defines those that it does not know yet; ``command`` and
        ``versions`` go into the provenance.

        Raises:
            InputError: records that can't be (unknown metric or status, accuracy outside [0, 1], ...).
            DuplicateRowsError: a run is already there, or twice in the batch.
            StoreError: the store can't be written (read-only, disk full); nothing was changed.
        """
        from surronas.store.batch import Batch, without_duplicates
        from surronas.store.new_segment import new_segment
        from surronas.store.validation import validate

        decisions = validate(self._table.with_metrics(metrics), records)
        with self._storage.appending():
            self.refresh()
            table = self._table.with_metrics(metrics)
            stored = self._table.lookup.stored(decisions)
            batch = Batch.of(records, stored, self._space.codes(stored))
            batch = without_duplicates(self._table, batch, existing)
            if len(batch.codes):
                self._storage.add(self._table, *new_segment(table, batch, command, versions))
                self.refresh()
        self._tidy()
        return len(batch.codes)

    def attach(
        self,
        architectures: Given,
        values: Mapping[str, ArrayLike],
        *,
        task: str = "",
        recipe: str = "",
        device: str = "",
        metrics: Sequence[Metric] = (),
        origin: str = "imported",
        command: str = "",
        versions: dict[str, str] | None = None,
    ) -> int:
        """Store columns of n architectures durably, such as latency; return how many values were new.

        ``values`` has (n,) numbers by metric, NaN where not measured; ``metrics`` defines those that the
        store does not know yet. A task or recipe left "" means that the values depend on none.

        Raises:
            InputError: an unknown metric, one of runs, values that can't be, or other ones than are held.
            StoreError: the store can't be written; nothing was changed.
        """
        from surronas.store.attach import new_columns

        decisions = self._table.lookup.decisions(architectures)
        self._space.validate(decisions)
        with self._storage.appending():
            self.refresh()
            where = (task, recipe, device)
            segment, count = new_columns(
                self._table, decisions, values, where, metrics, origin, command, versions
            )
            if segment is not None:
                self._storage.add(self._table, *segment)
                self.refresh()
        self._tidy()
        return count

    def copy(
        self,
        path: str | os.PathLike[str],
        architectures: Given | None = None,
        *,
        tasks: Sequence[str] | None = None,
        recipes: Sequence[str] | None = None,
        epochs: Sequence[int] | None = None,
        seeds: Sequence[int] | None = None,
        origins: Sequence[str] | None = None,
    ) -> "BenchmarkStore":
        """Return a new store with the runs of some architectures (None: all) at the given axes (None: any).

        Each run keeps its provenance: who trained it, when, by which command and versions. Columns, such as
        latency, come with the architectures; if epochs, seeds or origins choose, with those that have a run.

        Raises:
            InputError: a value that the store does not have.
            StoreError: there is something at the path, or it can't be written.
        """
        from surronas.store.fold import fold
        from surronas.store.selection import Selection

        rows = None if architectures is None else self._table.lookup.rows(architectures)
        selection = Selection(rows, tasks, recipes, epochs, seeds, origins)
        selection.check(self._table)
        header = replace(
            self._table.header,
            segment=os.urandom(16).hex(),
            replaces=(),
            seen=(),
            folded=(),
            metrics=self.metrics,
        )
        parts = fold(self._table, self._table.segments, header, selection)
        put_in_place(Path(path), parts, header.segment)
        return BenchmarkStore.open(path, space=self.space)

    def merge(self, other: StoreReader | None = None, *, existing: str = "raise") -> int:
        """Add all rows of another store, each with its provenance, and return how many runs were new.

        Without another store: fold all segments of a folder into one; no query answers otherwise for it.
        ``existing="skip"`` leaves out runs that this store has; what it has stays as it is.

        Raises:
            InputError: another space, or another definition of a metric or value of a column.
            DuplicateRowsError: a run is in both stores.
            StoreError: the store can't be written, or the other is damaged; nothing was changed.
        """
        if other is None:
            self._merge(everything=True)
            return 0
        from surronas.store.merge_stores import segment_of_other

        with self._storage.appending():
            self.refresh()
            segment, num_new = segment_of_other(self._table, other._table, existing)
            if segment is not None:
                self._storage.add(self._table, *segment)
                self.refresh()
        self._tidy()
        return num_new

    def _tidy(self) -> None:
        """Fold many small segments; what was added is safe, so a failure may wait for the next time."""
        with contextlib.suppress(StoreError):
            self._merge(everything=False)

    def _merge(self, *, everything: bool) -> None:
        whole = functools.partial(table_of, space=self._space)
        self._storage.merge(self._table.segments, whole, everything=everything)
        self.refresh()
