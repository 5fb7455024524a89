"""A wide view of a store: architectures as rows, one named query a column; filter, sort, pick, hand over."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.metrics.pareto import non_dominated
from surronas.spaces import Architectures, SearchSpace
from surronas.store.axes import Axes, Seed
from surronas.store.files import write_aside
from surronas.store.handover import csv_parts, parquet_parts, to_dataframe
from surronas.store.lookup import Given
from surronas.store.query import query
from surronas.store.schema import DIRECTIONS
from surronas.store.table import Table

if TYPE_CHECKING:
    import pandas

ARCHITECTURE = "architecture"  # the first column of what is handed over

Condition = NDArray[np.bool_] | Callable[["View"], NDArray[np.bool_]]


@dataclass(frozen=True)
class Column:
    """One query: the metric, and the axes at which it is asked, as in ``BenchmarkStore.query``."""

    metric: str
    task: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    seed: Seed = None
    device: str | None = None

    def __post_init__(self) -> None:
        if self.seed == "all":
            raise InputError(
                f'column {self.metric!r}: expected one value for each architecture, got seed="all"; '
                f'name a seed, or pass seed="mean"'
            )


@dataclass(frozen=True, eq=False)
class View:
    """n architectures with named columns of numbers; every method gives a new view.

    Attributes:
        space: the search space of the architectures.
        architectures: (n, d) decisions.
        columns: name -> (n,) float64, NaN where a value is missing.
        directions: name -> "maximize", "minimize", or None where neither is better.
    """

    space: SearchSpace
    architectures: Architectures
    columns: dict[str, NDArray[np.float64]]
    directions: dict[str, str | None]

    def __post_init__(self) -> None:
        shapes = {name: values.shape for name, values in self.columns.items()}
        if any(shape != (len(self),) for shape in shapes.values()) or set(shapes) != set(self.directions):
            raise InputError(
                f"expected columns of shape ({len(self)},) and a direction for each, got {shapes} and "
                f"directions of {', '.join(self.directions)}"
            )
        if ARCHITECTURE in self.columns:
            raise InputError(f"expected column names other than {ARCHITECTURE!r}; rename that column")

    def __len__(self) -> int:
        """Return the number of architectures n."""
        return len(self.architectures)

    def __repr__(self) -> str:
        return f"View({len(self)} architectures of space {self.space.name!r}; {', '.join(self.columns)})"

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        """Return the (n,) values of a column.

        Raises:
            InputError: there is no such column.
        """
        if column not in self.columns:
            raise InputError(f"unknown column {column!r}; the view has {', '.join(self.columns)}")
        return self.columns[column]

    def missing(self, *columns: str) -> NDArray[np.bool_]:
        """Return (n,) whether one of the columns (of all, if none is named) has no value."""
        lacking = np.zeros(len(self), bool)
        for column in columns or self.columns:
            lacking |= np.isnan(self[column])
        return lacking

    def where(self, condition: Condition) -> "View":
        """Return the rows where a mask is true: ``view.where(lambda v: v["latency"] < 5)``.

        Comparisons with a missing value are false, so those rows fall out.

        Raises:
            InputError: the mask is not (n,) booleans.
        """
        mask = np.asarray(condition(self) if callable(condition) else condition)
        if mask.dtype != np.bool_ or mask.shape != (len(self),):
            raise InputError(
                f"expected a mask of ({len(self)},) booleans, got {mask.dtype} of shape {mask.shape}"
            )
        return self._rows(np.flatnonzero(mask))

    def sort(self, column: str, *, direction: str | None = None) -> "View":
        """Return the rows from best to worst in a column; equals keep their order, missing values come last.

        ``direction`` overrides which way is better, or says it where the metric does not.

        Raises:
            InputError: an unknown column or direction, or none is known.
        """
        return self._rows(np.argsort(self._costs(column, direction), kind="stable"))  # NaN sorts last

    def top(self, k: int, column: str, *, direction: str | None = None) -> "View":
        """Return the k best rows in a column, best first; fewer where fewer have a value.

        Raises:
            InputError: k is negative; otherwise as ``sort``.
        """
        if k < 0:
            raise InputError(f"expected a number of rows k >= 0, got {k}")
        ranked = np.argsort(self._costs(column, direction), kind="stable")
        have = len(self) - int(np.count_nonzero(np.isnan(self[column])))
        return self._rows(ranked[: min(k, have)])

    def pareto(self, *columns: str) -> "View":
        """Return the rows that no other beats in all the columns at once, in the view's order.

        A row is beaten by one that is at least as good in every column and better in one; equal rows stay
        together. Rows that lack a value can't be compared and are left out:
        ``view.missing(*columns).sum()`` of them.

        Raises:
            InputError: no column, an unknown one, or one whose metric has no direction.
        """
        if not columns:
            raise InputError(
                f"expected the columns to trade off, got none; the view has {', '.join(self.columns)}"
            )
        costs = np.stack([self._costs(column, None) for column in columns], axis=1)
        whole = np.flatnonzero(~self.missing(*columns))
        return self._rows(whole[non_dominated(costs[whole])])

    def sample(self, n: int, rng: np.random.Generator) -> "View":
        """Return n rows drawn without replacement.

        Raises:
            InputError: the view has fewer rows.
        """
        if not 0 <= n <= len(self):
            raise InputError(f"expected a number of rows from 0 to {len(self)}, got {n}")
        return self._rows(rng.choice(len(self), n, replace=False))

    def strings(self) -> list[str]:
        """Return the n architectures in the benchmark's own notation."""
        return self.space.to_strings(self.architectures)

    def to_numpy(self) -> NDArray[np.void]:
        """Return (n,) rows as a structured array: ``architecture`` (d,) int8, then the columns in float64."""
        fields = [(ARCHITECTURE, np.int8, (self.space.num_decisions,))]
        table = np.empty(len(self), [*fields, *((name, np.float64) for name in self.columns)])
        table[ARCHITECTURE] = self.architectures
        for name, values in self.columns.items():
            table[name] = values
        return table

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame of n rows: ``architecture`` as strings, then the columns.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        return to_dataframe(self._handed_over())

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a CSV file: architectures as strings, numbers that read back exactly, missing ones empty.

        Raises:
            StoreError: the file can't be written.
        """
        write_aside(Path(path), csv_parts(self._handed_over()))

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file: architectures as strings, missing numbers null.

        Raises:
            StoreError: the file can't be written; MissingPackageError: pyarrow is not installed.
        """
        write_aside(Path(path), parquet_parts(self._handed_over()))

    def _handed_over(self) -> dict[str, list[str] | NDArray[np.float64]]:
        return {ARCHITECTURE: self.strings(), **self.columns}

    def _rows(self, rows: NDArray[np.int64]) -> "View":
        columns = {name: values[rows] for name, values in self.columns.items()}
        return View(self.space, self.architectures[rows], columns, self.directions)

    def _costs(self, column: str, direction: str | None) -> NDArray[np.float64]:
        """Return the (n,) values signed so that less is better."""
        values = self[column]
        if direction not in DIRECTIONS:
            raise InputError(f'expected direction "maximize" or "minimize", got {direction!r}')
        known = direction or self.directions[column]
        if known is None:
            raise InputError(
                f"column {column!r} does not say whether more is better; "
                f'pass direction="maximize" or "minimize"'
            )
        return -values if known == "maximize" else values


def view_of(
    table: Table, columns: Mapping[str, Column], given: Given | None, *, equivalent: bool = False
) -> View:
    """Return the columns for some architectures (None: all); see ``BenchmarkStore.view``."""
    architectures = table.architectures if given is None else table.lookup.decisions(given)
    values = {}
    for name, column in columns.items():
        axes = Axes(column.task, column.recipe, column.epochs, column.seed, column.device)
        values[name] = query(table, architectures, column.metric, axes, "nan", equivalent=equivalent)
        if np.isnan(values[name]).all():  # most likely a task or device that is not there: say what is
            query(table, architectures, column.metric, axes, "raise", equivalent=equivalent)
    directions = {name: table.metrics[column.metric].direction for name, column in columns.items()}
    return View(table.space, architectures, values, directions)
