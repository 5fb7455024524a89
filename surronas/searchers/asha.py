"""Asynchronous successive halving (Li et al. 2020, Algorithm 2): promote without waiting for a rung."""

import math
from bisect import bisect_right, insort

from numpy.typing import ArrayLike

from surronas.searchers.fidelity import Epochs, Pending, rungs
from surronas.searchers.fidelity_history import FidelityHistory, Step, Waiting
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class ASHA:
    """Trains on whatever is in the best 1 / eta of its rung so far, from the top rung down; else starts anew.

    Args:
        space: where architectures come from.
        seed: of the order in which architectures are started.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        min_epochs: of the first rung at least.
        max_epochs: of the last rung, a complete training.
        eta: one of so many goes on to the next rung, of eta times the epochs.

    Raises:
        InputError: not 1 <= ``min_epochs`` <= ``max_epochs``, or ``eta`` < 2.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        max_epochs: int,
        min_epochs: int = 1,
        eta: float = 3,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        self._epochs, self._eta = rungs(min_epochs, max_epochs, eta), eta
        self._history = FidelityHistory(space, candidates, seed, max_epochs)
        # of each rung: (-score, number, key), the best first
        self._ranked: list[list[tuple[float, int, int]]] = [[] for _ in self._epochs]
        self._entry: dict[tuple[int, int], tuple[float, int, int]] = {}  # by rung and key

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) architectures and their epochs (n,); see ``FidelitySearcher.ask``."""
        return self._history.ask(n, pending, self._next_step)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``FidelitySearcher.tell``."""
        self._history.tell(architectures, scores, epochs, self._learn)

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed; see ``FidelitySearcher.discard``."""
        self._history.discard(architectures, epochs, self._learn)

    def _learn(self, key: int, epochs: int, score: float, unseen: bool) -> None:
        """Rank a score, which may be that of a failure, in the highest rung that the epochs reach."""
        rung = bisect_right(self._epochs, epochs) - 1
        if rung < 0:
            return
        if (rung, key) in self._entry:
            self._ranked[rung].remove(self._entry[rung, key])
        self._entry[rung, key] = (-score, self._history.num_seen, key)
        insort(self._ranked[rung], self._entry[rung, key])

    def _next_step(self, waiting: Waiting) -> Step | None:
        """Return what Algorithm 2's get_job does (lines 13 to 24)."""
        for rung in range(len(self._epochs) - 2, -1, -1):
            ranked = self._ranked[rung]
            for _, _, key in ranked[: math.floor(len(ranked) / self._eta + 1e-9)]:
                going_on = self._history.can_continue(key, waiting)
                if going_on and self._history.epochs_of(key) < self._epochs[rung + 1]:
                    return key, self._epochs[rung + 1]
        unseen = self._history.unseen(waiting)
        if unseen is not None:
            return unseen, self._epochs[0]
        return self._history.furthest(self._epochs, waiting)
