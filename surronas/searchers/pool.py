"""What a search may ask: distinct networks by key, shared by all searches on the same candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings import Encoding
from surronas.encodings.base import Features
from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace

_LARGEST_SPACE = 2**20  # architectures enumerated without being asked to: seconds of work, tens of megabytes
_LOOKED_AROUND_AT_ONCE = 2**15  # candidates whose neighbors are all found in one call
_DRAWN_AT_ONCE = 256


class Pool:
    """The candidates of searches: one architecture for each distinct network, known by its key.

    Making one costs milliseconds and so do neighbors and features, which it keeps: give one pool to all
    searches on the same candidates (``RandomSearch(space, seed=0, candidates=pool)``). It never changes as
    far as a search can see. A space too large to enumerate has an open pool: all of it may be asked.

    Args:
        space: where the architectures come from.
        architectures: (N, d) what may be asked; None for all of the space.
        isomorphic: ``"merge"``: isomorphic architectures are one candidate, the canonical form if it is
            given, else the first given. ``"keep"``: each is its own, as papers that count strings have it.

    Raises:
        ArchitectureError: rows that are not architectures of the space.
        InputError: no architectures, or another word for ``isomorphic``.
    """

    def __init__(
        self, space: SearchSpace, architectures: Architectures | None = None, *, isomorphic: str = "merge"
    ) -> None:
        if isomorphic not in ("merge", "keep"):
            raise InputError(f"isomorphic: expected 'merge' or 'keep', got {isomorphic!r}")
        self.space, self._merge = space, isomorphic == "merge"
        self._key_of: dict[bytes, int] = {}  # of rows met before
        self._row_of: dict[int, Architectures] = {}  # of keys that are no candidates' of a finite pool
        self._around: dict[int, tuple[int, ...]] = {}
        self._features: list[tuple[Encoding, Features]] = []
        self.size: int | None = None  # None: open
        self.architectures: Architectures = np.empty((0, space.num_decisions), np.int8)  # (size, d)
        self.keys: NDArray[np.int64] = np.empty(0, np.int64)  # (size,) sorted
        self.place: dict[int, int] = {}  # key: row in the two above
        if architectures is not None or space.num_architectures <= _LARGEST_SPACE:
            self._enumerate(space.enumerate() if architectures is None else architectures)

    def _enumerate(self, architectures: Architectures) -> None:
        rows = self.space.validate(architectures)
        if not len(rows):
            raise InputError("candidates: expected at least one architecture, got none")
        first = np.zeros(len(rows), np.bool_)  # forms that stand for their network
        if self._merge:
            canonical = self.space.canonical(rows)
            first, keys = (rows == canonical).all(axis=1), self.space.codes(canonical)
        else:
            keys = self.space.codes(rows)
        order = np.lexsort((np.arange(len(rows)), ~first, keys))  # by key, canonical first
        self.keys, at = np.unique(keys[order], return_index=True)
        self.architectures = rows[order[at]]
        self.size = len(self.keys)
        self.place = dict(zip(self.keys.tolist(), range(self.size), strict=True))

    def __contains__(self, key: int) -> bool:
        """Whether a key is that of a candidate."""
        return self.size is None or key in self.place

    def resolve(self, architectures: ArrayLike) -> list[int]:
        """Return the keys of (n, d) architectures of the space, candidates or not.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
        """
        rows = np.asarray(architectures)
        if rows.dtype == np.int8 and rows.ndim == 2 and rows.shape[1] == self.space.num_decisions:
            raw, width = rows.tobytes(), rows.shape[1]
            try:
                return [self._key_of[raw[i : i + width]] for i in range(0, len(raw), width)]
            except KeyError:
                pass
        valid = self.space.validate(architectures)
        forms = self.space.canonical(valid) if self._merge else valid
        keys: list[int] = self.space.codes(forms).tolist()
        for row, form, key in zip(valid, forms, keys, strict=True):
            self._key_of[row.tobytes()] = key
            if key not in self.place:
                self._row_of.setdefault(key, form)
        return keys

    def rows(self, keys: Sequence[int]) -> Architectures:
        """Return (n, d) the architectures that stand for keys met before."""
        if self.size is not None:
            try:
                found: Architectures = self.architectures[[self.place[key] for key in keys]]
            except KeyError:
                pass
            else:
                self._key_of.update(zip((row.tobytes() for row in found), keys, strict=True))
                return found
        empty = np.empty((0, self.space.num_decisions), np.int8)
        return np.concatenate([empty, *(self._row(key)[None] for key in keys)])

    def neighbors(self, key: int) -> tuple[int, ...]:
        """Return the keys, sorted, of all distinct candidates one decision away from a key's architecture."""
        if key not in self._around:
            if key in self.place and self.size is not None and self.size <= _LOOKED_AROUND_AT_ONCE:
                self._look_around(self.architectures, self.keys.tolist())
            else:
                self._look_around(self._row(key)[None], [key])
        return self._around[key]

    def features(self, encoding: Encoding) -> Features:
        """Return (size, p) the features of all candidates of a finite pool, computed once an encoding."""
        found = next((features for known, features in self._features if known is encoding), None)
        if found is None:
            found = _encoded(encoding, self.space, self.architectures)
            self._features.append((encoding, found))
        return found

    def random_order(self, seed: int) -> Iterable[int]:
        """Yield the keys of candidates in a random order, each once; of an open pool without end."""
        rng = np.random.default_rng(seed)
        if self.size is not None:
            yield from self.keys[rng.permutation(self.size)].tolist()
            return
        met: set[int] = set()
        while True:
            fresh = [key for key in self.resolve(self.space.sample(_DRAWN_AT_ONCE, rng)) if key not in met]
            yield from dict.fromkeys(fresh)
            met.update(fresh)

    def _row(self, key: int) -> Architectures:
        place = self.place.get(key)
        return self._row_of[key] if place is None else self.architectures[place]

    def _look_around(self, rows: Architectures, keys: list[int]) -> None:
        """Keep the neighbors of rows (n, d)."""
        near, owner = self.space.neighborhoods(rows)
        forms = self.space.canonical(near) if self._merge else near
        codes = self.space.codes(forms)
        found: list[set[int]] = [set() for _ in keys]
        for i, (whose, key) in enumerate(zip(owner.tolist(), codes.tolist(), strict=True)):
            if key != keys[whose] and key in self:
                found[whose].add(key)
                if self.size is None:
                    self._row_of.setdefault(key, forms[i])
        for key, around in zip(keys, found, strict=True):
            self._around[key] = tuple(sorted(around))


