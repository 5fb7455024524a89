"""Answers from a table: pick the one section that a query means, then values by architecture."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import AmbiguousQueryError, InputError, MissingRowsError
from surronas.spaces import Architectures
from surronas.store.axes import Axes
from surronas.store.columns import column_values, listed, of_seed
from surronas.store.lookup import Given
from surronas.store.missing import missing_rows, no_section
from surronas.store.recipes import whole_recipe
from surronas.store.seeds import of_single_seeds, one_seed, published_mean, seed_mean
from surronas.store.table import Section, Table

NO_TWIN = " of their own or of an isomorphic twin"
KEPT_COLUMNS = 256  # columns by architecture that a table keeps: 256 x 15,625 values are 32 MB


def query(
    table: Table,
    given: Given,
    metric: str,
    axes: Axes,
    missing: str,
    *,
    equivalent: bool = False,
) -> NDArray[np.float64]:
    """Return (n,) values, or (n, S) for all seeds; see ``BenchmarkStore.query``."""
    _check_missing(missing)
    if not isinstance(axes.seed, (int, np.integer)) and axes.seed not in (None, "mean", "all"):
        raise InputError(f'expected seed to be an integer, "mean", "all" or None, got {axes.seed!r}')
    column = table.columns.get((metric, axes))
    if column is None:
        column = by_architecture(table, metric, axes)
        if column is None:
            n = len(table.lookup.rows(given))
            if missing == "raise" and n:
                raise MissingRowsError(no_section(table, axes, metric))
            return np.full((n, 0) if axes.seed == "all" else n, np.nan)
        _keep(table, (metric, axes), column)
    rows = table.lookup.rows(given)
    if equivalent:
        rows = _answering_rows(table, given, rows, _answers(table, (metric, axes), column))
    try:
        values: NDArray[np.float64] = column.take(rows, axis=0).astype(np.float64, copy=False)
        seedless = column.ndim == 2 and column.shape[1] == 0  # then there is no NaN to see
        if missing == "nan" or not (seedless or np.isnan(values).any()):
            return values
    except IndexError:  # an architecture that the store has never seen: its row is beyond the end
        table.space.validate(table.lookup.decisions(given))
        values = _where_known(column, rows)
    if missing == "raise":
        lacking = np.isnan(values) if values.ndim == 1 else np.isnan(values).all(axis=1)
        if lacking.any():
            decisions = table.lookup.decisions(given)
            kind = NO_TWIN if equivalent else ""
            raise missing_rows(table, decisions, rows, np.flatnonzero(lacking), metric, axes, kind)
    return values


def curves(
    table: Table,
    given: Given,
    metric: str,
    axes: Axes,
    missing: str,
    *,
    equivalent: bool = False,
) -> NDArray[np.float32]:
    """Return the (n, epochs) curves of ok runs; see ``BenchmarkStore.curves``."""
    check_metric(table, metric)
    _check_missing(missing)
    section, rows = select(table, axes), table.lookup.rows(given)
    if section is None:
        if len(rows) and (missing == "raise" or axes.epochs is None):
            raise MissingRowsError(no_section(table, axes, metric))
        return np.full((len(rows), axes.epochs or 0), np.nan, np.float32)
    seed = one_seed(section, axes.seed)
    found = _curves_of(section, metric, rows, seed)
    lacking = np.isnan(found).all(axis=1)
    if equivalent and lacking.any():
        found[lacking] = _twin_curves(table, section, metric, table.lookup.decisions(given)[lacking], seed)
        lacking = np.isnan(found).all(axis=1)
    if missing == "raise" and lacking.any():
        decisions, kind = table.lookup.decisions(given), " curve" + (NO_TWIN if equivalent else "")
        raise missing_rows(table, decisions, rows, np.flatnonzero(lacking), metric, axes, kind)
    return found


def contains(table: Table, given: Given, axes: Axes, *, equivalent: bool = False) -> NDArray[np.bool_]:
    """Return (n,) whether there is a run (or one of a twin) at the given axes, None meaning any."""
    held = np.zeros(len(table.codes) + 1, bool)  # the last stands for architectures without a row
    for section in matching(table, axes):
        rows = section.rows if axes.seed is None else section.rows[section.run_seeds == axes.seed]
        held[rows] = True
    rows = table.lookup.rows(given)
    if equivalent:
        rows = _answering_rows(table, given, rows, table.twins.answers(held[:-1]))
    found: NDArray[np.bool_] = held[rows]
    return found


def seed_counts(table: Table, given: Given, metric: str, axes: Axes) -> NDArray[np.int64]:
    """Return (n,) how many seeds the mean is over; see ``BenchmarkStore.seed_counts``."""
    check_metric(table, metric)
    if table.metrics[metric].per == "architecture":
        raise InputError(f"{metric} is a column of architectures: no seeds stand behind it")
    section, rows = select(table, axes), table.lookup.rows(given)
    counts = np.zeros(len(table.codes) + 1, np.int64)  # the last stands for architectures without a row
    if section is not None:
        published = published_mean(table, section, metric)
        if published is not None:
            counts[:-1] = np.where(np.isnan(published), 0, -1)
        else:
            counts[:-1] = np.bincount(
                section.rows[of_single_seeds(section, metric)], minlength=len(table.codes)
            )
    found: NDArray[np.int64] = counts[rows]
    return found


def by_architecture(table: Table, metric: str, axes: Axes) -> NDArray[Any] | None:
    """Return (A,) values by table row (or (A, S) for all seeds), NaN where there is no ok run.

    None: the store holds nothing at these axes.

    Raises:
        InputError: the store does not know the metric.
        AmbiguousQueryError: an axis is left open that the store holds several values of.
    """
    check_metric(table, metric)
    constant = table.metrics[metric].per == "architecture"
    if constant:
        values = column_values(table, metric, axes)
        return values[:, None] if values is not None and axes.seed == "all" else values
    section = select(table, axes)
    if section is None:
        return None
    if axes.seed == "mean":
        return seed_mean(table, section, metric)
    if axes.seed == "all":
        each = [of_seed(table, section, metric, int(s)) for s in section.single_seeds]
        return np.stack(each, axis=1) if each else np.empty((len(table.codes), 0))
    return of_seed(table, section, metric, one_seed(section, axes.seed))


def _check_missing(missing: str) -> None:
    """Refuse what is no way to treat missing rows."""
    if missing not in ("raise", "nan"):
        raise InputError(f'expected missing="raise" or missing="nan", got {missing!r}')


def check_metric(table: Table, metric: str) -> None:
    """Refuse a metric that the store does not know."""
    if metric not in table.metrics:
        raise InputError(f"unknown metric {metric!r}; the store has {', '.join(table.metrics)}")


def select(table: Table, axes: Axes) -> Section | None:
    """Return the one section of runs that the axes mean, None if there is none.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
    """
    sections = list(matching(table, axes))
    for axis, name in enumerate(("task", "recipe", "epochs")):
        if axes[axis] is None:
            values = sorted({section.key[axis] for section in sections}, key=str)
            if len(values) > 1:
                raise AmbiguousQueryError(
                    f"the query leaves the {name} open and the store holds several: "
                    f"{listed(values)}; pass {name}="
                )
    return sections[0] if sections else None


def matching(table: Table, axes: Axes) -> Iterable[Section]:
    """Return the sections of runs at the given axes; None means any."""
    axes = axes._replace(recipe=whole_recipe(table, axes.recipe))
    for section in table.sections.values():
        if all(want is None or want == have for want, have in zip(axes[:3], section.key, strict=True)):
            yield section


def _where_known(column: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (n,) or (n, S) values of a column by row, NaN for rows beyond its end."""
    known = np.minimum(rows, len(column) - 1)
    at_known = column[known] if len(column) else np.empty((len(rows), *column.shape[1:]))
    absent = (rows == len(column)).reshape(-1, *[1] * (column.ndim - 1))
    return np.where(absent, np.nan, at_known).astype(np.float64)


