"""Where candidates come from that a model is to rank: mutants, neighbors, and draws from all of the pool.

A proposal is a function ``(told, pool, rng) -> keys``. Keys need not be candidates of a finite pool, nor
unseen, unless the proposal says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from surronas.searchers.pool import Pool
from surronas.searchers.rounds import Told, drawn
from surronas.spaces import Architectures, SearchSpace

Proposal = Callable[[Told, Pool, np.random.Generator], list[int]]
Mutation = Callable[[SearchSpace, Architectures, np.random.Generator], Architectures]
_REDRAWS = 20  # of mutants that a constrained space does not allow


@dataclass(frozen=True)
class EachDecision:
    """The mutation of BANANAS: each decision is changed with probability 1 / (d - 2), to any other choice.

    With d decisions that is somewhat more than one change in the mean; none is possible. Where a space
    does not allow the outcome it is drawn again, after 20 times replaced by a neighbor.

    Args:
        spared: the number taken off d; 2, so that cells of 6 decisions change each with probability .25.
    """

    spared: int = 2

    def __call__(
        self, space: SearchSpace, architectures: Architectures, rng: np.random.Generator
    ) -> Architectures:
        """Return (n, d) mutants of architectures (n, d)."""
        mutants = self._changed(space, architectures, rng)
        if not space.constrained:
            return mutants
        for _ in range(_REDRAWS):
            wrong = np.flatnonzero(~space.allowed(mutants))
            if not len(wrong):
                return mutants
            mutants[wrong] = self._changed(space, architectures[wrong], rng)
        wrong = np.flatnonzero(~space.allowed(mutants))
        mutants[wrong] = space.mutate(architectures[wrong], rng)
        return mutants

    def _changed(
        self, space: SearchSpace, architectures: Architectures, rng: np.random.Generator
    ) -> Architectures:
        rate = 1.0 / max(space.num_decisions - self.spared, 1)
        others = np.maximum(space.num_choices - 1, 1)
        shift = 1 + rng.integers(others, size=architectures.shape)
        changed = (rng.random(architectures.shape) < rate) & (space.num_choices > 1)
        shifted = (architectures + shift) % space.num_choices
        return np.where(changed, shifted, architectures).astype(np.int8)


def one_decision(space: SearchSpace, architectures: Architectures, rng: np.random.Generator) -> Architectures:
    """Return (n, d): a random neighbor of each of n architectures."""
    return space.mutate(architectures, rng)


@dataclass(frozen=True)
class MutantsOfBest:
    """Distinct unseen mutants of the best: ``num`` draws of each in turn, until there are ``num`` mutants.

    So one parent serves while it has enough unseen mutants. The last parent's are all kept.

    Args:
        num: mutants wanted, and drawn of each parent.
        num_parents: the most parents that are tried.
        mutation: how a mutant is made.
        tournament_size: None: the best told is the first parent, the next best the second, and so on; else
            each parent is the best of so many distinct ones drawn among those told.
    """

    num: int = 100
    num_parents: int = 5
    mutation: Mutation = EachDecision()
    tournament_size: int | None = None

    def __call__(self, told: Told, pool: Pool, rng: np.random.Generator) -> list[int]:
        """Return keys of distinct unseen candidates."""
        found: dict[int, None] = {}
        for parent in self._parents(told, rng):
            if len(found) >= self.num:
                break
            found |= dict.fromkeys(unseen(mutants(parent, self.num, self.mutation, pool, rng), told, pool))
        return list(found)

    def _parents(self, told: Told, rng: np.random.Generator) -> list[int]:
        if self.tournament_size is None:
            return told.best(self.num_parents)
        ranked = told.best(len(told.keys))
        size = min(self.tournament_size, len(ranked))
        return [ranked[rng.choice(len(ranked), size, replace=False).min()] for _ in range(self.num_parents)]


mutants_of_best = MutantsOfBest()
"""As published with BANANAS."""


@dataclass(frozen=True)
class Drawn:
    """``num`` candidates drawn uniformly with replacement, seen or not."""

    num: int = 100

    def __call__(self, told: Told, pool: Pool, rng: np.random.Generator) -> list[int]:
        """Return (num,) keys."""
        return drawn(pool, self.num, rng)


@dataclass(frozen=True)
class NeighborsOfBest:
    """All unseen candidates one decision away from the ``num_parents`` best; of the next best if none is."""

    num_parents: int = 5

    def __call__(self, told: Told, pool: Pool, rng: np.random.Generator) -> list[int]:
        """Return keys of distinct unseen candidates."""
        ranked = told.best(len(told.keys))
        found: dict[int, None] = {}
        for place, parent in enumerate(ranked):
            if place >= self.num_parents and found:
                break
            found |= dict.fromkeys(unseen(pool.neighbors(parent), told, pool))
        return list(found)


def mutants(parent: int, num: int, mutation: Mutation, pool: Pool, rng: np.random.Generator) -> list[int]:
    """Return the keys of ``num`` mutants of an architecture."""
    return pool.resolve(mutation(pool.space, pool.rows([parent] * num), rng))


def unseen(keys: list[int] | tuple[int, ...], told: Told, pool: Pool) -> list[int]:
    """Return those keys that are candidates and were neither told nor discarded."""
    return [key for key in keys if key in pool and key not in told.seen]
