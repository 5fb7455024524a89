"""The one base class of search spaces: batches of architectures as (n, d) int8 arrays of decisions."""

from __future__ import annotations  # np.random, 12 ms of import, is named in signatures only

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError, InputError
from surronas.spaces.graph import Graph
from surronas.spaces.graph_batch import GraphBatch, batched

Architectures = NDArray[np.int8]  # (n, d): one row an architecture, one column a decision
_CODES_END = 2**63
_ENUMERABLE = 2**24  # combinations that enumerate() goes through in a constrained space: 0.4 GB of decisions
_DRAWS = 1_000  # rounds of redrawing before a constrained space is held to be practically empty


class SearchSpace(ABC):
    """What can be built, as d decisions with a fixed number of choices each.

    A space in which some combinations of choices are no architecture sets ``constrained`` and overrides
    ``allowed``; all else follows, by rejection, and may be overridden by something better.
    """

    name: str
    num_choices: NDArray[np.int64]  # (d,) choices of each decision, at most 127 each
    constrained: bool = False

    @property
    def num_decisions(self) -> int:
        """The number of decisions d of an architecture."""
        return len(self.num_choices)

    @property
    def num_codes(self) -> int:
        """The number of combinations of choices."""
        return int(np.prod(self.num_choices.astype(object)))

    @property
    def num_architectures(self) -> int:
        """The number of architectures in the space (isomorphic ones counted apart)."""
        return self.num_codes

    @property
    def numbered(self) -> bool:
        """Whether each architecture has a number of its own in 63 bits; else ``codes`` are hashes."""
        return self.num_codes < _CODES_END

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether each combination of choices is an architecture of this space."""
        return np.ones(len(architectures), bool)

    def validate(self, architectures: ArrayLike) -> Architectures:
        """Return the architectures as an (n, d) int8 array; a single (d,) row becomes (1, d).

        Raises:
            ArchitectureError: not integers, another number of decisions (another space), a decision
                outside its choices, or a combination that is no architecture.
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
        decisions = np.ascontiguousarray(rows, dtype=np.int8)
        if self.constrained and not (allowed := self.allowed(decisions)).all():
            row = int(np.argmin(allowed))
            raise ArchitectureError(
                f"row {row} is no architecture of space {self.name!r}: {decisions[row].tolist()}; "
                f"take one from sample(), neighbors() or from_strings()"
            )
        return decisions

    def codes(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return (n,) int64 numbers, one for each distinct architecture, in lexicographic order.

        Where the space has 2**63 or more combinations (``numbered`` is False) they are 63-bit hashes.
        """
        if not self.numbered:
            return _hashes(architectures)
        return architectures.astype(np.int64) @ self._place_values()

    def from_codes(self, codes: NDArray[np.int64]) -> Architectures:
        """Return the (n, d) architectures that ``codes`` numbers.

        Raises:
            InputError: the codes of this space are hashes.
        """
        if not self.numbered:
            raise InputError(f"space {self.name!r} is too large to number: its codes can't be turned back")
        return ((codes[:, None] // self._place_values()) % self.num_choices).astype(np.int8)

    def _place_values(self) -> NDArray[np.int64]:
        """Return the (d,) place value of each decision in the mixed-radix code."""
        return np.append(np.cumprod(self.num_choices[:0:-1])[::-1], 1)

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d) architectures, drawn uniformly with replacement.

        Raises:
            InputError: next to no combination is allowed; such a space needs a ``sample`` of its own.
        """
        drawn = rng.integers(self.num_choices, size=(n, self.num_decisions)).astype(np.int8)
        if not self.constrained:
            return drawn
        for _ in range(_DRAWS):
            wrong = np.flatnonzero(~self.allowed(drawn))
            if not len(wrong):
                return drawn
            drawn[wrong] = rng.integers(self.num_choices, size=(len(wrong), self.num_decisions))
        raise InputError(f"space {self.name!r}: {_DRAWS} draws gave no {n} architectures; too few allowed")

    def enumerate(self) -> Architectures:
        """Return all (N, d) architectures of a finite space in the order of their codes.

        Raises:
            InputError: a constrained space of more than 2**24 combinations.
        """
        if self.constrained and self.num_codes > _ENUMERABLE:
            raise InputError(f"space {self.name!r} has {self.num_codes} combinations: too many to go through")
        everything = self.from_codes(np.arange(self.num_codes, dtype=np.int64))
        return everything[self.allowed(everything)] if self.constrained else everything

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
        neighbors = moved.reshape(-1, self.num_decisions)
        if not self.constrained:
            return neighbors, owner
        kept = self.allowed(neighbors)
        return neighbors[kept], owner[kept]

    def _moves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the k one-decision moves: which decision, and by how much it is shifted."""
        decision = np.repeat(np.arange(self.num_decisions), self.num_choices - 1)
        shift = np.concatenate([np.arange(1, c) for c in self.num_choices])
        return decision, shift

    def mutate(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each row replaced by one of its neighbors, drawn uniformly.

        An architecture without neighbors stays as it is.
        """
        if self.constrained:
            return self._step_to_neighbors(architectures, rng)
        decision, shift = self._moves()
        move = rng.integers(len(decision), size=len(architectures))
        mutated, rows = architectures.copy(), np.arange(len(architectures))
        at = decision[move]
        mutated[rows, at] = (architectures[rows, at] + shift[move]) % self.num_choices[at]
        return mutated

    def _step_to_neighbors(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        neighbors, owner = self.neighborhoods(architectures)
        counts = np.bincount(owner, minlength=len(architectures))
        starts = np.cumsum(counts) - counts
        mutated, movable = architectures.copy(), counts > 0
        picked = rng.integers(np.maximum(counts, 1))
        mutated[movable] = neighbors[(starts + picked)[movable]]
        return mutated

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each decision taken from the row of ``a`` or of ``b`` with even odds.

        Where that is no architecture of a constrained space, the child is the row of ``a``.
        """
        if a.shape != b.shape:
            raise ArchitectureError(f"expected parents of one shape, got {a.shape} and {b.shape}")
        children = np.where(rng.random(a.shape) < 0.5, a, b)
        if self.constrained:
            children = np.where(self.allowed(children)[:, None], children, a)
        return children

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

    def graphs(self, architectures: Architectures) -> GraphBatch:
        """Return the graphs of n architectures as arrays; override where they needn't be made one by one."""
        return batched([self.graph(row) for row in architectures])


def _hashes(architectures: Architectures) -> NDArray[np.int64]:
    """Return (n,) 63-bit hashes of rows of decisions."""
    import hashlib  # here, not above: it costs every process milliseconds, and few spaces need it

    rows = np.ascontiguousarray(architectures, np.int8)
    digests = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows]
    return (np.frombuffer(b"".join(digests), "<u8") >> np.uint64(1)).astype(np.int64)
