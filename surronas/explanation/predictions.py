"""Predictions of many mixtures of architectures, each distinct one made once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.encodings import Encoding, Features
from surronas.encodings.live_graphs import distinct_rows
from surronas.spaces import Architectures, SearchSpace
from surronas.surrogates import Surrogate

Array = NDArray[np.float64]
_BLOCK = 32_768  # architectures encoded and predicted at once


@dataclass(frozen=True)
class Model:
    """A surrogate, with what it sees architectures by."""

    surrogate: Surrogate
    encoding: Encoding
    space: SearchSpace

    def predictions(self, architectures: Architectures) -> Array:
        """Return (n,) predictions; equal features give bit-equal ones, wherever they stand in the batch."""
        distinct, inverse = distinct_architectures(self.space, architectures)
        parts = [self._of_distinct(distinct[at : at + _BLOCK]) for at in range(0, len(distinct), _BLOCK)]
        joined: Array = np.concatenate(parts)[inverse]
        return joined

    def features(self, architectures: Architectures) -> Features:
        """Return the (n, p) features of architectures that may repeat."""
        distinct, inverse = distinct_architectures(self.space, architectures)
        features: Features = self.encoding(self.space, distinct)[inverse]
        return features

    def _of_distinct(self, rows: Architectures) -> Array:
        features = np.ascontiguousarray(self.encoding(self.space, rows), np.float64) + 0.0  # no -0.0
        whole = features.view(np.dtype((np.void, features.strides[0]))).ravel()
        _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
        predicted: Array = self.surrogate.predict(features[first])[inverse]
        return predicted


def distinct_architectures(
    space: SearchSpace, architectures: Architectures
) -> tuple[Architectures, NDArray[np.int64]]:
    """Return distinct rows (k, d) and the index (n,) that expands them again."""
    if not space.numbered:
        return distinct_rows(architectures)
    _, first, inverse = np.unique(space.codes(architectures), return_index=True, return_inverse=True)
    return architectures[first], inverse
