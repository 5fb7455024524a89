"""From architectures, however they are given, to the rows of a table."""

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError
from surronas.spaces import Architectures, SearchSpace
from surronas.store.row_index import RowIndex

Given = ArrayLike | Sequence[str]  # (n, d) or (d,) decisions, or strings in the benchmark's notation
DIRECT = 1_048_576  # spaces up to this size are looked up in one array (8 MB), larger ones in a hash table
FEW = 32  # up to so many are found by bisection: 5 us for one, where the hash table takes 25
WORTH_INDEXING = (
    1 / 8
)  # of the table: so many looked up by bisection take as long as the building of an index
_ROWS_AT_ONCE = 16_384  # architectures checked, or numbered, together: few enough to stay in the cache


class Lookup:
    """Finds the row of an architecture (of its canonical form, in a canonical store)."""

    def __init__(
        self,
        space: SearchSpace,
        canonical: bool,
        codes: Callable[[], NDArray[np.int64]],
        architectures: Callable[[], Architectures],
        holds: Callable[[NDArray[np.int64]], NDArray[np.bool_]],
    ) -> None:
        """Look up among ascending codes; where they are hashes, the architectures themselves are compared.

        ``holds`` says which codes are there, more cheaply than by all of them in order.
        """
        self._space, self._canonical = space, canonical
        self._get_codes, self._architectures, self._holds = codes, architectures, holds
        places = np.append(np.cumprod(space.num_choices[:0:-1])[::-1], 1)
        self._places = places.astype(np.int64)
        self._limits = np.minimum(space.num_choices, 128).astype(np.uint8)
        self._numbered = space.numbered
        self._num_bisected = 0
        self._with_twins = False  # whether the direct look-up knows of canonical forms yet

    def rows(self, given: Given) -> NDArray[np.int64]:
        """Return the (n,) rows of the architectures; where there is none, the number of rows.

        Raises:
            ArchitectureError: an architecture that is not of this space.
        """
        decisions = self.decisions(given)
        if self._direct is not None:
            return self._directly(self._numbers(decisions))
        rows, found = self._find(decisions)
        if not found.all():
            if self._canonical:  # a stored form is its own canonical form: only the others need theirs
                left = np.flatnonzero(~found)
                rows[left], found[left] = self._find(self._space.canonical(decisions[left]))
            rows[~found] = len(self._codes)
        return rows

    def stored(self, decisions: Architectures) -> Architectures:
        """Return the (n, d) forms under which valid architectures are stored."""
        if not self._canonical:
            return decisions
        if not self._numbered:  # codes are hashes, which two may share
            return self._space.canonical(decisions)
        codes, first, at = np.unique(self._space.codes(decisions), return_index=True, return_inverse=True)
        distinct, unknown = decisions[first], ~self._holds(codes)
        distinct[unknown] = self._space.canonical(distinct[unknown])
        return distinct[at]

    def decisions(self, given: Given) -> Architectures:
        """Return the architectures as (n, d) int8; checks shape and range, the fast way where it can.

        Raises:
            ArchitectureError: another shape, a decision outside its choices, a malformed string.
        """
        if isinstance(given, np.ndarray) and given.dtype == np.int8:
            decisions = given if given.ndim == 2 else given[None]
            if decisions.shape[1:] == self._limits.shape and self._in_range(decisions):
                return decisions
        elif strings := _strings(given):
            return self._space.from_strings(strings)
        elif np.size(given) == 0 and np.ndim(given) <= 1:
            return np.empty((0, len(self._limits)), np.int8)
        return self._space.validate(given)

    def _in_range(self, decisions: Architectures) -> bool:
        """Return whether every decision is one of its choices."""
        if len(decisions) <= FEW or not decisions.flags.c_contiguous:
            return not (decisions.view(np.uint8) >= self._limits).any()
        flat, limits = decisions.view(np.uint8).ravel(), np.tile(self._limits, _ROWS_AT_ONCE)
        parts = (flat[start : start + len(limits)] for start in range(0, len(flat), len(limits)))
        return not any((part >= limits[: len(part)]).any() for part in parts)

    def _numbers(self, decisions: Architectures) -> NDArray[np.int64]:
        """Return the (n,) codes in a small space; float32 holds them exactly, and multiplies them faster."""
        if len(decisions) <= FEW:
            return decisions @ self._places
        numbers, places = np.empty(len(decisions), np.int64), self._places.astype(np.float32)
        for start in range(0, len(decisions), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            numbers[part] = decisions[part].astype(np.float32) @ places
        return numbers

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        return self._get_codes()

    @cached_property
    def _direct(self) -> NDArray[np.int64] | None:
        """(num_codes,) the row of each code of a small space, or the number of rows; None: a large space."""
        if self._space.num_codes > DIRECT:
            return None
        direct = np.full(self._space.num_codes, len(self._codes), dtype=np.int64)
        direct[self._codes] = np.arange(len(self._codes))
        return direct

    def _directly(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the (n,) rows of codes in a small space."""
        assert self._direct is not None
        rows = self._direct.take(numbers)
        if self._canonical and not self._with_twins and (rows == len(self._codes)).any():
            self._direct = self._direct[_canonical_codes(self._space)]  # 100 ms, once it is needed
            self._with_twins = True
            return self._direct.take(numbers)
        return rows

    @cached_property
    def _index(self) -> RowIndex:
        return RowIndex(self._architectures())

    def _find(self, decisions: Architectures) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return (n,) where stored forms lie, and whether they are there at all."""
        if len(decisions) > FEW:
            self._num_bisected += len(decisions)
            if "_index" in self.__dict__ or self._num_bisected > WORTH_INDEXING * len(self._codes):
                rows = self._index.find(decisions)
                return rows, rows >= 0
        if not len(self._codes):
            return np.zeros(len(decisions), np.int64), np.zeros(len(decisions), bool)
        codes = decisions @ self._places if self._numbered else self._space.codes(decisions)
        rows = self._codes.searchsorted(codes)
        found = self._codes.take(rows, mode="clip") == codes
        if not self._numbered:
            found &= (self._architectures().take(rows, axis=0, mode="clip") == decisions).all(axis=1)
        return rows, found


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
