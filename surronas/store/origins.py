"""Which command or search each architecture of a table came from."""

import numpy as np
from numpy.typing import NDArray

from surronas.store.axes import Axes
from surronas.store.query import select
from surronas.store.reader import StoreReader


def origins(
    store: StoreReader,
    *,
    task: str | None = None,
    recipe: str | None = None,
    epochs: int | None = None,
) -> NDArray[np.str_]:
    """Return (A,) for each of ``store.architectures`` where its first run came from, "" where it has none.

    That is "origin: command" of the run's provenance, such as "search: surronas improve ...".

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
    """
    table = store._table
    section = select(table, Axes(task, recipe, epochs))
    if section is None:
        return np.full(len(table.codes), "")
    index, entries = section.provenance()
    words = [f"{entry.get('origin', '')}: {entry.get('command', '')}".rstrip(": ") for entry in entries]
    label_of_row = np.full(len(table.codes), -1)
    label_of_row[section.rows[::-1]] = index[::-1]  # of several runs the first, written last, stays
    found: NDArray[np.str_] = np.array([*words, ""])[label_of_row]
    return found
