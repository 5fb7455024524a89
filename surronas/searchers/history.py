"""What a searcher was told: architectures, scores, and which candidates are still open."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers.candidates import distinct_candidates
from surronas.spaces import Architectures, SearchSpace


class History:
    """The told and discarded architectures of one search, checked at the border, in their order.

    Attributes:
        candidates: the distinct networks that may be asked.
        open: (m,) whether a candidate was neither told nor discarded.
        order: (m,) a random order of the candidates, drawn once from the seed.
        num_seen: how many rows were told or discarded.
    """

    def __init__(self, space: SearchSpace, candidates: Architectures | None, seed: int) -> None:
        self._space = space
        self.candidates = distinct_candidates(space, candidates)
        self.open = np.ones(len(self.candidates.keys), dtype=np.bool_)
        self.order = np.random.default_rng(seed).permutation(len(self.open))
        self.num_seen = 0
        self._rows: list[Architectures] = []
        self._scores: list[NDArray[np.float64]] = []

    @property
    def architectures(self) -> Architectures:
        """The (n, d) architectures told."""
        empty = np.empty((0, self._space.num_decisions), dtype=np.int8)
        return np.concatenate([empty, *self._rows])

    @property
    def scores(self) -> NDArray[np.float64]:
        """The (n,) scores told."""
        return np.concatenate([np.empty(0), *self._scores])

    def tell(
        self, architectures: ArrayLike, scores: ArrayLike
    ) -> tuple[Architectures, NDArray[np.int64], NDArray[np.float64]]:
        """Append scores and return the checked rows (n, d), their keys (n,) and scores (n,).

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: the scores are not (n,) finite numbers. Nothing is appended then.
        """
        rows = self._space.validate(architectures)
        values = np.atleast_1d(np.asarray(scores, dtype=np.float64))
        if values.shape != (len(rows),):
            raise InputError(
                f"scores: expected shape ({len(rows)},), one for each architecture, got {values.shape}"
            )
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise InputError(
                f"scores: expected finite numbers, got {values[bad[0]]} at row {bad[0]}; "
                f"use discard() for failed evaluations"
            )
        self._rows.append(rows)
        self._scores.append(values)
        return rows, self._close(rows), values

    def discard(self, architectures: ArrayLike) -> tuple[Architectures, NDArray[np.int64]]:
        """Close architectures without a score and return the checked rows (n, d) and their keys (n,).

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
        """
        rows = self._space.validate(architectures)
        return rows, self._close(rows)

    def check_ask(self, n: int) -> None:
        """Raise unless n candidates can be asked.

        Raises:
            InputError: n < 1.
            SpaceExhaustedError: fewer than n candidates remain.
        """
        if n < 1:
            raise InputError(f"expected to be asked for n >= 1 architectures, got n = {n}")
        left = int(self.open.sum())
        if left < n:
            raise SpaceExhaustedError(
                f"asked for {n} architectures, but {left} of {len(self.open)} distinct candidates are left; "
                f"ask for fewer, or give the searcher more candidates"
            )

    def open_at_random(self) -> NDArray[np.int64]:
        """Return the open candidates' rows in the seed's random order."""
        return self.order[self.open[self.order]]

    def _close(self, rows: Architectures) -> NDArray[np.int64]:
        """Mark the candidates with these networks as seen and return the (n,) keys."""
        keys = self._space.keys(rows)
        found = self.candidates.find(keys)
        self.open[found[found >= 0]] = False
        self.num_seen += len(rows)
        return keys
