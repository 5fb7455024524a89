"""The store of measured architectures: create, open, query, append."""

import contextlib
import functools
import importlib.metadata
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreError
from surronas.spaces import Architectures, Cell201, SearchSpace
from surronas.store import query as queries
from surronas.store import storage as storages
from surronas.store.batch import Batch, blocks, without_duplicates
from surronas.store.check import check_store
from surronas.store.export import records as export_records
from surronas.store.info import info
from surronas.store.layout import Header, segment_bytes
from surronas.store.lookup import Given
from surronas.store.query import Seed
from surronas.store.schema import TRAINING_METRICS, Metric, Records
from surronas.store.segment import Segment
from surronas.store.table import Table
from surronas.store.validation import validate

SPACES: dict[str, type[SearchSpace]] = {Cell201.name: Cell201}


class BenchmarkStore:
    """Training runs of the architectures of one search space, by task, recipe, epochs and seed.

    Each number keeps its split, unit, status and provenance; what was not measured is NaN, never filled in.
    """

    def __init__(self, storage: storages.Storage, space: SearchSpace | None = None) -> None:
        """Read a storage; ``open`` and ``create`` are the usual ways to a store."""
        self._storage = storage
        segments = storage.segments([])
        self._space = _space_of(segments[0], space)
        self._table = self._table_of(segments)

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
        storages.create(Path(path), header)
        return cls.open(path, space=space)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, space: SearchSpace | None = None) -> "BenchmarkStore":
        """Return the store at a path; ``space`` is needed only for a search space of one's own.

        Raises:
            StoreError: no store there, unreadable, of a newer version, of another or an unknown space.
            StoreDamagedError: truncated or damaged.
        """
        return cls(storages.storage_at(Path(path)), space)

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
        return sorted({s.key[2] or 0 for s in queries.matching(self._table, task, recipe, None)})

    def seeds(
        self, *, task: str | None = None, recipe: str | None = None, epochs: int | None = None
    ) -> list[int]:
        """Return the seeds that have runs; None means any task, recipe or epochs."""
        sections = queries.matching(self._table, task, recipe, epochs)
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
        return queries.query(self._table, architectures, metric, task, recipe, epochs, seed, missing)

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
        return queries.curves(self._table, architectures, metric, task, recipe, epochs, seed, missing)

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
        return queries.contains(self._table, architectures, task, recipe, epochs, seed)

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
        return export_records(self._table, rows, task, recipe, epochs, seed, origin, curves=curves)

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
                self._add(batch, command, versions or _versions())
        if len(self._table.segments) > storages.MANY_SEGMENTS:
            self._merge(everything=False)
        return len(batch.codes)

    def _add(self, batch: Batch, command: str, versions: dict[str, str]) -> None:
        """Write a segment of the batch and read it back."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"created": created, "command": command, "versions": versions}
        codes, made, provenance = blocks(self._table, batch, entry)
        identity = secrets.token_hex(16)
        metrics = tuple(self._table.metrics.values())
        header = Header(
            **{**vars(self._table.header), "segment": identity, "replaces": (), "metrics": metrics}
        )
        parts = segment_bytes(header, codes, self._space.from_codes(codes), made, provenance)
        self._storage.add(self._table, parts, identity)
        self.refresh()

    def refresh(self) -> None:
        """See what other processes have added since."""
        segments = self._storage.segments(self._table.segments)
        if segments != list(self._table.segments):
            self._table = self._table_of(segments)

    def merge(self) -> None:
        """Fold all segments of a folder into one; no query answers otherwise for it.

        Raises:
            StoreError: the folder can't be written; nothing was changed.
        """
        self._merge(everything=True)

    def _merge(self, *, everything: bool) -> None:
        self._storage.merge(self._table.segments, self._table_of, everything=everything)
        self.refresh()

    def info(self) -> dict[str, Any]:
        """Return the facts, JSON-able: counts by axis, statuses, origins, shares missing, provenance."""
        return info(self._table, str(self.path))

    def check(self) -> list[str]:
        """Return what is damaged, a line each, after reading every byte anew; empty: the store is sound."""
        return check_store(self.path)

    def _table_of(self, segments: Sequence[Segment]) -> Table:
        """Return the table of segments that all belong to this store."""
        first = segments[0].header
        for segment in segments[1:]:
            header = segment.header
            if (header.space, header.canonical) != (first.space, first.canonical):
                raise StoreError(
                    f"{self.path} holds segments of two stores: expected space {first.space!r} "
                    f"(canonical: {first.canonical}), got {header.space!r} "
                    f"(canonical: {header.canonical}) in {segment.name}; move that file out"
                )
        return Table(segments, self._space)


def _space_of(segment: Segment, given: SearchSpace | None) -> SearchSpace:
    """Return the search space of a segment: the one given, or the known one of its name."""
    header = segment.header
    if given is None and header.space not in SPACES:
        raise StoreError(
            f"{segment.name} is of space {header.space!r}, known are {', '.join(SPACES)}; "
            f"upgrade surronas, or pass your own: open(path, space=...)"
        )
    space = given if given is not None else SPACES[header.space]()
    if (space.name, space.num_choices.tolist()) != (header.space, header.num_choices):
        raise StoreError(
            f"{segment.name} is of space {header.space!r} with choices {header.num_choices}, expected "
            f"{space.name!r} with {space.num_choices.tolist()}; open it with its own space"
        )
    return space


@functools.cache
def _versions() -> dict[str, str]:
    """Return the versions of what made the numbers, as far as they are installed."""
    versions = {}
    for package in ("surronas", "numpy", "torch"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions
