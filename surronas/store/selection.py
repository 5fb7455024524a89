"""Which runs of a store go into a copy of it."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.columns import listed
from surronas.store.table import Section, Table


@dataclass(frozen=True)
class Selection:
    """The runs at some values of each axis; None: any. Columns of the architectures kept come with them."""

    rows: NDArray[np.int64] | None = None  # of the table
    tasks: Collection[str] | None = None
    recipes: Collection[str] | None = None
    epochs: Collection[int] | None = None
    seeds: Collection[int] | None = None
    origins: Collection[str] | None = None

    @property
    def of_runs(self) -> bool:
        """Whether it chooses among the runs of an architecture, so that columns follow the runs."""
        return any(values is not None for values in (self.epochs, self.seeds, self.origins))

    def positions(self, section: Section, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of a section's positions that are kept; a column's task or recipe "" goes with any."""
        task, recipe, epochs = section.key
        for wanted, held in ((self.tasks, task), (self.recipes, recipe)):
            if wanted is not None and held not in wanted and (held or epochs is not None):
                return at[:0]
        if self.rows is not None:
            at = at[np.isin(section.rows[at], self.rows)]
        if epochs is None:
            return at
        if self.epochs is not None and epochs not in self.epochs:
            return at[:0]
        if self.seeds is not None:
            at = at[np.isin(section.run_seeds[at], list(self.seeds))]
        if self.origins is not None:
            index, entries = section.provenance()
            at = at[np.array([entry["origin"] in self.origins for entry in entries], bool)[index[at]]]
        return at

    def check(self, table: Table) -> None:
        """Refuse values that the table does not hold anywhere: a misspelt one would select nothing.

        Raises:
            InputError: an unknown task, recipe, number of epochs, seed or origin.
        """
        keys = [section.key for section in (*table.sections.values(), *table.constants.values())]
        sections = table.sections.values()
        held: dict[str, tuple[Collection[str | int] | None, list[str | int | None]]] = {
            "task": (self.tasks, [key[0] for key in keys]),
            "recipe": (self.recipes, [key[1] for key in keys]),
            "epochs": (self.epochs, [key[2] for key in keys if key[2] is not None]),
            "seed": (self.seeds, [int(seed) for section in sections for seed in section.seeds]),
            "origin": (self.origins, [entry["origin"] for s in table.segments for entry in s.provenance]),
        }
        for axis, (wanted, there) in held.items():
            if unknown := [value for value in wanted or () if value not in there]:
                known = listed(list(dict.fromkeys(there)))
                raise InputError(f"the store holds no runs of {axis} {unknown[0]!r}; it has {known}")
