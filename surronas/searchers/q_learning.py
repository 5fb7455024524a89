"""Tabular Q-learning over the decisions in their order (MetaQNN: Baker, Gupta, Naik and Raskar, ICLR 2017).

A state is the number of a decision and the choice made at the one before; an action is a choice. Choices are
epsilon-greedy, epsilon falls from 1 to .1, and after each score ``num_replayed`` architectures told are
replayed (equation 3, discount 1). Differences: each of d decisions is rewarded with a d-th of the score
(BlockQNN: Zhong, Yan, Wu, Shao and Liu, CVPR 2018), for a reward at the end says nothing of early decisions
where a state holds one choice only; the score is the share of scores told that are lower, so that Q needs
no unit and starts at the median; epsilon falls over 100 queries instead of 2,700; what is replayed at once
is learnt together, last decision first.
"""

from bisect import bisect_left, bisect_right, insort

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.history import Draws, History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_NUM_TRIES = 16  # architectures put together for one that may be asked
_DRAWS, _REPLAY = 1, 2  # purposes of random numbers
_FIRST_EPSILON, _LAST_EPSILON = 1.0, 0.1  # Baker et al., table 2
_NUM_COMPARED = 64  # open candidates of which the best by Q is asked where no try may be


class QLearning:
    """Puts architectures together decision by decision, epsilon-greedily by learnt values.

    What may not be asked (known, no candidate, no architecture of a constrained space) is put together anew,
    more at random each time. What was told without being asked is learnt and replayed as well.

    Args:
        space: where architectures come from; the order of its decisions is that of the states.
        seed: of the random candidates, of exploration and of replay.
        num_exploring: queries over which epsilon falls, linearly, from 1 to .1.
        learning_rate: of one replayed architecture (Baker et al.: .01, for thousands of queries).
        num_replayed: architectures replayed after each score (Baker et al.: 100).
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_exploring`` or ``num_replayed`` < 1, ``learning_rate`` outside (0, 1].
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        num_exploring: int = 100,
        learning_rate: float = 0.05,
        num_replayed: int = 100,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        for name, number in (("num_exploring", num_exploring), ("num_replayed", num_replayed)):
            if number < 1:
                raise InputError(f"{name}: expected 1 or more, got {number}")
        if not 0 < learning_rate <= 1:
            raise InputError(f"learning_rate: expected a number in (0, 1], got {learning_rate}")
        self._seed, self._space = seed, space
        self._history = History(space, candidates, seed)
        self._num_exploring, self._num_replayed = num_exploring, num_replayed
        self._kept = 1.0 - learning_rate
        self._draws = Draws(seed, 2 * _NUM_TRIES * space.num_decisions, _DRAWS)
        d, c = space.num_decisions, int(space.num_choices.max())
        ties = np.random.default_rng((seed, _DRAWS)).normal(0, 1e-6, (d, c + 1, c))
        allowed = np.arange(c) < space.num_choices[:, None, None]
        median = np.linspace(0.5, 0.5 / d, d)[:, None, None]  # of what is still to come
        self._q = np.where(
            allowed, median + ties, -np.inf
        )  # (d, 1 + choice before, c); the first has 0 before
        self._rows: list[NDArray[np.int8]] = []  # replay memory, with the scores below
        self._scores: list[float] = []
        self._sorted: list[float] = []

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures, epsilon-greedy ones; see ``Searcher.ask``."""
        history = self._history
        closed = history.to_ask(n, pending)
        first = history.num_seen + len(closed)
        asked: list[int] = []
        for query in range(first, first + n):
            asked.append(self._put_together(query, closed))
            closed.add(asked[-1])
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d), then replay; see ``Searcher.tell``."""
        before = self._history.num_seen
        keys = self._history.tell(architectures, scores)
        values = self._history.scores[len(self._history.scores) - len(keys) :]
        for i, row in enumerate(self._space.validate(architectures) if keys else ()):
            self._rows.append(row)
            self._scores.append(values[i])
            insort(self._sorted, values[i])
            self._replay(np.random.default_rng((self._seed, _REPLAY, before + i)))

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)

    def _reward(self, score: float) -> float:
        """Return the share of scores told that are lower, half of the equal ones among them."""
        ranks = bisect_left(self._sorted, score) + bisect_right(self._sorted, score)
        return ranks / (2 * len(self._sorted))

    def _replay(self, rng: np.random.Generator) -> None:
        """Learn the last architecture told and others of the memory, last decision first (equation 3)."""
        chosen = [len(self._rows) - 1, *rng.integers(len(self._rows), size=self._num_replayed - 1).tolist()]
        rows = np.stack([self._rows[i] for i in chosen]).astype(np.int64)
        reward = np.array([self._reward(self._scores[i]) for i in chosen]) / rows.shape[1]
        target = reward
        size = self._q.shape[2]
        for i in range(rows.shape[1] - 1, -1, -1):
            state = rows[:, i - 1] + 1 if i else np.zeros(len(rows), np.int64)
            pair = state * size + rows[:, i]
            counts = np.bincount(pair, minlength=self._q[i].size)
            met = np.flatnonzero(counts)
            means = np.bincount(pair, target, minlength=self._q[i].size)[met] / counts[met]
            q = self._q[i].reshape(-1)  # a view
            q[met] += (1.0 - self._kept ** counts[met]) * (means - q[met])
            target = reward + self._q[i, state].max(axis=1)

    def _put_together(self, query: int, closed: set[int]) -> int:
        """Return the key of the first try that may be asked, else the best by Q of some random candidates."""
        pool, seen, d = self._history.pool, self._history.score_of, self._space.num_decisions
        progress = min(1.0, query / self._num_exploring)
        epsilon = _FIRST_EPSILON + (_LAST_EPSILON - _FIRST_EPSILON) * progress
        epsilons = np.linspace(epsilon, 1.0, _NUM_TRIES)
        explores, which = self._draws.at(query).reshape(2, _NUM_TRIES, d)
        at_random = (which * self._space.num_choices).astype(np.int64)
        rows = np.empty((_NUM_TRIES, d), np.int8)
        state = np.zeros(_NUM_TRIES, np.int64)
        for i in range(d):
            greedy = self._q[i, state].argmax(axis=1)
            rows[:, i] = np.where(explores[:, i] < epsilons, at_random[:, i], greedy)
            state = rows[:, i].astype(np.int64) + 1
        if self._space.constrained:
            rows = rows[self._space.allowed(rows)]
        for row in rows:
            key = pool.resolve(row[None])[0]
            if key in pool and key not in seen and key not in closed:
                return key
        return self._best_of(self._history.at_random(_NUM_COMPARED, closed))

    def _best_of(self, keys: list[int]) -> int:
        """Return the key whose decisions have the highest mean Q."""
        rows = self._history.pool.rows(keys).astype(np.int64)
        before = np.hstack([np.zeros((len(rows), 1), np.int64), rows[:, :-1] + 1])
        return keys[int(self._q[np.arange(rows.shape[1]), before, rows].mean(axis=1).argmax())]
