"""Where a space is too large to score as a whole: evolution and local search on the acquisition.

Candidates at random and neighbors of the best told are scored; children and neighbors of the best of these
follow, until a round finds nothing better. A round is one call of the surrogate.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from surronas.searchers.history import History

_AT_RANDOM = 256
_PARENTS = 4  # whose neighbors are looked at, of those told and of each round
_MOST_NEIGHBORS = 64  # of one parent
_CHILDREN = 32  # of crossover and mutation, a round
_MOST_ROUNDS = 6


def maximize(
    value: Callable[[list[int]], NDArray[np.float64]],
    history: History,
    n: int,
    closed: set[int],
    rng: np.random.Generator,
) -> list[int]:
    """Return the keys of n open candidates of high value, the highest first; or fewer, if they run out.

    Args:
        value: of k keys, their acquisition (k,).
        history: what was told; it knows what is open.
        n: how many are wanted.
        closed: keys that are not to be asked besides.
        rng: of children, and of which neighbors of a parent with very many are looked at.
    """
    found: dict[int, float] = {}

    def score(keys: list[int]) -> None:
        new = [
            key
            for key in dict.fromkeys(keys)
            if key not in found and key not in closed and key not in history.score_of and key in history.pool
        ]
        if new:
            found.update(zip(new, value(new).tolist(), strict=True))

    told = sorted(history.score_of, key=lambda key: -history.score_of[key])[:_PARENTS]
    score(history.at_random(_AT_RANDOM + n, closed) + _around(told, history, rng))
    for _ in range(_MOST_ROUNDS):
        best_first = sorted(found, key=lambda key: -found[key])
        parents = best_first[: max(_PARENTS, n)]
        before = best_first[:n]
        if len(parents) > 1:
            score(_children(best_first[:32], history, rng))
        score(_around(parents[:_PARENTS], history, rng))
        if sorted(found, key=lambda key: -found[key])[:n] == before:
            break
    return sorted(found, key=lambda key: -found[key])[:n]


def _around(keys: list[int], history: History, rng: np.random.Generator) -> list[int]:
    """Return the keys of the neighbors of some candidates, of each 64 at most."""
    found: list[int] = []
    for key in keys:
        near = history.pool.neighbors(key)
        if len(near) > _MOST_NEIGHBORS:
            near = tuple(near[i] for i in rng.choice(len(near), _MOST_NEIGHBORS, replace=False).tolist())
        found += near
    return found


def _children(parents: list[int], history: History, rng: np.random.Generator) -> list[int]:
    """Return the keys of children of pairs of parents, half of them mutated."""
    rows, space = history.pool.rows(parents), history.pool.space
    mothers, fathers = rng.integers(len(parents), size=(2, _CHILDREN))
    children = space.crossover(rows[mothers], rows[fathers], rng)
    children[::2] = space.mutate(children[::2], rng)
    return history.pool.resolve(children)
