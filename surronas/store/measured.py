"""What a store has measured: each metric at each task, recipe and number of epochs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.store.columns import of_seed
from surronas.store.schema import Metric
from surronas.store.seeds import seed_mean
from surronas.store.table import Section, Table


@dataclass(frozen=True)
class Measured:
    """One metric at one task, recipe and number of epochs (or, epochs None, of architectures on a device)."""

    metric: Metric
    section: Section
    values: NDArray[np.float64]  # (A,) by table row: mean over seeds, or the source's own; NaN: missing

    @property
    def axes(self) -> dict[str, Any]:
        """The task, recipe and epochs."""
        task, recipe, epochs = self.section.key
        return {"task": task, "recipe": recipe, "epochs": epochs}


def measured_in(table: Table) -> Iterator[Measured]:
    """Yield what runs have measured, by section, then what is known of architectures."""
    for section in table.sections.values():
        for metric in table.metrics.values():
            if metric.name in section.metrics and metric.per == "run":
                yield Measured(metric, section, seed_mean(table, section, metric.name))
    for (*_, name), section in table.constants.items():
        values = of_seed(table, section, name, 0).astype(np.float64)
        yield Measured(table.metrics[name], section, values)