_KEPT: list[tuple[Encoding, tuple[object, ...], Features]] = []  # of pools alike; the last few
_MOST_KEPT, _MOST_BYTES_KEPT = 4, 2**26


def _encoded(encoding: Encoding, space: SearchSpace, architectures: Architectures) -> Features:
    """Return (n, p) features; a pool like one of the last few is not encoded again."""
    like = (type(space), space.name, architectures.shape, architectures.tobytes())
    for known, other, features in _KEPT:
        if known is encoding and other == like:
            return features
    features = encoding(space, architectures)
    features.flags.writeable = False
    if features.nbytes <= _MOST_BYTES_KEPT:
        _KEPT.append((encoding, like, features))
        del _KEPT[:-_MOST_KEPT]
    return features


def pool_of(space: SearchSpace, candidates: Architectures | Pool | None) -> Pool:
    """Return the pool given, or one of these candidates.

    Raises:
        ArchitectureError: rows that are not architectures of the space.
        InputError: no architectures, or a pool of another space.
    """
    if not isinstance(candidates, Pool):
        return Pool(space, candidates)
    if (candidates.space.name, candidates.space.num_decisions) != (space.name, space.num_decisions):
        raise InputError(
            f"candidates: expected a pool of space {space.name!r}, got one of {candidates.space.name!r}"
        )
    return candidates
