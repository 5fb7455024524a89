"""What a section of runs says over its seeds: which one is meant, which there are, their mean."""

import numpy as np
from numpy.typing import NDArray

from surronas.errors import AmbiguousQueryError
from surronas.store.axes import Seed
from surronas.store.columns import listed, of_seed
from surronas.store.schema import SEED_MEAN
from surronas.store.table import Section, Table


def one_seed(section: Section, seed: Seed) -> int:
    """Return the seed meant: the only one there is where it is left open.

    Raises:
        AmbiguousQueryError: there are several.
    """
    if seed is not None:
        return int(seed)
    if len(section.seeds) > 1:
        raise AmbiguousQueryError(
            f"the query leaves the seed open and the store holds several: {listed(seed_names(section))}; "
            f'pass seed=, or seed="mean", or seed="all"'
        )
    return int(section.seeds[0])


def seed_mean(table: Table, section: Section, metric: str) -> NDArray[np.float64]:
    """Return (A,) means over the seeds that have a value, NaN where none has; else the source's own means."""
    published = published_mean(table, section, metric)
    if published is not None:
        return published
    counted = of_single_seeds(section, metric)
    rows, size = section.rows[counted], len(table.codes)
    total = np.bincount(rows, section.column(metric)[counted].astype(np.float64), minlength=size)
    count = np.bincount(rows, minlength=size)
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return means


def published_mean(table: Table, section: Section, metric: str) -> NDArray[np.float64] | None:
    """Return (A,) the source's own means over seeds, None where it gives none of this metric."""
    if SEED_MEAN not in section.seeds:
        return None
    published: NDArray[np.float64] = of_seed(table, section, metric, SEED_MEAN)
    return None if np.isnan(published).all() else published


def of_single_seeds(section: Section, metric: str) -> NDArray[np.bool_]:
    """Return (n,) which runs of a section are ok, of a single seed, and have a value."""
    measured: NDArray[np.bool_] = (section.status == 0) & ~np.isnan(section.column(metric))
    return np.asarray(measured & (section.run_seeds != SEED_MEAN))


def seed_names(section: Section) -> list[int | str]:
    """Return the seeds of a section, the source's own mean in words."""
    return [*(["mean of the source"] if SEED_MEAN in section.seeds else []), *section.single_seeds.tolist()]
