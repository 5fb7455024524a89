"""What a multi-fidelity searcher is: ask for architectures and for how many epochs to train them."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.base import Searcher
from surronas.spaces import Architectures

Epochs = NDArray[np.int64]  # (n,)
Pending = tuple[ArrayLike, ArrayLike]  # architectures (m, d), epochs (m,)


class FidelitySearcher(Protocol):
    """Proposes architectures with a number of epochs, and learns from scores, which are maximised.

    As with a ``Searcher``, asking changes nothing, and a fresh searcher told the same history asks the same
    next. An architecture may be asked again, always at more epochs than it was told at: its training goes
    on. One that is pending, or was discarded, is not asked. In the end all candidates are at ``max_epochs``.
    """

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) distinct architectures and the epochs (n,) that each is to have in all.

        ``pending`` are architectures (m, d) in training now, and the epochs (m,) that they will have.

        Raises:
            ArchitectureError: the pending rows are not architectures of the search space.
            InputError: n < 1, or epochs that can't be.
            SpaceExhaustedError: fewer than n can be asked: all candidates are trained, or what comes next
                hangs on those pending.
        """
        ...

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d) after epochs (n,); they need not have been asked.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: the scores are not (n,) finite numbers, or the epochs not whole ones from 1 to
                ``max_epochs``. Nothing is learnt then.
        """
        ...

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed on the way to epochs (n,): they are not asked again.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: the epochs are not whole ones from 1 to ``max_epochs``.
        """
        ...


class InFull:
    """A plain searcher among those of several fidelities: all that it asks is trained in full.

    Args:
        searcher: proposes the architectures.
        max_epochs: of a full training; scores after fewer are not passed on.

    Raises:
        InputError: ``max_epochs`` < 1.
    """

    def __init__(self, searcher: Searcher, *, max_epochs: int) -> None:
        if max_epochs < 1:
            raise InputError(f"max_epochs: expected 1 or more, got {max_epochs}")
        self._searcher, self._max_epochs = searcher, max_epochs

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) architectures, each at ``max_epochs``; see ``FidelitySearcher.ask``."""
        waiting = None if pending is None else pending[0]
        if pending is not None:
            checked_epochs(pending[1], len(np.atleast_1d(pending[1])), self._max_epochs)
        return self._searcher.ask(n, pending=waiting), np.full(n, self._max_epochs)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of those at ``max_epochs``; see ``FidelitySearcher.tell``."""
        rows, values = np.atleast_2d(architectures), np.atleast_1d(np.asarray(scores, np.float64))
        complete = np.array(checked_epochs(epochs, len(rows), self._max_epochs)) == self._max_epochs
        if values.shape == complete.shape:  # else the searcher says what is wrong
            rows, values = rows[complete], values[complete]
        if len(rows):
            self._searcher.tell(rows, values)

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed; see ``FidelitySearcher.discard``."""
        rows = np.atleast_2d(architectures)
        checked_epochs(epochs, len(rows), self._max_epochs)
        self._searcher.discard(rows)


def rungs(min_epochs: int, max_epochs: int, eta: float) -> list[int]:
    """Return the ascending numbers of epochs at which trainings are compared (Li et al. 2017, Algorithm 1).

    From the top down, ``max_epochs`` / eta^i as long as that is at least ``min_epochs``, in whole epochs.

    Raises:
        InputError: not 1 <= ``min_epochs`` <= ``max_epochs``, or ``eta`` < 2.
    """
    if not 1 <= min_epochs <= max_epochs:
        raise InputError(f"expected 1 <= min_epochs <= max_epochs, got {min_epochs} and {max_epochs}")
    if not (eta >= 2 and math.isfinite(eta)):
        raise InputError(f"eta: expected 2 or more, of which one goes on, got {eta}")
    s_max = math.floor(math.log(max_epochs / min_epochs) / math.log(eta) + 1e-9)
    return [math.floor(max_epochs / eta**i + 0.5) for i in range(s_max, -1, -1)]


def checked_epochs(epochs: ArrayLike, n: int, max_epochs: int) -> list[int]:
    """Return n numbers of epochs; a single one stands for all.

    Raises:
        InputError: not one for each, or not whole numbers from 1 to ``max_epochs``.
    """
    given = np.asarray(epochs)
    if given.shape not in ((), (n,)):
        raise InputError(f"epochs: expected shape ({n},), one for each architecture, got {given.shape}")
    numbers: list[float] = np.broadcast_to(given, (n,)).tolist()
    for number in numbers:
        if not (1 <= number <= max_epochs and number == int(number)):
            raise InputError(f"epochs: expected whole numbers from 1 to {max_epochs}, got {number}")
    return [int(number) for number in numbers]
