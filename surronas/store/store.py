"""The store of measured architectures: create, open, query, append."""

import contextlib
import functools
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreError
from surronas.spaces import Architectures, SearchSpace
from surronas.store import query as queries
from surronas.store.axes import Axes, Seed
from surronas.store.batch import Batch, without_duplicates
from surronas.store.check import check_store
from surronas.store.export import records as export_records
from surronas.store.fold import Selection, fold
from surronas.store.info import info
from surronas.store.layout import Header
from surronas.store.lookup import Given
from surronas.store.new_segment import new_segment
from surronas.store.opening import create_storage, space_of, storage_at, table_of
from surronas.store.schema import TRAINING_METRICS, Metric, Records
from surronas.store.storage import Storage
from surronas.store.validation import validate


class BenchmarkStore:
    """Training runs of the architectures of one search space, by task, recipe, epochs and seed.

    Each number keeps its split, unit, status and provenance; what was not measured is NaN, never filled in.
    """

    def __init__(self, storage: Storage, space: SearchSpace | None = None) -> None:
        """Read a storage; ``open`` and ``create`` are the usual ways to a store."""
        self._storage = storage
        segments = storage.segments([])
        self._space = space_of(segments[0], space)
        self._table = table_of(segments, self._space)

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
            InputError: two metrics of one name, or a space too large to number.
        """
        names = [metric.name for metric in metrics]
        if len(set(names)) != len(names):
            raise InputError(f"expected metrics with distinct names, got {', '.join(names)}")
        space.codes(np.empty((0, space.num_decisions), np.int8))
        header = Header(
            space.name, space.num_choices.tolist(), tuple(metrics), canonical, description, licence
        )
        create_storage(Path(path), header)
        return cls.open(path, space=space)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, space: SearchSpace | None = None) -> "BenchmarkStore":
        """Return the store at a path; ``space`` is needed only for a search space of one's own.

        Raises:
            StoreError: no store there, unreadable, of a newer version, of another or an unknown space.
            StoreDamagedError: truncated or damaged.
        """
        return cls(storage_at(Path(path)), space)

    @property
    def path(self) -> Path:
        """The file or folder."""
        return self._storage.path

    @property
    def space(self) -> SearchSpace:
        """The search space of all architectures here."""
        return self._space

    @property
    def canonical(self) -> bool:
        """Whether every architecture stands for its canonical form."""
        return self._table.header.canonical

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is measured, with split, unit and direction."""
        return tuple(self._table.metrics.values())

    @property
    def description(self) -> str:
        """What the store holds, in its maker's words."""
        return self._table.header.description

    @property
    def licence(self) -> str:
        """The licence of the numbers."""
        return self._table.header.licence

    @property
    def architectures(self) -> Architectures:
        """(A, d) all architectures that have at least one run, in the order of their codes."""
        return self._table.architectures

    @property
    def tasks(self) -> list[str]:
        """The tasks that have runs."""
        return sorted({section.key[0] for section in self._table.sections.values()})

    @property
    def recipes(self) -> list[str]:
        """The recipes (JSON) that have runs."""
        return sorted({section.key[1] for section in self._table.sections.values()})

    def epochs(self, *, task: str | None = None, recipe: str | None = None) -> list[int]:
        """Return the numbers of epochs that have runs; None means any task or recipe."""
        return sorted({s.key[2] or 0 for s in queries.matching(self._table, Axes(task, recipe))})

    def seeds(
        self, *, task: str | None = None, recipe: str | None = None, epochs: int | None = None
    ) -> list[int]:
        """Return the seeds that have runs; None means any task, recipe or epochs."""
        sections = queries.matching(self._table, Axes(task, recipe, epochs))
        return sorted({seed for section in sections for seed in section.seeds.tolist()})

    def __len__(self) -> int:
        """Return the number of training runs, failed ones included."""
        return sum(section.num_runs for section in self._table.sections.values())

    def __repr__(self) -> str:
        return f"BenchmarkStore({str(self.path)!r}, {len(self)} runs, space {self.space.name!r})"

    def query(
        self,
        architectures: Given,
        metric: str,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: Seed = None,
        missing: str = "raise",
    ) -> NDArray[np.float64]:
        """Return the (n,) values of a metric for (n, d) or (d,) decisions, or n strings.

        An axis may be left open (None) only where the store holds one value of it. ``seed`` is one seed,
        "mean" (over the seeds that have a value), or "all": (n, S), in the order of ``seeds``, NaN where
        one is missing. Only runs with status ok answer; constants (params, flops) need no seed or epochs.

        Raises:
            MissingRowsError: an architecture has no such run (``missing="nan"`` gives NaN instead).
            AmbiguousQueryError: an axis is left open that has several values.
            InputError: an unknown metric; ArchitectureError: an architecture of another space.
            StoreDamagedError: the bytes that the answer needs are damaged.
        """
        return queries.query(self._table, architectures, metric, Axes(task, recipe, epochs, seed), missing)

    def curves(
        self,
        architectures: Given,
        metric: str,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        missing: str = "raise",
    ) -> NDArray[np.float32]:
        """Return the (n, epochs) learning curves of one seed; axes and errors as in ``query``.

        Only runs with status ok answer (``records`` has the curves of failed ones too); epochs that were
        not measured are NaN.
        """
        return queries.curves(self._table, architectures, metric, Axes(task, recipe, epochs, seed), missing)

    def contains(
        self,
        architectures: Given,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
    ) -> NDArray[np.bool_]:
        """Return (n,) whether there is a run at the given axes (None: any), whatever its status."""
        return queries.contains(self._table, architectures, Axes(task, recipe, epochs, seed))

    def records(
        self,
        architectures: Given | None = None,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        origin: str | None = None,
        curves: bool = True,
    ) -> Records:
        """Return (n,) records of all runs at the given axes (None: any), failed ones included.

        ``other.append(store.records())`` copies them. They lie by task, recipe, epochs, seed, architecture.
        """
        rows = None if architectures is None else self._table.lookup.rows(architectures)
        return export_records(self._table, rows, Axes(task, recipe, epochs, seed), origin, curves=curves)

    def table(
        self,
        architectures: Given | None = None,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        origin: str | None = None,
    ) -> Records:
        """Return (n,) records as ``records`` does, without curves."""
        return self.records(
            architectures, task=task, recipe=recipe, epochs=epochs, seed=seed, origin=origin, curves=False
        )

    def append(
        self,
        records: Records,
        *,
        existing: str = "raise",
        command: str = "",
        versions: dict[str, str] | None = None,
    ) -> int:
        """Store records durably, all or none; return how many rows were new.

        A run is named by architecture, task, recipe, epochs and seed. ``existing="skip"`` leaves out runs
        that the store already holds; ``command`` and ``versions`` go into the provenance.

        Raises:
            InputError: records that can't be (unknown metric or status, accuracy outside [0, 1], ...).
            DuplicateRowsError: a run is already there, or twice in the batch.
            StoreError: the store can't be written (read-only, disk full); nothing was changed.
        """
        decisions = validate(self._table, records)
        with self._storage.appending():
            self.refresh()
            batch = Batch.of(records, self._table.lookup.codes(decisions))
            batch = without_duplicates(self._table, batch, existing)
            if len(batch.codes):
                self._storage.add(self._table, *new_segment(self._table, batch, command, versions))
                self.refresh()
        with contextlib.suppress(StoreError):  # the rows are safe: tidying up may wait for the next append
            self._merge(everything=False)
        return len(batch.codes)

    def copy(
        self,
        path: str | os.PathLike[str],
        architectures: Given | None = None,
        *,
        task: str | None = None,
        recipe: str | None = None,
        seeds: Sequence[int] | None = None,
    ) -> "BenchmarkStore":
        """Return a new store with the runs of some architectures (None: all) at the given axes (None: any).

        Each run keeps its provenance: who trained it, when, by which command and versions.

        Raises:
            StoreError: there is something at the path, or it can't be written.
        """
        rows = None if architectures is None else self._table.lookup.rows(architectures)
        copied = BenchmarkStore.create(
            path,
            self.space,
            metrics=self.metrics,
            canonical=self.canonical,
            description=self.description,
            licence=self.licence,
        )
        header = replace(copied._table.header, segment=secrets.token_hex(16))
        selection = Selection(rows, task, recipe, seeds)
        parts = fold(self._table, self._table.segments, header, selection)
        with copied._storage.appending():
            copied._storage.add(copied._table, parts, header.segment)
        copied.refresh()
        return copied

    def refresh(self) -> None:
        """See what other processes have added since."""
        segments = self._storage.segments(self._table.segments)
        if segments != list(self._table.segments):
            self._table = table_of(segments, self._space)

    def merge(self) -> None:
        """Fold all segments of a folder into one; no query answers otherwise for it.

        Raises:
            StoreError: the folder can't be written; nothing was changed.
        """
        self._merge(everything=True)

    def _merge(self, *, everything: bool) -> None:
        whole = functools.partial(table_of, space=self._space)
        self._storage.merge(self._table.segments, whole, everything=everything)
        self.refresh()

    def info(self) -> dict[str, Any]:
        """Return the facts, JSON-able: counts by axis, statuses, origins, shares missing, provenance."""
        return info(self._table, str(self.path))

    def check(self) -> list[str]:
        """Return what is damaged, a line each, after reading every byte anew; empty: the store is sound."""
        return check_store(self.path)
