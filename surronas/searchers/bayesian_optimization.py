"""Bayesian optimisation over a finite set of candidates: fit a surrogate, ask what it rates highest.

Batches are built by the kriging believer (Ginsbourger, Le Riche and Carraro 2010, Algorithm 1): the first of
a batch maximises the acquisition; the surrogate is then refitted as if its mean there had been measured, and
the next maximises again. That works with every surrogate and acquisition, at one refit an architecture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.acquisition import Acquisition, log_expected_improvement
from surronas.encodings import Encoding, live_one_hot_counts
from surronas.errors import InputError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:  # scikit-learn and xgboost take seconds to import, and a searcher may not need them
    from surronas.surrogates import Surrogate


class BayesianOptimization:
    """Asks the candidates of highest acquisition under a surrogate fitted to everything told.

    All candidates are scored at every ask, so there is no inner search to go wrong.

    Args:
        space: where architectures come from.
        surrogate: any scikit-learn regressor with ``predict(X, return_std=True)``; a clone is fitted.
        seed: of the initial architectures, and of the order in which ties are broken.
        encoding: architectures to features.
        acquisition: ``(mean, std, best) -> value``, to be maximised.
        num_initial: random architectures told or discarded before the surrogate is asked.
        candidates: (N, d) what may be asked; None for all of a finite space.

    Raises:
        InputError: ``num_initial`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        surrogate: Surrogate,
        *,
        seed: int,
        encoding: Encoding = live_one_hot_counts,
        acquisition: Acquisition = log_expected_improvement,
        num_initial: int = 10,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        self._space, self._surrogate, self._num_initial = space, surrogate, num_initial
        self._encoding, self._acquisition = encoding, acquisition
        self._history = History(space, candidates, seed)
        self._fitted: Surrogate | None = None  # to what was told; kept between calls for speed alone

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures, the most promising first; see ``Searcher.ask``."""
        closed = self._history.to_ask(n, pending)
        if self._history.num_seen < self._num_initial or not self._history.keys:
            return self._history.asked(self._history.at_random(n, closed))
        return self._history.asked(self._believe(n, closed))

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        self._history.tell(architectures, scores)
        self._fitted = None

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
        return self._fit_to_told().predict(self._encoding(self._space, rows), return_std=True)

    def _fit_to_told(self) -> Surrogate:
        """Return the surrogate fitted to all that was told."""
        if self._fitted is None:
            told = self._encoding(self._space, self._history.architectures())
            self._fitted = self._fit(told, self._history.values())
        return self._fitted

    def _fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> Surrogate:
        """Return a fresh surrogate fitted to features (n, p) and scores (n,)."""
        from surronas.surrogates import unfitted

        return unfitted(self._surrogate).fit(X, y)

    def _believe(self, n: int, closed: set[int]) -> list[int]:
        """Return n open candidates, each chosen as if the means of those before were measured."""
        surrogate, pool = self._fit_to_told(), self._history.pool
        features = pool.features(self._encoding)
        open_rows = np.array([pool.place[key] for key in self._history.open_at_random(closed)])
        X = self._encoding(self._space, self._history.architectures())
        y = self._history.values()
        best = float(y.max())
        chosen: list[int] = []
        while True:
            mean, std = surrogate.predict(features[open_rows], return_std=True)
            top = int(np.argmax(self._acquisition(mean, std, best)))
            chosen.append(int(pool.keys[open_rows[top]]))
            if len(chosen) == n:
                return chosen
            X = np.vstack([X, features[open_rows[top]]])
            y = np.append(y, mean[top])
            open_rows = np.delete(open_rows, top)
            surrogate = self._fit(X, y)
