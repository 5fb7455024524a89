"""Isomorphic twins: which row of a table answers for an architecture that has no value of its own."""

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures, SearchSpace
from surronas.store.segment import locate


class Twins:
    """The classes of isomorphic architectures among the A rows of a table, by the keys of the space.

    In spaces beyond 63 bits keys are hashes; that two of a million classes share one has odds of 1 in 10**7.
    """

    def __init__(self, space: SearchSpace, architectures: Architectures) -> None:
        self._space = space
        self._keys, self._class_of = np.unique(space.keys(architectures), return_inverse=True)

    @property
    def count(self) -> int:
        """The number of classes: of networks that are not isomorphic."""
        return len(self._keys)

    def classes(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return the (n,) classes of architectures, -1 where the table has none of a class.

        Raises:
            ArchitectureError: one is no architecture of the space.
        """
        return locate(self._keys, self._space.keys(self._space.validate(architectures)))

    def first(self, valued: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return (K + 1,): by class, its first row, in the order of codes, that is ``valued``, (A,); else A.

        The last place, which -1 also means, stands for no class at all.
        """
        first = np.full(len(self._keys) + 1, len(valued))
        rows = np.flatnonzero(valued)[::-1]
        first[self._class_of[rows]] = rows  # of rows of one class the last written, the first row, stays
        return first

    def answers(self, valued: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return (A,): the row that answers for each row: itself where it is ``valued``, else its first twin.

        A where no twin is valued either.
        """
        return np.where(valued, np.arange(len(valued)), self.first(valued)[self._class_of])

    def members(self, classes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return all rows of the classes, ascending."""
        return np.flatnonzero(np.isin(self._class_of, classes))
