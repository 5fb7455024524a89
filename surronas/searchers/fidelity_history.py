"""What a multi-fidelity searcher was told: the score of each architecture at each number of epochs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surronas.errors import SpaceExhaustedError
from surronas.searchers.fidelity import Epochs, Pending, checked_epochs
from surronas.searchers.history import History, checked_scores
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

Waiting = dict[int, int]  # in training: key -> the epochs that it will have
Step = tuple[int, int]  # key, and the epochs that it is to have
Learn = Callable[
    [int, int, float, bool], None
]  # key, epochs, score (-inf: failed), whether it is a candidate unseen until now


class FidelityHistory:
    """The scores told of one search, checked at the border, in their order.

    Attributes:
        score_of: by key and epochs, the last score told; keys in the order of their first score.
        failed: keys that were discarded.
        max_epochs: of a complete training.
    """

    def __init__(
        self, space: SearchSpace, candidates: Architectures | Pool | None, seed: int, max_epochs: int
    ) -> None:
        self._seen = History(space, candidates, seed)
        self.score_of: dict[int, dict[int, float]] = {}
        self.failed: set[int] = set()
        self.max_epochs = max_epochs

    @property
    def pool(self) -> Pool:
        """The candidates."""
        return self._seen.pool

    @property
    def num_seen(self) -> int:
        """How many rows were told or discarded."""
        return self._seen.num_seen

    def tell(
        self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike, learn: Learn | None = None
    ) -> None:
        """Keep the scores of (n, d) architectures; ``learn`` gets them one by one, each as it is kept.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: scores or epochs that can't be. Nothing is kept then.
        """
        keys = self.pool.resolve(architectures)
        values = checked_scores(scores, len(keys))
        numbers = checked_epochs(epochs, len(keys), self.max_epochs)
        for row, key, number, value in zip(self.pool.rows(keys), keys, numbers, values, strict=True):
            unseen = key in self.pool and not self.is_seen(key)
            self._seen.tell(row[None], value)
            self.score_of.setdefault(key, {})[number] = value
            if learn is not None:
                learn(key, number, value, unseen)

    def discard(self, architectures: ArrayLike, epochs: ArrayLike, learn: Learn | None = None) -> None:
        """Close (n, d) architectures that failed; ``learn`` gets them one by one with -inf.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: epochs that can't be.
        """
        keys = self.pool.resolve(architectures)
        numbers = checked_epochs(epochs, len(keys), self.max_epochs)
        for row, key, number in zip(self.pool.rows(keys), keys, numbers, strict=True):
            unseen = key in self.pool and not self.is_seen(key)
            self._seen.discard(row[None])
            self.failed.add(key)
            if learn is not None:
                learn(key, number, -np.inf, unseen)

    def is_seen(self, key: int) -> bool:
        """Whether anything was told or discarded of a key."""
        return key in self._seen.score_of

    def epochs_of(self, key: int) -> int:
        """Return the most epochs that a key was told at, 0 for none."""
        return max(self.score_of.get(key, {0: 0.0}))

    def can_continue(self, key: int, waiting: Mapping[int, int]) -> bool:
        """Whether a key was told at some epochs, may have more, and is not in training now."""
        return (
            key not in waiting
            and key not in self.failed
            and key in self.pool
            and 0 < self.epochs_of(key) < self.max_epochs
        )

    def unseen(self, waiting: Waiting | None = None) -> int | None:
        """Return the next candidate in random order that is neither seen nor in training, None at the end."""
        return next(iter(self._seen.open_at_random(set(waiting or ()))), None)

    def unseen_ones(self, n: int | None, waiting: Waiting) -> list[int]:
        """Return the next n (None: all, of a finite pool) such candidates."""
        if n is None:
            return list(self._seen.open_at_random(set(waiting)))
        return self._seen.at_random(n, set(waiting))

    def furthest(
        self, rungs: Sequence[int], waiting: Waiting, busy: Collection[int] = frozenset()
    ) -> Step | None:
        """Return the best of those longest in training that are not ``busy``, and its next rung; or None.

        What a search goes on with once it has begun all candidates.
        """
        best: tuple[tuple[int, float], Step] | None = None
        for key, scores in self.score_of.items():
            if key in busy or not self.can_continue(key, waiting):
                continue
            now = max(scores)
            rank = (now, scores[now])
            if best is None or rank > best[0]:
                best = rank, (key, next(epochs for epochs in rungs if epochs > now))
        return None if best is None else best[1]

    def ask(
        self, n: int, pending: Pending | None, next_step: Callable[[Waiting], Step | None]
    ) -> tuple[Architectures, Epochs]:
        """Return n architectures and their epochs, each the next step when those before are in training.

        Raises:
            ArchitectureError: the pending rows are not architectures of the search space.
            InputError: n < 1, or epochs that can't be.
            SpaceExhaustedError: there are fewer steps.
        """
        self._seen.check_number(n)
        waiting = self._waiting(pending)
        num_pending, steps = len(waiting), list[Step]()
        while len(steps) < n:
            step = next_step(waiting)
            if step is None:
                raise SpaceExhaustedError(
                    f"asked for {n} architectures, but {len(steps)} of {self.pool.size} distinct candidates "
                    f"can be trained further now, with {num_pending} pending; ask for fewer, tell the scores "
                    f"of those pending, or give the searcher more candidates"
                )
            waiting[step[0]] = step[1]
            steps.append(step)
        return self._seen.asked([key for key, _ in steps]), np.array([epochs for _, epochs in steps])

    def _waiting(self, pending: Pending | None) -> Waiting:
        """Return what is pending, by key."""
        if pending is None or not len(np.atleast_1d(pending[0])):
            return {}
        keys = self.pool.resolve(pending[0])
        return dict(zip(keys, checked_epochs(pending[1], len(keys), self.max_epochs), strict=True))
