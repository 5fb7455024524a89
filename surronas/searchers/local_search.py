"""Local search with restarts (White, Nolen and Savani, UAI 2021, Algorithm 1, and the variants of section 5).

``num_initial`` random architectures; the walk starts at the best of them. By default it looks at the
neighbors of where it stands in a random order and moves as soon as one is better, without looking at the
rest (``query_full_nbhd=False`` in the authors' code). Where no neighbor is better it restarts from one
random architecture that is not known yet. A neighbor whose score is known already costs no query.

The authors' code differs in two ways: it draws as many architectures at each restart as at first
(``num_restart=num_initial``), and a walk passes over what was known before it came near (``known="skip"``),
so that it may stop below a better neighbor. On NAS-Bench-201 either way needs as many queries to the optimum,
as far as 1,000 seeds tell (reproduce/search_baselines.py).
"""

import heapq
import math
from itertools import islice
from typing import Literal

from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.searchers.walk import Walk
from surronas.spaces import Architectures, SearchSpace


class LocalSearch:
    """Walks uphill from neighbor to neighbor among the candidates.

    The walk is a function of what was told, in its order, whatever the batches. Asked for more than the
    open neighbors, it adds random candidates, of which the next walk starts if this one is stuck.

    Args:
        space: where architectures and neighbors come from.
        seed: of the random candidates and of the order of neighbors.
        num_initial: random architectures told or discarded before the walk starts.
        improvement: ``"first"``: move to the first better neighbor; ``"steepest"``: look at all neighbors,
            then move to the best.
        at_optimum: what a walk does where no neighbor is better. ``"restart"``: begin again at random;
            ``"continue"``: go on from the best architecture told that no walk has stood at.
        num_restart: random architectures told or discarded before a later walk starts at the best of them.
        known: neighbors known before the walk comes near: ``"walk"`` onto them or ``"skip"`` them.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` or ``num_restart`` < 1, or another word for a choice.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_initial: int = 10,
        improvement: Literal["first", "steepest"] = "first",
        at_optimum: Literal["restart", "continue"] = "restart",
        num_restart: int = 1,
        known: Literal["walk", "skip"] = "walk",
        candidates: Architectures | Pool | None = None,
    ) -> None:
        for name, number in (("num_initial", num_initial), ("num_restart", num_restart)):
            if number < 1:
                raise InputError(f"{name}: expected 1 or more, got {number}")
        if improvement not in ("first", "steepest"):
            raise InputError(f"improvement: expected 'first' or 'steepest', got {improvement!r}")
        if at_optimum not in ("restart", "continue"):
            raise InputError(f"at_optimum: expected 'restart' or 'continue', got {at_optimum!r}")
        if known not in ("walk", "skip"):
            raise InputError(f"known: expected 'walk' or 'skip', got {known!r}")
        self._history = History(space, candidates, seed)
        self._walk = Walk(self._history.pool, seed, num_initial, skips_known=known == "skip")
        self._num_restart = num_restart
        self._better = self._first_better if improvement == "first" else self._best_better
        self._continues = at_optimum == "continue"
        self._to_stand: list[tuple[float, int, int]] = []  # heap of (-score, order told, key) to continue at
        self._stood: set[int] = set()

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures: open neighbors first; see ``Searcher.ask``."""
        history = self._history
        closed, seen = history.to_ask(n, pending), history.score_of
        near = list(islice((key for key in self._walk.ahead if key not in seen and key not in closed), n))
        rest = history.at_random(n - len(near), closed.union(near)) if len(near) < n else []
        return history.asked(near + rest)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) and walk on; see ``Searcher.tell``."""
        keys = self._history.tell(architectures, scores)
        for key, score in zip(keys, self._history.scores[-len(keys) :] if keys else [], strict=True):
            self._take(key, score)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        for key in self._history.discard(architectures):
            self._take(key, -math.inf)

    def _take(self, key: int, score: float) -> None:
        """Take in one key and go as far as scores are known."""
        walk = self._walk
        walk.take(key, score)
        if self._continues and score > -math.inf:
            heapq.heappush(self._to_stand, (-score, len(walk.scores), key))
        while walk.at is not None:
            self._stood.add(walk.at)
            better = self._better()
            if better is None:
                return
            walk.stand_at(better)

    def _first_better(self) -> int | None:
        """Return the key of the first better neighbor, None if that is unknown; leave a local optimum."""
        scores, at = self._walk.scores, self._walk.at
        for key in self._walk.ahead:
            if key not in scores:
                return None
            if at is not None and scores[key] > scores[at]:
                return key
        return self._leave_optimum()

    def _best_better(self) -> int | None:
        """Return the key of the best neighbor, None if some are unknown; leave a local optimum."""
        scores, at, ahead = self._walk.scores, self._walk.at, self._walk.ahead
        if not all(key in scores for key in ahead):
            return None
        best = max(ahead, key=lambda key: scores[key], default=None)
        if best is not None and at is not None and scores[best] > scores[at]:
            return best
        return self._leave_optimum()

    def _leave_optimum(self) -> int | None:
        """Return the key of where the walk goes on; None where it restarts at random."""
        while self._to_stand:
            key = heapq.heappop(self._to_stand)[2]
            if key not in self._stood:
                return key
        self._walk.restart(self._num_restart)
        return None
