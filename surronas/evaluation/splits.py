"""Splits: which architectures a surrogate learns from, and which others judge it.

A split is drawn once a seed. Smaller training sets are the first rows of larger ones, and all are judged
on the same rows, so that a curve over train sizes is not blurred by the luck of the draw.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.evaluation.target import Target

Rows = NDArray[np.int64]
_TOP_SHARE = 0.2  # of the rows that a top-heavy split learns from
_TOURNAMENT = 5  # rows of which the best is the parent of the next
_TEST_SHARE = 0.2  # of the rows is kept to judge on, even if train sizes would take them
FEWEST_JUDGED = 10  # as in surronas.judging


@dataclass(frozen=True)
class Drawn:
    """What a split drew for one seed: rows of the target to learn from, in order, and rows to judge on."""

    trained: Rows  # (m,)
    judged: Rows  # (k,)


@dataclass(frozen=True)
class Split:
    """A way to split.

    Attributes:
        name: as on the command line.
        words: what it does, as a report says it.
        draw: returns the (m,) rows to learn from, at most as many as asked, and the (n,) rows allowed to
            judge on, of a target, a number of rows to learn from, a seed, and the number of seeds.
    """

    name: str
    words: str
    draw: Callable[[Target, int, int, int], tuple[Rows, NDArray[np.bool_]]]


@dataclass(frozen=True)
class Wanted:
    """How many rows to learn from and to judge on, how many seeds there will be, and whether twins part."""

    num_train: int
    num_test: int
    num_seeds: int
    apart: bool = True


def draw(split: Split, target: Target, wanted: Wanted, seed: int) -> Drawn:
    """Return the rows of one seed; where twins part, no row that judges has one among those learned from.

    At least a fifth of the rows (but no more than ``num_test``) is left to judge on.

    Raises:
        InputError: fewer than 10 rows are left to judge on; the split can't be drawn from this target.
    """
    most = max(2, len(target) - max(FEWEST_JUDGED, min(wanted.num_test, int(_TEST_SHARE * len(target)))))
    trained, allowed = split.draw(target, min(wanted.num_train, most), seed, wanted.num_seeds)
    free = allowed.copy()
    free[trained] = False
    if wanted.apart:
        free &= ~np.isin(target.classes, target.classes[trained])
    judged = np.flatnonzero(free)
    if len(judged) < FEWEST_JUDGED:
        raise InputError(
            f"split {split.name!r}: expected {FEWEST_JUDGED} rows or more to judge on beside the "
            f"{len(trained)} to learn from, got {len(judged)} of {len(target)}; use smaller train sizes"
        )
    shuffled = np.random.default_rng([seed, 1]).permutation(judged)
    return Drawn(trained, shuffled[: wanted.num_test])


def _random(target: Target, num_train: int, seed: int, num_seeds: int) -> tuple[Rows, NDArray[np.bool_]]:
    order = np.random.default_rng(seed).permutation(len(target))
    return order[:num_train], np.ones(len(target), bool)


def _top_heavy(target: Target, num_train: int, seed: int, num_seeds: int) -> tuple[Rows, NDArray[np.bool_]]:
    top = max(num_train, int(_TOP_SHARE * len(target)))
    best = np.argsort(-target.scores, kind="stable")[:top]
    return np.random.default_rng(seed).permutation(best)[:num_train], np.ones(len(target), bool)


def _mutation_chain(
    target: Target, num_train: int, seed: int, num_seeds: int
) -> tuple[Rows, NDArray[np.bool_]]:
    """Walk as an evolution in the table would: the next row differs least from the best of five so far."""
    rng, scores = np.random.default_rng(seed), target.scores
    visited, chain = np.zeros(len(target), bool), np.empty(num_train, np.int64)
    row = int(rng.integers(len(target)))
    for place in range(num_train):
        chain[place], visited[row] = row, True
        parents = chain[rng.integers(place + 1, size=_TOURNAMENT)]
        parent = parents[np.argmax(scores[parents])]
        distance = (target.architectures != target.architectures[parent]).sum(axis=1)
        distance[visited] = target.space.num_decisions + 1
        row = int(rng.choice(np.flatnonzero(distance == distance.min())))
    return chain, np.ones(len(target), bool)


def _leave_one_out(
    target: Target, num_train: int, seed: int, num_seeds: int
) -> tuple[Rows, NDArray[np.bool_]]:
    sources = np.unique(target.origins)
    if len(sources) < 2:
        raise InputError(
            f"split 'leave-one-out': expected architectures from two commands or more, got {sources.tolist()}"
        )
    left_out = target.origins == sources[seed % len(sources)]
    order = np.random.default_rng(seed).permutation(np.flatnonzero(~left_out))
    return order[:num_train], left_out


def _k_fold(target: Target, num_train: int, seed: int, num_seeds: int) -> tuple[Rows, NDArray[np.bool_]]:
    """Return fold ``seed`` of ``num_seeds``: the folds are the same for all seeds, and twins share one."""
    if num_seeds < 2:
        raise InputError(f"split 'k-fold': expected two folds (seeds) or more, got {num_seeds}")
    by_class = np.random.default_rng(0).permutation(int(target.classes.max()) + 1) % num_seeds
    fold = by_class[target.classes] == seed
    order = np.random.default_rng([seed, 0]).permutation(np.flatnonzero(~fold))
    return order[:num_train], fold


RANDOM = Split("random", "rows drawn at random", _random)
TOP_HEAVY = Split(
    "top-heavy", "learns from the best fifth of the rows only, is judged on rows of any kind", _top_heavy
)
MUTATION_CHAIN = Split(
    "mutation-chain",
    "learns from a walk in the table: each row differs least from the best of five drawn of those so far",
    _mutation_chain,
)
LEAVE_ONE_OUT = Split(
    "leave-one-out",
    "learns from all commands and searches but one, is judged on the rows of that one; each seed the next",
    _leave_one_out,
)
K_FOLD = Split(
    "k-fold",
    "each seed is a fold: judged on the fold, learns from rows of the others; twins share a fold",
    _k_fold,
)
