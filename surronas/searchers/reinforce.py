"""REINFORCE (Williams 1992) with a factorised policy, as in NAS-Bench-201 (Dong and Yang 2020).

The policy is one categorical distribution a decision, independent of each other; its logits climb the
gradient of the expected score by Adam, against an exponential moving average of the scores as the baseline
(``exps/NATS-algos/reinforce.py``: learning rate .01, momentum .9, logits from N(0, .001^2)). Differences:
what is known is not asked again unless ``repeats=True``, as published, and decisions that take no part in
what a network computes get no credit for its score.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.history import Draws, History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_NUM_TRIES = 16  # draws from the policy for one that may be asked
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # Adam's (Kingma and Ba 2015)
_NUM_COMPARED = 1000  # candidates of an open pool to draw among where no try may be asked
_DRAWS, _LOGITS, _GUMBEL = 1, 2, 3  # purposes of random numbers


class Reinforce:
    """Samples architectures from a policy that learns from each score.

    Draws that may not be asked (known, no candidate, no architecture of a constrained space) are drawn anew:
    what is asked follows the policy among what is open. What was told without being asked teaches as well.

    Args:
        space: where architectures come from.
        seed: of the random candidates, of the first logits and of the draws.
        learning_rate: of Adam. NATS-Bench's .01 is for thousands of queries.
        momentum: of the baseline.
        repeats: whether known architectures are asked again, as published.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``learning_rate`` <= 0 or not finite, ``momentum`` outside [0, 1).
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        learning_rate: float = 0.1,
        momentum: float = 0.9,
        repeats: bool = False,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if not 0 < learning_rate < np.inf:
            raise InputError(f"learning_rate: expected a finite number > 0, got {learning_rate}")
        if not 0 <= momentum < 1:
            raise InputError(f"momentum: expected a number in [0, 1), got {momentum}")
        self._seed, self._space, self._repeats = seed, space, repeats
        self._history = History(space, candidates, seed)
        self._seen = np.zeros(self._history.pool.size or 0, np.bool_)  # candidates of a finite pool
        self._learning_rate, self._momentum = learning_rate, momentum
        self._draws = Draws(seed, _NUM_TRIES * space.num_decisions, _DRAWS)
        choices = np.arange(space.num_choices.max())
        first = np.random.default_rng((seed, _LOGITS)).normal(0, 1e-3, (space.num_decisions, len(choices)))
        self._logits = np.where(choices < space.num_choices[:, None], first, -np.inf)  # (d, c)
        self._m, self._v = np.zeros_like(first), np.zeros_like(first)  # Adam's moments
        self._num_steps = 0
        self._sum, self._weight = 0.0, 0.0  # of the baseline

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) draws from the policy, distinct unless with repeats; see ``Searcher.ask``."""
        history = self._history
        if self._repeats:
            history.check_number(n)
            closed: set[int] = set()
            first = history.num_seen + (0 if pending is None else len(np.atleast_2d(pending)))
        else:
            closed = history.to_ask(n, pending)
            first = history.num_seen + len(closed)
        asked: list[int] = []
        for query in range(first, first + n):
            asked.append(self._drawn(query, closed))
            closed.add(asked[-1])
        return history.asked(asked)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d), one step each; see ``Searcher.tell``."""
        keys = self._history.tell(architectures, scores)
        if not keys:
            return
        self._close(keys)
        rows = self._space.validate(architectures)
        live = self._space.live(rows)
        for row, mask, score in zip(rows, live, self._history.scores[-len(keys) :], strict=True):
            self._step(row, mask, score)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._close(self._history.discard(architectures))

    def _policy(self) -> NDArray[np.float64]:
        """Return (d, c) the probability of each choice."""
        odds = np.exp(self._logits - self._logits.max(axis=1, keepdims=True))
        probabilities: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return probabilities

    def _step(self, row: NDArray[np.int8], live: NDArray[np.bool_], score: float) -> None:
        """Climb the gradient of ``(score - baseline) * log p(row)``, Williams 1992, by a step of Adam."""
        self._sum = self._momentum * self._sum + (1 - self._momentum) * score
        self._weight = self._momentum * self._weight + (1 - self._momentum)
        gradient = -self._policy()
        gradient[np.arange(len(row)), row] += 1.0  # of log softmax
        gradient *= (score - self._sum / self._weight) * live[:, None]
        self._num_steps += 1
        self._m = _BETA1 * self._m + (1 - _BETA1) * gradient
        self._v = _BETA2 * self._v + (1 - _BETA2) * gradient**2
        m = self._m / (1 - _BETA1**self._num_steps)
        v = self._v / (1 - _BETA2**self._num_steps)
        self._logits += self._learning_rate * m / (np.sqrt(v) + _EPSILON)

    def _drawn(self, query: int, closed: set[int]) -> int:
        """Return the key that a query draws from the policy among what may be asked."""
        pool, seen = self._history.pool, self._history.score_of
        below = np.cumsum(self._policy(), axis=1)[:, :-1]  # (d, c - 1)
        uniform = self._draws.at(query).reshape(_NUM_TRIES, -1, 1)
        rows = (uniform >= below).sum(axis=2).astype(np.int8)
        rows = np.minimum(rows, self._space.num_choices - 1).astype(
            np.int8
        )  # a sum of 1 - 1e-16 is no choice
        if self._space.constrained:
            rows = rows[self._space.allowed(rows)]
        for row in rows:
            key = pool.resolve(row[None])[0]
            if key in pool and (self._repeats or (key not in seen and key not in closed)):
                return key
        return self._drawn_among_open(query, closed)

    def _drawn_among_open(self, query: int, closed: set[int]) -> int:
        """Return an open candidate drawn from the policy among all of them, by the Gumbel-max trick."""
        pool = self._history.pool
        if pool.size is None:
            keys = np.array(self._history.at_random(_NUM_COMPARED, closed))
            rows, barred = pool.rows(keys.tolist()), np.zeros(len(keys), np.bool_)
        else:
            keys, rows, barred = pool.keys, pool.architectures, self._seen.copy()
            barred[[pool.place[key] for key in closed if key in pool.place]] = not self._repeats
        log_probability = self._logits[np.arange(rows.shape[1]), rows].sum(axis=1)
        noise = np.random.default_rng((self._seed, _GUMBEL, query)).gumbel(size=len(rows))
        return int(keys[np.argmax(np.where(barred, -np.inf, log_probability + noise))])

    def _close(self, keys: list[int]) -> None:
        """Note which candidates of a finite pool are not to be asked again."""
        if not self._repeats:
            place = self._history.pool.place
            self._seen[[place[key] for key in keys if key in place]] = True
