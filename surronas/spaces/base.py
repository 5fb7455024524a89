"""The one base class of search spaces: batches of architectures as (n, d) int8 arrays of decisions."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError, InputError
from surronas.spaces.graph import Graph

Architectures = NDArray[np.int8]  # (n, d): one row an architecture, one column a decision
_CODES_END = 2**63


class SearchSpace(ABC):
    """What can be built, as d decisions with a fixed number of choices each.

    The concrete methods hold for every space in which all combinations of choices are valid;
    a space with constraints overrides those that its constraints touch.
    """

    name: str
    num_choices: NDArray[np.int64]  # (d,) choices of each decision

    @property
    def num_decisions(self) -> int:
        """The number of decisions d of an architecture."""
        return len(self.num_choices)

    @property
    def num_architectures(self) -> int:
        """The number of architectures in the space (isomorphic ones counted apart)."""
        return int(np.prod(self.num_choices.astype(object)))

    def validate(self, architectures: ArrayLike) -> Architectures:
        """Return the architectures as an (n, d) int8 array; a single (d,) row becomes (1, d).

        Raises:
            ArchitectureError: not integers, another number of decisions (another space), or a
                decision outside its choices.
        """
        given = np.asarray(architectures)
        rows = given[None, :] if given.ndim == 1 else given
        if rows.ndim != 2 or rows.shape[1] != self.num_decisions:
            raise ArchitectureError(
                f"expected architectures of space {self.name!r} with shape (n, {self.num_decisions}), "
                f"got shape {given.shape}; is this an architecture of another space?"
            )
        whole = rows.dtype.kind in "iu" or (rows.dtype.kind == "f" and bool(np.all(rows == np.floor(rows))))
        if not whole:
            raise ArchitectureError(
                f"expected whole-number decisions for space {self.name!r}, got dtype {given.dtype}"
            )
        outside = (rows < 0) | (rows >= self.num_choices)
        if outside.any():
            row, decision = (int(i) for i in np.argwhere(outside)[0])
            raise ArchitectureError(
                f"row {row} has {rows[row, decision]} at decision {decision}; space {self.name!r} "
                f"expects 0 to {self.num_choices[decision] - 1} there"
            )
        return np.ascontiguousarray(rows, dtype=np.int8)

    def codes(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return (n,) int64 numbers, one for each distinct architecture, in lexicographic order."""
        if self.num_architectures >= _CODES_END:
            raise InputError(f"space {self.name!r} has too many architectures to number in 63 bits")
        return architectures.astype(np.int64) @ self._place_values()

    def from_codes(self, codes: NDArray[np.int64]) -> Architectures:
        """Return the (n, d) architectures that ``codes`` numbers."""
        return ((codes[:, None] // self._place_values()) % self.num_choices).astype(np.int8)

    def _place_values(self) -> NDArray[np.int64]:
        """Return the (d,) place value of each decision in the mixed-radix code."""
        return np.append(np.cumprod(self.num_choices[:0:-1])[::-1], 1)

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d) architectures, drawn uniformly with replacement."""
        return rng.integers(self.num_choices, size=(n, self.num_decisions)).astype(np.int8)

    def enumerate(self) -> Architectures:
        """Return all (N, d) architectures of a finite space in the order of their codes."""
        return self.from_codes(np.arange(self.num_architectures, dtype=np.int64))

    def neighbors(self, architecture: ArrayLike) -> Architectures:
        """Return the (k, d) distinct architectures one decision away from one architecture."""
        one = self.validate(architecture)
        if len(one) != 1:
            raise ArchitectureError(
                f"expected one architecture, got {len(one)}; use neighborhoods() for a batch"
            )
        return self.neighborhoods(one)[0]

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, d), and the (m,) row in the batch that each belongs to."""
        decision, shift = self._moves()
        moved = np.repeat(architectures[:, None, :], len(decision), axis=1)  # (n, k, d)
        moved[:, np.arange(len(decision)), decision] = (
            architectures[:, decision] + shift
        ) % self.num_choices[decision]
        owner = np.repeat(np.arange(len(architectures)), len(decision))
        return moved.reshape(-1, self.num_decisions), owner

    def _moves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the k one-decision moves: which decision, and by how much it is shifted."""
        decision = np.repeat(np.arange(self.num_decisions), self.num_choices - 1)
        shift = np.concatenate([np.arange(1, c) for c in self.num_choices])
        return decision, shift

    def mutate(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each row with one decision, drawn uniformly, set to another choice."""
        decision, shift = self._moves()
        move = rng.integers(len(decision), size=len(architectures))
        mutated, rows = architectures.copy(), np.arange(len(architectures))
        at = decision[move]
        mutated[rows, at] = (architectures[rows, at] + shift[move]) % self.num_choices[at]
        return mutated

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each decision taken from the row of ``a`` or of ``b`` with even odds."""
        if a.shape != b.shape:
            raise ArchitectureError(f"expected parents of one shape, got {a.shape} and {b.shape}")
        return np.where(rng.random(a.shape) < 0.5, a, b)

    def keys(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return (n,) int64 keys, equal exactly when the canonical forms are equal."""
        return self.codes(self.canonical(architectures))

    @abstractmethod
    def canonical(self, architectures: Architectures) -> Architectures:
        """Return (n, d) canonical forms; isomorphic networks share one, and it is its own."""

    @abstractmethod
    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): whether a decision takes part in what the network computes."""

    @abstractmethod
    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return the n architectures in the benchmark's own notation."""

    @abstractmethod
    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, d) architectures that the benchmark's notation names."""

    @abstractmethod
    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one architecture: all that training and encodings need."""
