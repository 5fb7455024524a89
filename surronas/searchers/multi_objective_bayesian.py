"""Bayesian optimisation of several scores by expected hypervolume improvement (Emmerich et al. 2011).

A surrogate for each score, independent of the others, and one for each limit; asked is the open candidate
with the greatest expected hypervolume improvement times the probability of keeping all limits. Of a finite
pool all candidates are scored; a larger space is searched (``acquisition_search``).

Batches are built by the believer (Ginsbourger, Le Riche and Carraro 2010, Algorithm 1): each next one is
chosen as if those before, and what is pending, had been measured at their predicted means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from surronas.encodings import Encoding
from surronas.encodings.base import Features
from surronas.encodings.default import default_encoding
from surronas.errors import InputError
from surronas.metrics.fronts import checked_reference
from surronas.searchers.acquisition_search import maximize
from surronas.searchers.beliefs_of_many import Beliefs, conditioned, fitted, learnt_on
from surronas.searchers.many_scores import ManyScores, ranks_within_limits
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:  # scikit-learn takes a second to import
    from surronas.surrogates import Surrogate


class MultiObjectiveBayesianOptimization:
    """Asks what is expected to add most hypervolume, by Gaussian processes on everything told.

    With one score it is Bayesian optimisation by expected improvement, with limits modelled apart.

    Args:
        space: where architectures come from.
        seed: of the initial architectures, and of the order in which ties are broken.
        surrogate: a regressor with ``predict(X, return_std=True)``, cloned for each score and limit; None:
            a ``GaussianProcessSurrogate`` with the encoding's groups.
        encoding: architectures to features.
        reference: (k,) scores that a row has to exceed to count; None: a tenth of the front's range below
            its ends, as it stands.
        num_initial: random architectures told or discarded before the surrogates are asked.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` < 1, or a reference that is not (k,) finite numbers.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        surrogate: Surrogate | None = None,
        encoding: Encoding = default_encoding,
        reference: ArrayLike | None = None,
        num_initial: int = 10,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        if num_initial < 1:
            raise InputError(f"num_initial: expected 1 or more, got {num_initial}")
        self._space, self._seed, self._num_initial = space, seed, num_initial
        self._surrogate, self._encoding = surrogate, encoding
        given = None if reference is None else np.asarray(reference, np.float64)
        self._reference = None if given is None else checked_reference(given, given.size)
        self._told = ManyScores(space, candidates, seed)
        self._encoded: Features = np.empty((0, 0))  # of what was told, as far as it was needed
        self._models: tuple[int, tuple[Surrogate, ...]] | None = None  # fitted to so many of the first rows

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures, the most promising first; see ``Searcher.ask``."""
        history = self._told.history
        closed = history.to_ask(n, pending)
        if history.num_seen < self._num_initial or not self._told.keys:
            return history.asked(history.at_random(n, closed))
        waiting = sorted(key for key in closed if key not in history.score_of)
        beliefs = self._beliefs()
        if waiting:
            beliefs = beliefs.believing(self._features(waiting))
        chosen: list[int] = []
        while True:
            chosen.append(self._best(beliefs, closed | set(chosen)))
            if len(chosen) == n:
                return history.asked(chosen)
            beliefs = beliefs.believing(self._features(chosen[-1:]))

    def tell(self, architectures: ArrayLike, scores: ArrayLike, slacks: ArrayLike | None = None) -> None:
        """Learn the scores (n, k) of architectures (n, d); see ``MultiObjectiveSearcher.tell``."""
        given = np.asarray(scores, np.float64)
        if self._reference is not None and given.ndim == 2:
            checked_reference(self._reference, given.shape[1])
        self._told.tell(architectures, given, slacks)

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        self._told.history.discard(architectures)

    def _beliefs(self) -> Beliefs:
        """Return what follows from what was told."""
        X, scores = self._features_told(), self._told.scores
        Y = np.hstack([scores, self._told.slacks])
        size = learnt_on(len(X))
        if self._models is None or self._models[0] != size:
            if self._surrogate is None:
                self._surrogate = self._default_surrogate()
            self._models = size, fitted(self._surrogate, X[:size], Y[:size])
        models = conditioned(self._models[1], X, Y, size)
        return Beliefs(models, X, Y, scores.shape[1], self._reference)

    def _default_surrogate(self) -> Surrogate:
        """Return a Gaussian process with the encoding's groups, if it tells any."""
        from surronas.surrogates import GaussianProcessSurrogate

        groups = getattr(self._encoding, "groups", None)
        return GaussianProcessSurrogate(groups=None if groups is None else groups(self._space))

    def _features(self, keys: list[int]) -> Features:
        """Return (n, p) features of keys; those of a finite pool are computed once for all."""
        pool = self._told.history.pool
        if pool.size is not None and all(key in pool.place for key in keys):
            found: Features = pool.features(self._encoding)[[pool.place[key] for key in keys]]
            return found
        return self._encoding(self._space, pool.rows(keys))

    def _features_told(self) -> Features:
        """Return (n, p) features of what was told; each architecture is encoded once."""
        if new := self._told.keys[len(self._encoded) :]:
            features = self._features(new)
            self._encoded = np.vstack([self._encoded.reshape(-1, features.shape[1]), features])
        return self._encoded

    def _best(self, beliefs: Beliefs, closed: set[int]) -> int:
        """Return the key of the open candidate with the greatest value."""
        history, pool = self._told.history, self._told.history.pool
        if pool.size is None:
            rows = np.array(self._told.last_told())
            ranks = ranks_within_limits(self._told.scores[rows], self._told.slacks[rows])
            history.score_of.update(zip([self._told.keys[row] for row in rows], -ranks, strict=True))
            rng = np.random.default_rng((self._seed, 1, history.num_seen + len(closed)))
            return maximize(lambda keys: beliefs.log_value(self._features(keys)), history, 1, closed, rng)[0]
        at = np.array([pool.place[key] for key in history.open_at_random(closed)])  # the order breaks ties
        value = beliefs.log_value(pool.features(self._encoding)[at])
        return int(pool.keys[at[np.argmax(value)]])
