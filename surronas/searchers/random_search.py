"""Random search without replacement: the floor that every searcher is measured against."""

from numpy.typing import ArrayLike

from surronas.searchers.history import History
from surronas.spaces import Architectures, SearchSpace


class RandomSearch:
    """Asks the candidates in one random order, distinct networks only.

    The order depends on nothing but the seed, so asking for n at once or for one n times is the same.

    Args:
        space: where architectures come from.
        seed: of the order.
        candidates: (N, d) what may be asked; None for all of a finite space.
    """

    def __init__(self, space: SearchSpace, *, seed: int, candidates: Architectures | None = None) -> None:
        self._history = History(space, candidates, seed)

    def ask(self, n: int = 1) -> Architectures:
        """Return (n, d) distinct architectures; see ``Searcher.ask``."""
        self._history.check_ask(n)
        return self._history.candidates.architectures[self._history.open_at_random()[:n]]

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        self._history.tell(architectures, scores)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)
