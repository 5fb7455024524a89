"""The candidates of a search: one architecture for each distinct network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace

_LARGEST_SPACE = 2**20  # architectures enumerated without being asked to: seconds of work, tens of megabytes


@dataclass(frozen=True)
class Candidates:
    """Distinct networks (m, d) and their keys (m,), in the order of the keys."""

    architectures: Architectures
    keys: NDArray[np.int64]

    def find(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n,) the row of each key, -1 where it is no candidate's."""
        row = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[row] == keys, row, -1)


def distinct_candidates(space: SearchSpace, architectures: Architectures | None) -> Candidates:
    """Return one candidate for each key: the canonical form if it is given, else the first given.

    Args:
        space: where the architectures come from.
        architectures: (N, d), or None for all of the space.

    Raises:
        ArchitectureError: rows that are not architectures of the space.
        InputError: no architectures, or None for a space too large to enumerate.
    """
    if architectures is None:
        if space.num_architectures > _LARGEST_SPACE:
            raise InputError(
                f"space {space.name!r} has {space.num_architectures} architectures, too many to enumerate; "
                f"pass candidates, for example space.sample(100_000, np.random.default_rng(0))"
            )
        architectures = space.enumerate()
    rows = space.validate(architectures)
    if not len(rows):
        raise InputError("candidates: expected at least one architecture, got none")
    canonical = space.canonical(rows)
    is_canonical = (rows == canonical).all(axis=1)
    keys = space.codes(canonical)
    order = np.lexsort((np.arange(len(rows)), ~is_canonical, keys))  # by key, canonical first
    distinct, first = np.unique(keys[order], return_index=True)
    return Candidates(rows[order[first]], distinct)
