"""Depth as a decision: layers that an architecture lacks are zeros; a change of depth keeps the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import ArchitectureError
from surronas.spaces.base import Architectures


@dataclass(frozen=True)
class Layers:
    """Where the layers lie among the decisions: one after the other, from ``start`` to the last decision.

    Two architectures are neighbors when one decision of a layer that is there, or of the whole network,
    differs. A new depth drops the last layers, or repeats the last one: the other layers stay.
    """

    depth: int  # the decision that is the number of layers
    fewest: int  # layers at choice 0 of it
    most: int
    start: int  # the first decision of the first layer
    width: int  # decisions of one layer

    def count(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return (n,) numbers of layers."""
        return architectures[:, self.depth].astype(np.int64) + self.fewest

    def present(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): whether a decision is one of a layer that is there, or of the whole network."""
        columns = np.arange(self.start + self.most * self.width)
        layer = (columns - self.start) // self.width  # negative for decisions of the whole network
        present: NDArray[np.bool_] = layer < self.count(architectures)[:, None]
        return present

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether all decisions of absent layers are 0."""
        amiss: NDArray[np.bool_] = ((architectures != 0) & ~self.present(architectures)).any(axis=1)
        return ~amiss

    def trimmed(self, architectures: Architectures) -> Architectures:
        """Return (n, d) with the decisions of absent layers set to 0."""
        return np.where(self.present(architectures), architectures, 0).astype(np.int8)

    def neighborhoods(
        self, architectures: Architectures, num_choices: NDArray[np.int64]
    ) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, d), and the (m,) row in the batch that each belongs to."""
        decision = np.repeat(np.arange(len(num_choices)), num_choices - 1)
        shift = np.concatenate([np.arange(1, choices) for choices in num_choices])
        owner, move = np.nonzero(self.present(architectures)[:, decision])
        return self._moved(architectures[owner], decision[move], shift[move], num_choices), owner

    def mutate(
        self, architectures: Architectures, num_choices: NDArray[np.int64], rng: np.random.Generator
    ) -> Architectures:
        """Return (n, d): each row replaced by one of its neighbors, drawn uniformly."""
        options = self.present(architectures) * (num_choices - 1)  # (n, d)
        ends = options.cumsum(axis=1)
        picked = rng.integers(ends[:, -1])
        decision = (picked[:, None] >= ends).sum(axis=1)
        first = (ends - options)[np.arange(len(architectures)), decision]
        return self._moved(architectures, decision, picked - first + 1, num_choices)

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each decision of the whole network, and each layer whole, from ``a`` or ``b``.

        Even odds; a layer that one parent lacks is the other's.
        """
        if a.shape != b.shape:
            raise ArchitectureError(f"expected parents of one shape, got {a.shape} and {b.shape}")
        take_a = rng.random((len(a), self.start + self.most)) < 0.5
        columns = np.arange(a.shape[1])
        part = np.where(columns < self.start, columns, self.start + (columns - self.start) // self.width)
        in_a, in_b = self.present(a), self.present(b)
        return self.trimmed(np.where((take_a[:, part] & in_a) | ~in_b, a, b))

    def _moved(
        self,
        architectures: Architectures,
        decision: NDArray[np.int64],
        shift: NDArray[np.int64],
        num_choices: NDArray[np.int64],
    ) -> Architectures:
        """Return (n, d): in each row one decision shifted; where that is the depth, the layers follow."""
        moved, rows = architectures.copy(), np.arange(len(architectures))
        moved[rows, decision] = (architectures[rows, decision] + shift) % num_choices[decision]
        resized = decision == self.depth
        moved[resized] = self._resized(moved[resized], self.count(architectures[resized]))
        return moved

    def _resized(self, architectures: Architectures, before: NDArray[np.int64]) -> Architectures:
        """Return (n, d) with new layers made of the last one; ``before`` is (n,) the layers there were."""
        resized = architectures.copy()
        layers = architectures[:, self.start :].reshape(-1, self.most, self.width)
        source = np.minimum(np.arange(self.most), before[:, None] - 1)
        repeated = np.take_along_axis(layers, source[:, :, None], axis=1)
        resized[:, self.start :] = repeated.reshape(len(architectures), self.most * self.width)
        return self.trimmed(resized)
