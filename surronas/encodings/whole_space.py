"""The encoding of a whole finite space, computed once and looked up from then on."""

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Encoding, Features
from surronas.encodings.live_graphs import Known
from surronas.spaces import Architectures, SearchSpace

_MOST_CODES = 2**20  # of a space that is encoded as a whole: 8 MB of row numbers
_MOST_BYTES = 512 * 2**20  # of its features


class WholeSpace:
    """An encoding that computes the features of a whole space when first asked, and then looks them up.

    It keeps one space, the last it was asked for, for as long as it lives itself. Spaces of more than 2**20
    combinations, or whose features need more than 512 MB, are not kept: they are encoded at each call, as
    the encoding alone would. Of an encoding of table columns it keeps what the table held at first.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._kept: tuple[Known, Features, NDArray[np.int64]] | None = None

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, p) features of n architectures.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        rows = space.validate(architectures)
        if self._kept is None or self._kept[0] != Known(space):
            if not self._fits(space):
                return self.encoding(space, rows)
            self._kept = self._computed(space)
        _, features, row_of_code = self._kept
        found: Features = features[row_of_code[space.codes(rows)]]
        return found

    def _fits(self, space: SearchSpace) -> bool:
        if space.num_codes > _MOST_CODES:
            return False
        columns = self.encoding(space, np.empty((0, space.num_decisions), np.int8)).shape[1]
        return bool(space.num_architectures * columns * 8 <= _MOST_BYTES)

    def _computed(self, space: SearchSpace) -> tuple[Known, Features, NDArray[np.int64]]:
        """Return the space, its features, and for each code the row in them."""
        everything = space.enumerate()
        row_of_code = np.zeros(space.num_codes, np.int64)
        row_of_code[space.codes(everything)] = np.arange(len(everything))
        return Known(space), self.encoding(space, everything), row_of_code


def whole_space(encoding: Encoding) -> WholeSpace:
    """Return the encoding that computes all of a finite space once; its features are the same."""
    return WholeSpace(encoding)
