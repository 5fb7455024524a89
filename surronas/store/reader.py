"""The reading side of a store: open it, ask it.

What a query does not need is imported by the methods that do: a process of one query takes 30 ms less.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures, SearchSpace
from surronas.store import query as queries
from surronas.store.axes import Axes, Seed
from surronas.store.lookup import Given
from surronas.store.opening import space_of, storage_at, table_of
from surronas.store.schema import Metric, Records
from surronas.store.storage import Storage

if TYPE_CHECKING:
    from surronas.store.view import Column, View


class StoreReader:
    """What can be asked of a store; ``BenchmarkStore`` adds what can be put into it."""

    def __init__(self, storage: Storage, space: SearchSpace | None = None) -> None:
        """Read a storage; ``open`` and ``create`` are the usual ways to a store."""
        self._storage = storage
        segments = storage.segments([])
        self._space = space_of(segments[0], space)
        self._table = table_of(segments, self._space)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, space: SearchSpace | None = None) -> Self:
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
        """Return the seeds that have runs; None means any task, recipe or epochs.

        SEED_MEAN, the source's own mean over seeds which it does not give one by one, is not among them.
        """
        sections = queries.matching(self._table, Axes(task, recipe, epochs))
        return sorted({seed for section in sections for seed in section.single_seeds.tolist()})

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
        device: str | None = None,
        missing: str = "raise",
        equivalent: bool = False,
    ) -> NDArray[np.float64]:
        """Return the (n,) values of a metric for (n, d) or (d,) decisions, or n strings.

        An axis may be left open (None) only where the store holds one value of it. A recipe is named by any
        part of its text that only one recipe has. ``seed`` is one seed,
        "mean" (the source's own where that is all it gives, else over the seeds that have a value), or
        "all": (n, S), in the order of ``seeds``, NaN where one is missing. Only runs with status ok answer;
        columns of architectures (params, latency) need no seed or epochs, some need a ``device``.
        With ``equivalent`` an architecture without a value of its own answers with that of the first
        isomorphic twin, in the order of ``architectures``, that has one.

        Raises:
            MissingRowsError: an architecture has no such run (``missing="nan"`` gives NaN instead).
            AmbiguousQueryError: an axis is left open that has several values.
            InputError: an unknown metric; ArchitectureError: an architecture of another space.
            StoreDamagedError: the bytes that the answer needs are damaged.
        """
        axes = Axes(task, recipe, epochs, seed, device)
        return queries.query(self._table, architectures, metric, axes, missing, equivalent=equivalent)

    def seed_counts(
        self,
        architectures: Given,
        metric: str,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
    ) -> NDArray[np.int64]:
        """Return (n,) how many seeds stand behind ``query(..., seed="mean")``; axes and errors as there.

        0 where nothing answers, -1 where the source's own mean does and the source does not say of how many.
        """
        return queries.seed_counts(self._table, architectures, metric, Axes(task, recipe, epochs))

    def view(
        self,
        columns: "Mapping[str, Column]",
        architectures: Given | None = None,
        *,
        equivalent: bool = False,
    ) -> "View":
        """Return a wide table of architectures (None: all), one query a column, NaN where a value is missing.

        ``store.view({"accuracy": Column("valid_accuracy", seed="mean"), "params": Column("params")})``

        Raises:
            MissingRowsError: a column without any value; otherwise as ``query``.
        """
        from surronas.store.view import view_of

        return view_of(self._table, columns, architectures, equivalent=equivalent)

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
        equivalent: bool = False,
    ) -> NDArray[np.float32]:
        """Return the (n, epochs) learning curves of one seed; axes, twins and errors as in ``query``.

        Only runs with status ok answer (``records`` has the curves of failed ones too); epochs that were
        not measured are NaN.
        """
        axes = Axes(task, recipe, epochs, seed)
        return queries.curves(self._table, architectures, metric, axes, missing, equivalent=equivalent)

    def contains(
        self,
        architectures: Given,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        equivalent: bool = False,
    ) -> NDArray[np.bool_]:
        """Return (n,) whether there is a run at the given axes (None: any), whatever its status.

        With ``equivalent`` a run of an isomorphic twin will do.
        """
        axes = Axes(task, recipe, epochs, seed)
        return queries.contains(self._table, architectures, axes, equivalent=equivalent)

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
        from surronas.store import export

        rows = None if architectures is None else self._table.lookup.rows(architectures)
        return export.records(self._table, rows, Axes(task, recipe, epochs, seed), origin, curves=curves)

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

    def refresh(self) -> None:
        """See what other processes have added since."""
        segments = self._storage.segments(self._table.segments)
        if segments != list(self._table.segments):
            self._table = table_of(segments, self._space)

    def info(self) -> dict[str, Any]:
        """Return the facts, JSON-able: counts by axis, statuses, origins, shares missing, provenance."""
        from surronas.store.info import info

        return info(self._table, str(self.path))

    def describe(self) -> dict[str, Any]:
        """Return what the numbers say, JSON-able: optima, quantiles, seed noise, rank correlations."""
        from surronas.store.describe import describe

        return describe(self._table)

    def check(self) -> list[str]:
        """Return what is damaged, a line each, after reading every byte anew; empty: the store is sound."""
        from surronas.store.check import check_store

        return check_store(self.path)
