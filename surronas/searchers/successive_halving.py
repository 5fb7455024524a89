"""Successive halving (Jamieson and Talwalkar 2016, Algorithm 1): start many, train the best ones on.

With rungs that grow by eta, as Li et al. 2017 and 2020 (Algorithm 1) state it; eta = 2 is the original. When
a bracket has its winner, the next one starts with other architectures.
"""

import math

from numpy.typing import ArrayLike

from surronas.errors import InputError
from surronas.searchers.brackets import Brackets
from surronas.searchers.fidelity import Epochs, Pending, rungs
from surronas.searchers.fidelity_history import FidelityHistory
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace


class SuccessiveHalving:
    """Trains ``size`` random architectures a little, the best 1 / eta of them eta times longer, and so on.

    Args:
        space: where architectures come from.
        seed: of the order in which architectures are started.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        min_epochs: of the first rung at least.
        max_epochs: of the last rung, a complete training.
        eta: one of so many goes on to the next rung, of eta times the epochs.
        size: of a bracket. None: the smallest that leaves one for the last rung.

    Raises:
        InputError: not 1 <= ``min_epochs`` <= ``max_epochs``, ``eta`` < 2 or ``size`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        max_epochs: int,
        min_epochs: int = 1,
        eta: float = 3,
        size: int | None = None,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        epochs = rungs(min_epochs, max_epochs, eta)
        if size is not None and size < 1:
            raise InputError(f"size: expected a bracket of 1 or more, got {size}")
        self._history = FidelityHistory(space, candidates, seed, max_epochs)
        smallest = math.ceil(eta ** (len(epochs) - 1) - 1e-9)
        self._brackets = Brackets(self._history, [(size or smallest, epochs)], eta)

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) architectures and their epochs (n,); see ``FidelitySearcher.ask``."""
        return self._history.ask(n, pending, self._brackets.next_step)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``FidelitySearcher.tell``."""
        self._history.tell(architectures, scores, epochs, self._brackets.learn)

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed; see ``FidelitySearcher.discard``."""
        self._history.discard(architectures, epochs, self._brackets.learn)
