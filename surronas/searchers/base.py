"""What a searcher is: ask for architectures, tell their scores."""

from typing import Protocol

from numpy.typing import ArrayLike

from surronas.spaces import Architectures


class Searcher(Protocol):
    """Proposes architectures and learns from their scores, which are maximised.

    Asking changes nothing: what is asked is a function of the constructor's arguments and of what was told
    and discarded, in its order. A fresh searcher told the same history asks the same next, so a search
    resumes from its history alone. Nothing told or discarded is asked again, nor an isomorphic twin of it.
    """

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures to evaluate next.

        ``pending`` (m, d) are being evaluated elsewhere: they are not asked, and a searcher with a model may
        take them into account.

        Raises:
            ArchitectureError: the pending rows are not architectures of the search space.
            InputError: n < 1.
            SpaceExhaustedError: fewer than n candidates remain.
        """
        ...

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d), which need not have been asked.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: the scores are not (n,) finite numbers.
        """
        ...

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated: they have no score and are not asked again.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
        """
        ...
