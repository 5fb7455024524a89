"""Bayesian optimisation: fit a surrogate, ask what its acquisition rates highest.

The acquisition is that of the warped score where there is one (``surrogate_beliefs``). All candidates of a
finite pool are scored at every ask, so there is no inner search to go wrong; a larger one is searched
(``acquisition_search``).

Batches are built by the kriging believer (Ginsbourger, Le Riche and Carraro 2010, Algorithm 1): the first of
a batch maximises the acquisition; the surrogate then takes its own mean there for measured, and the next
maximises again. Another rule, such as Thompson sampling or local penalisation, is a ``Chooser``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.acquisition import Acquisition, Chooser, log_expected_improvement
from surronas.encodings import Encoding
from surronas.encodings.base import Features
from surronas.encodings.concatenate import Concatenation
from surronas.encodings.default import default_encoding
from surronas.errors import InputError
from surronas.searchers.acquisition_search import maximize
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.searchers.surrogate_beliefs import (
    RefittedBeliefs,
    WatchedBeliefs,
    beliefs_of,
    believer,
)
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:  # scikit-learn and xgboost take seconds to import, and a searcher may not need them
    from surronas.surrogates import GaussianProcessSurrogate, Surrogate

_MOST_SCORED = 2**16  # candidates of a pool that is scored as a whole
_MOST_ENCODED = 2**14  # architectures of a larger pool whose features are kept
_CHOSEN_FROM = 2_048  # candidates at most that a batch rule chooses from, those of greatest acquisition


class BayesianOptimization:
    """Asks the candidates of highest acquisition under a surrogate fitted to everything told.

    Args:
        space: where architectures come from.
        surrogate: any scikit-learn regressor with ``predict(X, return_std=True)``; a clone is fitted. None:
            a Gaussian process with a lengthscale for each part of the encoding.
        seed: of the initial architectures, and of the order in which ties are broken.
        encoding: architectures to features.
        acquisition: ``(mean, std, best) -> value``, to be maximised; ``best`` is the greatest mean among what
            was told.
        batch: the rule by which several are chosen; None: the kriging believer.
        num_initial: architectures told or discarded before the surrogate is asked.
        initial: (k, d) architectures to ask first, such as the best of another task; random ones follow.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        ArchitectureError: initial rows that are not architectures of the space.
        InputError: ``num_initial`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        surrogate: Surrogate | None = None,
        *,
        seed: int,
        encoding: Encoding = default_encoding,
        acquisition: Acquisition = log_expected_improvement,
        batch: Chooser | None = None,
        num_initial: int = 10,
        initial: ArrayLike | None = None,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        self._space, self._num_initial, self._seed = space, num_initial, seed
        self._encoding, self._acquisition, self._batch = encoding, acquisition, batch
        self._surrogate = _default_surrogate(space, encoding) if surrogate is None else surrogate
        self._history = History(space, candidates, seed)
        self._initial = [] if initial is None else self._history.pool.resolve(initial)
        self._encoded: dict[int, Features] = {}  # by key, where the pool is not encoded as a whole
        self._told = np.empty((0, 0))  # (n, p) features of what was told, as far as they were needed
        self._beliefs: RefittedBeliefs | None = None  # of what was told; kept between calls for speed alone
        self._watched: WatchedBeliefs | None = None

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures, the most promising first; see ``Searcher.ask``."""
        closed, history = self._history.to_ask(n, pending), self._history
        if history.num_seen < self._num_initial or not history.keys:
            chosen = [key for key in self._initial if key in history.pool and key not in history.score_of]
            chosen = [key for key in dict.fromkeys(chosen) if key not in closed][:n]
        elif self._is_watched():
            chosen = self._choose_watched(n, closed)
        else:
            chosen = self._choose(n, closed)
        if len(chosen) < n:
            chosen += history.at_random(n - len(chosen), closed.union(chosen))
        return history.asked(chosen)

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        self._history.tell(architectures, scores)
        self._beliefs = None

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._history.discard(architectures)

    def predict(self, architectures: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean (n,) and standard deviation (n,) that the surrogate expects of architectures (n, d).

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            InputError: no scores were told yet.
        """
        rows = self._history.pool.rows(self._history.pool.resolve(architectures))
        if not self._history.keys:
            raise InputError("expected scores to learn from, got none yet; tell() some first")
        return self._believed().fitted.predict(self._encoding(self._space, rows), return_std=True)

    def _is_watched(self) -> bool:
        """Return whether the surrogate is a Gaussian process that can keep all candidates in view."""
        from surronas.surrogates import GaussianProcessSurrogate

        surrogate, size = self._surrogate, self._history.pool.size
        return (
            self._batch is None
            and isinstance(surrogate, GaussianProcessSurrogate)
            and size is not None
            and size <= _MOST_SCORED
            and len(self._history.keys) <= surrogate.max_exact
        )

    def _choose_watched(self, n: int, closed: set[int]) -> list[int]:
        history, pool = self._history, self._history.pool
        if self._watched is None:
            process = cast("GaussianProcessSurrogate", self._surrogate)  # _is_watched saw to that
            self._watched = WatchedBeliefs(process, pool.features(self._encoding))
        posterior = self._watched.given(self._features_told(), history.values())
        open_rows = np.array([pool.place[key] for key in history.open_at_random(closed)])
        pending = np.array([pool.place[k] for k in sorted(closed) if k in pool and k not in history.score_of])
        chosen = believer(posterior, n, open_rows, self._acquisition, pending.astype(np.int64))
        keys: list[int] = pool.keys[chosen].tolist()
        return keys

    def _choose(self, n: int, closed: set[int]) -> list[int]:
        """Return n keys, by a surrogate that is refitted or by the batch rule given."""
        beliefs, history = self._believed(), self._history
        waiting = sorted(key for key in closed if key not in history.score_of)
        if waiting:
            beliefs = beliefs.believing(self._features(waiting))
        if self._batch is not None:
            keys = self._best(beliefs, _CHOSEN_FROM, closed)
            rng = np.random.default_rng((self._seed, history.num_seen, len(closed)))
            rows = self._batch.choose(beliefs, self._features(keys), beliefs.best, min(n, len(keys)), rng)
            return [keys[row] for row in rows.tolist()]
        chosen = self._best(beliefs, 1, closed)
        while len(chosen) < n:
            beliefs = beliefs.believing(self._features(chosen[-1:]))
            chosen += self._best(beliefs, 1, closed.union(chosen))
        return chosen

    def _best(self, beliefs: RefittedBeliefs, n: int, closed: set[int]) -> list[int]:
        """Return the keys of the n open candidates of highest acquisition, or of all there are."""
        history, pool, best = self._history, self._history.pool, beliefs.best
        if pool.size is None or pool.size > _MOST_SCORED:

            def value(keys: list[int]) -> NDArray[np.float64]:
                return self._acquisition(*beliefs.predict(self._features(keys)), best)

            rng = np.random.default_rng((self._seed, history.num_seen, len(closed)))
            return maximize(value, history, n, closed, rng)
        keys = list(history.open_at_random(closed))  # the order breaks ties
        places = np.array([pool.place[key] for key in keys])
        values = self._acquisition(*beliefs.predict(pool.features(self._encoding)[places]), best)
        return [keys[i] for i in np.argsort(-values, kind="stable")[:n].tolist()]

    def _believed(self) -> RefittedBeliefs:
        """Return the surrogate fitted to all that was told."""
        if self._beliefs is None:
            self._beliefs = beliefs_of(self._surrogate, self._features_told(), self._history.values())
        return self._beliefs

    def _features_told(self) -> Features:
        """Return (n, p) the features of what was told; each architecture is encoded once."""
        keys = self._history.keys
        if new := keys[len(self._told) :]:
            features = self._features(new)
            self._told = np.vstack([self._told.reshape(-1, features.shape[1]), features])
        return self._told

    def _features(self, keys: list[int]) -> Features:
        """Return (n, p) the features of architectures by their keys."""
        pool = self._history.pool
        if pool.size is not None and pool.size <= _MOST_SCORED and all(key in pool.place for key in keys):
            found: Features = pool.features(self._encoding)[[pool.place[key] for key in keys]]
            return found
        if len(self._encoded) > _MOST_ENCODED:
            self._encoded.clear()
        if new := [key for key in keys if key not in self._encoded]:
            self._encoded.update(zip(new, self._encoding(self._space, pool.rows(new)), strict=True))
        return np.array([self._encoded[key] for key in keys])


def _default_surrogate(space: SearchSpace, encoding: Encoding) -> Surrogate:
    """Return a Gaussian process with a lengthscale for each part of an encoding that tells its parts."""
    from surronas.surrogates import GaussianProcessSurrogate

    groups = encoding.groups(space).tolist() if isinstance(encoding, Concatenation) else None
    return GaussianProcessSurrogate(groups=groups, noise_in_std=False)
