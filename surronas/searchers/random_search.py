"""Random search: the floor that every searcher is measured against."""

import numpy as np
from numpy.typing import ArrayLike

from surronas.searchers.history import Draws, History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class RandomSearch:
    """Asks candidates in one random order, distinct networks only, or with replacement.

    The order depends on nothing but the seed, so asking for n at once or for one n times is the same.

    Args:
        space: where architectures come from.
        seed: of the order.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        replacement: whether what was asked may be asked again.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        candidates: Architectures | Pool | None = None,
        replacement: bool = False,
    ) -> None:
        self._seed, self._replacement = seed, replacement
        self._history = History(space, candidates, seed)
        self._draws = Draws(seed, 1)

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) architectures, distinct unless with replacement; see ``Searcher.ask``."""
        history = self._history
        if self._replacement:
            history.check_number(n)
            first = history.num_seen + (0 if pending is None else len(np.atleast_2d(pending)))
            return history.asked([self._drawn(query) for query in range(first, first + n)])
        return history.asked(history.at_random(n, history.to_ask(n, pending)))

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        self._history.tell(architectures, scores)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)

    def _drawn(self, query: int) -> int:
        """Return the key that a query draws, with replacement."""
        pool = self._history.pool
        if pool.size is not None:
            return int(pool.keys[int(self._draws.at(query)[0] * pool.size)])
        rng = np.random.default_rng((self._seed, query))
        return pool.resolve(pool.space.sample(1, rng))[0]
