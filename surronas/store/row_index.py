"""Find the rows of many architectures at once: a hash table of decisions, built and probed by whole arrays.

Measured on 423,624 architectures of 26 decisions, a million random look-ups: 48 ms, against 230 ms by
bisection of their codes, which first have to be computed (52 ms) and checked (12 ms).
"""

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures

_BLOCK = 32_768  # architectures looked up together: few enough to stay in the processor's cache
_GOLDEN = 0x9E37_79B9_7F4A_7C15  # 2**64 / golden ratio: the usual multiplier of multiplicative hashing


class RowIndex:
    """The rows of (A, d) distinct architectures, by their decisions.

    Open addressing with linear probing, a third full at most. What is found was compared bit by bit.
    """

    def __init__(self, architectures: Architectures) -> None:
        self._words = _words(architectures)
        self._shift = np.uint64(64 - max(4, (3 * len(architectures)).bit_length()))
        self._mask = (1 << (64 - int(self._shift))) - 1
        self._rows = np.full(self._mask + 1, -1, np.int32)  # by place in the hash table, -1: empty
        left, place = np.arange(len(architectures), dtype=np.int32), self._places(self._words)
        while len(left):
            free = self._rows[place] < 0
            self._rows[place[free]] = left[free]  # where several want one place, the last of them gets it
            unplaced = self._rows[place] != left
            left, place = left[unplaced], (place[unplaced] + 1) & self._mask

    def find(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return the (n,) rows of (n, d) architectures, -1 where there is none."""
        found = [self._find(_words(part)) for part in _blocks(architectures)]
        return np.concatenate(found)

    def _find(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        place = self._places(words)
        if not len(self._words):
            return np.full(len(words), -1, np.int64)
        rows = self._rows.take(place)
        left = np.flatnonzero((rows >= 0) & self._differ(rows, words))
        while len(left):
            place[left] = (place[left] + 1) & self._mask
            rows[left] = self._rows.take(place[left])
            left = left[(rows[left] >= 0) & self._differ(rows[left], words[left])]
        return rows.astype(np.int64)

    def _places(self, words: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return where in the table to look first: the upper bits of a multiplicative hash."""
        sums = words[:, 0] * np.uint64(_GOLDEN)
        for i in range(1, words.shape[1]):
            sums += words[:, i] * np.uint64(pow(_GOLDEN, 2 * i + 1, 2**64))
        sums ^= sums >> np.uint64(32)
        sums *= np.uint64(_GOLDEN)
        sums >>= self._shift
        return sums.view(np.int64)

    def _differ(self, rows: NDArray[np.int32], words: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return (n,) whether the architectures of the table's ``rows`` are others than those asked for."""
        bits = self._words.take(rows, axis=0, mode="wrap")
        bits ^= words
        differing: NDArray[np.uint64] = bits[:, 0]
        for i in range(1, bits.shape[1]):
            differing |= bits[:, i]
        return differing.astype(bool)


def _blocks(architectures: Architectures) -> list[Architectures]:
    """Return the architectures in blocks, at least one."""
    return [architectures[i : i + _BLOCK] for i in range(0, max(len(architectures), 1), _BLOCK)]


def _words(architectures: Architectures) -> NDArray[np.uint64]:
    """Return the decisions of (n, d) architectures as (n, ceil(d / 8)) words of 8 bytes, zero-padded."""
    n, d = architectures.shape
    padded = np.zeros((n, -(-d // 8) * 8), np.int8)
    padded[:, :d] = architectures
    return padded.view(np.uint64)
