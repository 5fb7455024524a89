"""Successive halving in brackets, one after another: what SuccessiveHalving, Hyperband and BOHB share.

A bracket starts ``size`` architectures at the epochs of its first rung; when all are told, the best
1 / eta go on to the next rung, and so on (Li et al. 2017, Algorithm 1, lines 3 to 11). While a rung waits
for scores that are pending the next bracket begins, so no worker has to wait.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from surronas.searchers.fidelity_history import FidelityHistory, Step, Waiting

Plan = tuple[int, list[int]]  # the size of a bracket, and the epochs of its rungs
Draw = Callable[[Waiting], int]  # the key of an unseen architecture; there is one


class Bracket:
    """One run of successive halving, of which one rung is open at a time.

    Attributes:
        size: how many architectures it starts with.
        epochs: of its rungs.
        rung: the number of the open one.
        scores: told in the open rung, by key; -inf of what failed.
        awaited: keys that were promoted into the open rung and are not told there yet, the best first.
    """

    def __init__(self, size: int, epochs: list[int], eta: float) -> None:
        self.size, self.epochs, self._eta = size, epochs, eta
        self.rung = 0
        self.scores: dict[int, float] = {}
        self.awaited: list[int] = []

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.rung == len(self.epochs)

    @property
    def room(self) -> int:
        """How many more architectures it starts."""
        return self.size - len(self.scores) if self.rung == 0 else 0

    def learn(self, key: int, score: float) -> None:
        """Keep a score in the open rung, and promote when it was the last."""
        self.scores[key] = score
        if key in self.awaited:
            self.awaited.remove(key)
        if not self.room and not self.awaited:
            self.promote()

    def promote(self) -> None:
        """Close the rung: the best 1 / eta of it, one at least, are awaited in the next."""
        ranked = sorted((key for key in self.scores if self.scores[key] > -np.inf), key=self._worth)
        going_on = ranked[: max(1, math.floor(len(self.scores) / self._eta + 1e-9))]
        self.rung = self.rung + 1 if going_on else len(self.epochs)
        self.awaited = [] if self.finished else going_on
        self.scores = {}

    def _worth(self, key: int) -> float:
        return -self.scores[key]


class Brackets:
    """Steps through brackets, plan after plan and again, and learns what was told of them.

    Args:
        history: of the search.
        plans: of the brackets, repeated without end.
        eta: one of so many goes on.
        draw: which unseen architecture is started next; None: the next in random order.
    """

    def __init__(
        self, history: FidelityHistory, plans: Sequence[Plan], eta: float, draw: Draw | None = None
    ) -> None:
        self._history, self._plans, self._eta, self._draw = history, plans, eta, draw
        self._rungs = sorted({epochs for _, rungs in plans for epochs in rungs})
        self._num_begun = 0
        self._open: list[Bracket] = []  # in order; finished ones are dropped
        self._bracket_of: dict[int, Bracket] = {}  # by the keys that may still be promoted

    def learn(self, key: int, epochs: int, score: float, unseen: bool) -> None:
        """Put a score where it belongs: the bracket that awaits it, or the first that has room for it.

        What no bracket waits for plays no part in them.
        """
        bracket = self._bracket_of.get(key)
        if bracket is not None and (score == -np.inf or self._is_awaited(bracket, key, epochs)):
            self._put(bracket, key, score)
        elif bracket is None and unseen and (bracket := self._starting(epochs)) is not None:
            self._bracket_of[key] = bracket
            self._put(bracket, key, score)
        if unseen and self._history.unseen() is None:  # no rung is filled up any more
            for bracket in [bracket for bracket in self._open if bracket.rung == 0]:
                bracket.promote()
                self._settle(bracket)

    def next_step(self, waiting: Waiting) -> Step | None:
        """Return the next architecture and its epochs; None: all is trained, or hangs on what is pending."""
        starting = Counter(epochs for key, epochs in waiting.items() if not self._history.is_seen(key))
        any_unseen = self._history.unseen(waiting) is not None
        number = 0
        while number < len(self._open) or any_unseen:
            bracket = self._open[number] if number < len(self._open) else self._begin()
            first = bracket.epochs[0]
            for key in bracket.awaited:
                if key not in waiting:
                    return key, bracket.epochs[bracket.rung]
            if starting[first] < bracket.room and any_unseen:
                return self._started(waiting), first
            starting[first] -= min(bracket.room, starting[first])
            number += 1
        return self._history.furthest(self._rungs, waiting, busy=self._bracket_of.keys())

    def _is_awaited(self, bracket: Bracket, key: int, epochs: int) -> bool:
        return key in bracket.awaited and epochs >= bracket.epochs[bracket.rung]

    def _started(self, waiting: Waiting) -> int:
        """Return the unseen architecture to start."""
        if self._draw is not None:
            return self._draw(waiting)
        key = self._history.unseen(waiting)
        assert key is not None  # the caller knows that there is one
        return key

    def _starting(self, epochs: int) -> Bracket | None:
        """Return the first bracket with room that starts at so many epochs; None if none ever does."""
        for bracket in self._open:
            if bracket.room and bracket.epochs[0] == epochs:
                return bracket
        if all(rungs[0] != epochs for _, rungs in self._plans):
            return None
        while (bracket := self._begin()).epochs[0] != epochs:
            pass
        return bracket

    def _begin(self) -> Bracket:
        size, rungs = self._plans[self._num_begun % len(self._plans)]
        self._num_begun += 1
        self._open.append(Bracket(size, rungs, self._eta))
        return self._open[-1]

    def _put(self, bracket: Bracket, key: int, score: float) -> None:
        rung = bracket.rung
        bracket.learn(key, score)
        if bracket.rung != rung:
            self._settle(bracket)

    def _settle(self, bracket: Bracket) -> None:
        """After a promotion: pass over what was told already, and forget what was not promoted."""
        for key in list(bracket.awaited):
            told = self._history.epochs_of(key)
            if self._is_awaited(bracket, key, told):
                bracket.learn(key, self._history.score_of[key][told])
                return self._settle(bracket)
        for key in [key for key, its in self._bracket_of.items() if its is bracket]:
            if key not in bracket.awaited and key not in bracket.scores:
                del self._bracket_of[key]
        if bracket.finished:
            self._open.remove(bracket)
        return None
