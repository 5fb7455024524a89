"""Encodings side by side, and encodings on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.base import Encoding, Features
from surronas.encodings.live_graphs import Known, typical
from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace

_CONSTANT = 1e-12  # rounding leaves a constant column a deviation of so much


@dataclass(frozen=True)
class Concatenation:
    """The features of several encodings, side by side; of ``optional`` ones last."""

    encodings: tuple[Encoding, ...]
    optional: tuple[Encoding, ...] = ()

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return (n, p): the columns of each encoding in turn.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        return np.hstack([encoding(space, architectures) for encoding in self.encodings + self.optional])

    def groups(self, space: SearchSpace) -> NDArray[np.int64]:
        """Return (p,) which encoding a column is of: lengthscale groups of a Gaussian process.

        They are numbered 0, 1, ..., optional ones -1, -2, ...
        """
        none = np.empty((0, space.num_decisions), np.int8)
        widths = [encoding(space, none).shape[1] for encoding in self.encodings + self.optional]
        numbers = [*range(len(self.encodings)), *(-1 - k for k in range(len(self.optional)))]
        return np.repeat(numbers, widths)


class Standardized:
    """An encoding whose columns vary equally: each divided by its standard deviation over the space.

    Surrogates that go by distances otherwise see little but the columns with large numbers. The deviation is
    that over all architectures of a space of up to 2**14, of a larger one over 1,000 drawn with a fixed
    seed; columns that are constant there stay as they are.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._deviations: dict[Known, NDArray[np.float64]] = {}

    def __call__(self, space: SearchSpace, architectures: Architectures) -> Features:
        """Return the (n, p) features of n architectures.

        Raises:
            ArchitectureError: the rows are not architectures of ``space``.
        """
        features, known = self.encoding(space, architectures), Known(space)
        if known not in self._deviations:
            spread = self.encoding(space, typical(space)).std(axis=0)
            self._deviations[known] = np.where(spread > _CONSTANT, spread, 1.0)
        scaled: Features = features / self._deviations[known]
        return scaled


def concatenate(*encodings: Encoding, optional: Sequence[Encoding] = ()) -> Concatenation:
    """Return the encoding that puts the features of all of them side by side.

    ``optional`` ones matter for some targets only: a Gaussian process with ``groups`` expects little of them.

    Raises:
        InputError: no encodings.
    """
    if not encodings:
        raise InputError("expected at least one encoding to concatenate, got none")
    return Concatenation(encodings, tuple(optional))


def standardized(encoding: Encoding) -> Standardized:
    """Return the encoding with each column divided by its standard deviation over the space."""
    return Standardized(encoding)
