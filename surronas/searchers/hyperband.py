"""Hyperband (Li et al. 2017, Algorithm 1): brackets of successive halving from many to few starts."""

import math

from numpy.typing import ArrayLike

from surronas.searchers.brackets import Brackets, Plan
from surronas.searchers.fidelity import Epochs, Pending, rungs
from surronas.searchers.fidelity_history import FidelityHistory
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class Hyperband:
    """Hedges how early to judge: from brackets that start many and stop most to plain random search.

    The brackets s = s_max, ..., 0 follow one another, and then again.

    Args:
        space: where architectures come from.
        seed: of the order in which architectures are started.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        min_epochs: of the first rung at least.
        max_epochs: of a complete training, R.
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
        plans = hyperband_plans(min_epochs, max_epochs, eta)
        self._history = FidelityHistory(space, candidates, seed, max_epochs)
        self._brackets = Brackets(self._history, plans, eta)

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) architectures and their epochs (n,); see ``FidelitySearcher.ask``."""
        return self._history.ask(n, pending, self._brackets.next_step)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``FidelitySearcher.tell``."""
        self._history.tell(architectures, scores, epochs, self._brackets.learn)

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed; see ``FidelitySearcher.discard``."""
        self._history.discard(architectures, epochs, self._brackets.learn)


def hyperband_plans(min_epochs: int, max_epochs: int, eta: float) -> list[Plan]:
    """Return the brackets s = s_max, ..., 0: how many start, and the epochs of the rungs.

    Raises:
        InputError: not 1 <= ``min_epochs`` <= ``max_epochs``, or ``eta`` < 2.
    """
    epochs = rungs(min_epochs, max_epochs, eta)
    s_max = len(epochs) - 1
    return [
        (math.ceil((s_max + 1) / (s + 1) * eta**s - 1e-9), epochs[s_max - s :])  # Algorithm 1, line 2
        for s in range(s_max, -1, -1)
    ]
