"""What to say when rows are missing: which architectures lack what, and what the store holds instead."""

import numpy as np
from numpy.typing import NDArray

from surronas.errors import MissingRowsError
from surronas.spaces import Architectures
from surronas.store.axes import Axes
from surronas.store.schema import STATUSES
from surronas.store.table import Section, Table

NAMED = 3  # architectures that a message names


def missing_rows(
    table: Table,
    decisions: Architectures,
    rows: NDArray[np.int64],
    lacking: NDArray[np.int64],
    metric: str,
    axes: Axes,
    kind: str = "",
) -> MissingRowsError:
    """Return the error that names the first few ``lacking`` architectures and what is there for them."""
    asked = _axes(axes)
    names = table.space.to_strings(decisions[lacking[:NAMED]])
    told = [
        f"row {row} {name}: {_what_there_is(table, int(rows[row]), metric)}"
        for row, name in zip(lacking[:NAMED].tolist(), names, strict=True)
    ]
    more = f"; and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    return MissingRowsError(
        f"{len(lacking)} of {len(rows)} architectures have no {metric}{kind} of an ok run{asked}: "
        f'{"; ".join(told)}{more}. Pass missing="nan" to get NaN there'
    )


def no_section(table: Table, axes: Axes, metric: str) -> str:
    """Return the message for axes at which the store holds nothing at all."""
    columns = table.constants_of(metric)
    if columns:
        held = "; ".join(dict.fromkeys(_where(section) for section in columns))
        return f"the store holds no {metric}{_axes(axes._replace(seed=None, epochs=None))}; it holds {held}"
    if not table.sections:
        return 'the store holds no runs yet; append some, or pass missing="nan" to get NaN'
    held = "; ".join(_short(section) for section in list(table.sections.values())[:NAMED])
    more = f"; and {len(table.sections) - NAMED} more" if len(table.sections) > NAMED else ""
    return (
        f"the store holds no runs{_axes(axes._replace(seed=None))}; it holds {held}{more}. "
        f'Pass missing="nan" to get NaN'
    )


def _what_there_is(table: Table, row: int, metric: str) -> str:
    """Return the runs that the store holds of one architecture, in words."""
    if row == len(table.codes):
        return "not in the store at all"
    constant = table.metrics[metric].per == "architecture"
    sections = table.constants_of(metric) if constant else table.sections.values()
    told = [text for section in sections if (text := _runs_of(section, row, metric))]
    return "there is " + "; ".join(told[:NAMED]) if told else "nothing of it is stored"


def _runs_of(section: Section, row: int, metric: str) -> str:
    """Return the runs of one architecture in one section, in words; empty if there are none."""
    at = np.flatnonzero(section.rows == row)
    if section.key[2] is None:
        device = f", device {section.device!r}" if section.device else ""
        return f"a value for task {section.key[0]!r}{device}" if len(at) else ""
    runs = [
        f"{seed} ({STATUSES[status] if status or not np.isnan(value) else 'ok, not measured'})"
        for seed, status, value in zip(
            section.run_seeds[at].tolist(),
            section.status[at].tolist(),
            section.column(metric)[at],
            strict=True,
        )
    ]
    return f"{_short(section)}: seed {', '.join(runs[:10])}" if runs else ""


def _where(column: Section) -> str:
    """Return what a column of architectures is of, in words."""
    parts = {"task": column.key[0], "recipe": column.key[1][:60], "device": column.device}
    return ", ".join(f"{name} {value!r}" for name, value in parts.items() if value) or "that of every task"


def _short(section: Section) -> str:
    task, recipe, epochs = section.key
    return f"task {task!r}, epochs {epochs}, recipe {recipe[:60]!r}"


def _axes(axes: Axes) -> str:
    """Return the axes that a question gives, in words; recipes cut short."""
    given = axes._replace(recipe=axes.recipe and axes.recipe[:60])._asdict()
    words = [f"{name} {value!r}" for name, value in given.items() if value is not None]
    return f" at {', '.join(words)}" if words else ""