def _answers(table: Table, key: tuple[str, Axes], column: NDArray[Any]) -> NDArray[np.int64]:
    """Return (A,): the row that answers for each row of a column, kept for the next query."""
    answers = table.columns.get((*key, "answers"))
    if answers is None:
        valued = ~np.isnan(column) if column.ndim == 1 else ~np.isnan(column).all(axis=1)
        answers = table.twins.answers(valued)
        _keep(table, (*key, "answers"), answers)
    return answers


def _answering_rows(
    table: Table, given: Given, rows: NDArray[np.int64], answers: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the (n,) rows that answer for architectures with these rows; A where none does."""
    size = len(answers)
    found = np.append(answers, size)[rows]
    strangers = np.flatnonzero(rows == size)
    if len(strangers):
        classes = table.twins.classes(table.lookup.decisions(given)[strangers])
        found[strangers] = table.twins.first(answers == np.arange(size))[classes]
    return found


def _curves_of(section: Section, metric: str, rows: NDArray[np.int64], seed: int) -> NDArray[np.float32]:
    """Return the (n, epochs) curves of the ok runs of one seed by table row, NaN where there are none."""
    at = section.find(rows, seed)
    found = np.full((len(rows), section.key[2] or 0), np.nan, np.float32)
    there = np.flatnonzero(at >= 0)
    there = there[section.status[at[there]] == 0]
    found[there] = section.curves(metric, at[there])
    return found


def _twin_curves(
    table: Table, section: Section, metric: str, decisions: Architectures, seed: int
) -> NDArray[np.float32]:
    """Return the (n, epochs) curves of the first twins that have one."""
    classes = table.twins.classes(decisions)
    members = table.twins.members(classes)
    curves_there = _curves_of(section, metric, members, seed)
    valued = np.zeros(len(table.codes), bool)
    valued[members] = ~np.isnan(curves_there).all(axis=1)
    twin = table.twins.first(valued)[classes]
    found = np.full((len(decisions), section.key[2] or 0), np.nan, np.float32)
    there = twin < len(valued)
    found[there] = curves_there[np.searchsorted(members, twin[there])]
    return found


def _keep(table: Table, key: Any, column: NDArray[Any]) -> None:
    """Keep a column for the next query, in place of all others once there are many."""
    if len(table.columns) >= KEPT_COLUMNS:
        table.columns.clear()
    table.columns[key] = column
