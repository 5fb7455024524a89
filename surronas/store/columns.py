"""Values by architecture: of one seed of a section, or of a column such as latency on a device."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import AmbiguousQueryError
from surronas.store.axes import Axes
from surronas.store.recipes import whole_recipe
from surronas.store.table import Section, Table


def of_seed(table: Table, section: Section, metric: str, seed: int) -> NDArray[Any]:
    """Return (A,) values of one seed by table row, NaN where there is no ok run; mapped where it can be."""
    at = np.searchsorted(section.seeds, seed)
    values = np.full(len(table.codes), np.nan)
    if at == len(section.seeds) or section.seeds[at] != seed:
        return values
    span = slice(*section.seed_start[at : at + 2])
    here = section.column(metric)[span]
    if section.complete:
        return here
    values[section.rows[span]] = np.where(section.status[span] == 0, here, np.nan)
    return values


def column_values(table: Table, metric: str, axes: Axes) -> NDArray[Any] | None:
    """Return (A,) values of a column of architectures; what holds for every task or recipe fills the gaps.

    None: the store holds nothing at these axes.

    Raises:
        AmbiguousQueryError: an axis is left open that the column has several values of.
    """
    axes = axes._replace(recipe=whole_recipe(table, axes.recipe))
    sections = [section for section in table.constants_of(metric) if _answers(section, axes)]
    left_open = {
        "task": [section.key[0] for section in sections if axes.task is None and section.key[0]],
        "recipe": [section.key[1] for section in sections if axes.recipe is None and section.key[1]],
        "device": [section.device for section in sections if axes.device is None],
    }
    for name, held in left_open.items():
        if len(set(held)) > 1:
            raise AmbiguousQueryError(
                f"the query leaves the {name} open and {metric} has several: {listed(sorted(set(held)))}; "
                f"pass {name}="
            )
    sections.sort(key=lambda section: -sum(map(bool, section.key[:2])))  # the most specific first
    if not sections:
        return None
    values: NDArray[Any] = of_seed(table, sections[0], metric, 0)
    for section in sections[1:]:
        values = np.where(np.isnan(values), of_seed(table, section, metric, 0), values)
    return values


def _answers(section: Section, axes: Axes) -> bool:
    """Return whether a column holds for the task, recipe and device asked for; None means any."""
    held = section.key[:2]
    fits = all(want is None or have in ("", want) for want, have in zip(axes[:2], held, strict=True))
    return fits and axes.device in (None, section.device)


def listed(values: list[Any]) -> str:
    """Return the first values as words; long ones (recipes) cut short."""
    words = [repr(value) if len(repr(value)) <= 200 else repr(value)[:197] + "..." for value in values[:10]]
    return ", ".join(words) + (f" and {len(values) - 10} more" if len(values) > 10 else "")
