"""From architectures, however they are given, to the rows of a table."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces import Architectures, SearchSpace
from surronas.store.segment import locate

Given = ArrayLike | Sequence[str]  # (n, d) or (d,) decisions, or strings in the benchmark's notation
DIRECT = 1_048_576  # spaces up to this size are looked up in one array (8 MB), larger ones by bisection


class Lookup:
    """Finds the row of an architecture (of its canonical form, in a canonical store)."""

    def __init__(
        self,
        space: SearchSpace,
        canonical: bool,
        codes: NDArray[np.int64],
        architectures: Callable[[], Architectures],
    ) -> None:
        """Look up among ascending codes; where they are hashes, the architectures themselves are compared."""
        self._space, self._canonical, self._codes = space, canonical, codes
        self._architectures = architectures
        places = np.append(np.cumprod(space.num_choices[:0:-1])[::-1], 1)
        self._places = places.astype(np.int64)
        self._limits = np.minimum(space.num_choices, 128).astype(np.uint8)
        self._direct: NDArray[np.int64] | None = None
        if space.num_codes <= DIRECT:
            self._direct = np.full(space.num_codes, len(codes), dtype=np.int64)
            self._direct[codes] = np.arange(len(codes))
            if canonical:
                self._direct = self._direct[_canonical_codes(space)]

    def rows(self, given: Given) -> NDArray[np.int64]:
        """Return the (n,) rows of the architectures; where there is none, the number of rows.

        Raises:
            ArchitectureError: an architecture that is not of this space.
        """
        decisions = self.decisions(given)
        if self._direct is not None:
            return self._direct.take(decisions @ self._places)
        stored = self.stored(decisions)
        rows = locate(self._codes, self._space.codes(stored))
        if not self._space.numbered and len(self._codes):
            same = (self._architectures()[np.maximum(rows, 0)] == stored).all(axis=1)
            rows = np.where(same, rows, -1)
        return np.where(rows < 0, len(self._codes), rows)

    def stored(self, decisions: Architectures) -> Architectures:
        """Return the (n, d) forms under which valid architectures are stored."""
        return self._space.canonical(decisions) if self._canonical else decisions

    def decisions(self, given: Given) -> Architectures:
        """Return the architectures as (n, d) int8; checks shape and range, the fast way where it can.

        Raises:
            ArchitectureError: another shape, a decision outside its choices, a malformed string.
        """
        if isinstance(given, np.ndarray) and given.dtype == np.int8:
            decisions = given if given.ndim == 2 else given[None]
            if (
                decisions.shape[1:] == self._limits.shape
                and not (decisions.view(np.uint8) >= self._limits).any()
            ):
                return decisions
        elif strings := _strings(given):
            return self._space.from_strings(strings)
        elif np.size(given) == 0 and np.ndim(given) <= 1:
            return np.empty((0, len(self._limits)), np.int8)
        return self._space.validate(given)


def _strings(given: Given) -> list[str]:
    """Return the architectures that are given as strings, none if they are given as decisions.

    Raises:
        ArchitectureError: strings among other things.
    """
    if isinstance(given, str):
        return [given]
    listed = given.tolist() if isinstance(given, np.ndarray) and given.dtype.kind in "UO" else given
    if not isinstance(listed, (list, tuple)):
        return []
    words = [item for item in listed if isinstance(item, str)]
    if words and len(words) != len(listed):
        raise ArchitectureError("expected architectures as decisions or as strings, got a mixture")
    return words


@lru_cache(maxsize=8)
def _canonical_codes(space: SearchSpace) -> NDArray[np.int64]:
    """Return (N,): for each code of a small space, the code of its canonical form."""
    everything = space.enumerate()
    codes = np.arange(space.num_codes, dtype=np.int64)
    codes[space.codes(everything)] = space.keys(everything)
    return codes
