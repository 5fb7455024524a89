"""Predictor-guided evolution: aging evolution (Real et al. 2019) whose children a surrogate screens.

The framework of Sun et al. 2020 (E2EPP) and of White et al. 2021 (How Powerful are Performance Predictors,
section 5): each round has many children, of which only those of the best predictions are trained. Parents
are chosen as in regularised evolution (Real et al. 2019, Algorithm 1): each is the best of a sample drawn
with replacement from the population, which is the last ``population_size`` told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from surronas.acquisition import Acquisition
from surronas.encodings import Encoding, default_encoding
from surronas.errors import InputError
from surronas.searchers.modelled import fresh, posterior_mean, ranked, seed_of
from surronas.searchers.offspring import Mutation, one_decision, unseen
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import RoundSearcher, Told
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from surronas.surrogates import Surrogate

_DRAWS = 10  # times the children wanted: near an optimum most mutants have been seen
_NUM_INITIAL = 10
_POPULATION, _TOURNAMENT = 30, 10  # naszilla's regularised evolution, which White et al. compare with
_CHILDREN, _BATCH = 200, 10  # of so many candidates, as White et al. 2021; the batch is naszilla's


class PredictorGuidedEvolution(RoundSearcher):
    """Asks the children of an aging population that a surrogate rates highest.

    Args:
        space: where architectures come from.
        surrogate: any scikit-learn regressor with ``predict(X, return_std=True)``, of which clones are
            fitted; None for XGBoost, seeded anew every round.
        seed: of the random architectures, tournaments, children and the surrogate.
        encoding: architectures to features.
        acquisition: ``(mean, std, best) -> value``, to be maximised; None for independent Thompson sampling.
        mutation: how a child is made.
        population_size: how many of the last told can be parents.
        tournament_size: of how many draws a parent is the best.
        num_children: distinct unseen children that are screened in a round.
        batch_size: architectures of a round; ten random ones come before the first.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: a size < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        surrogate: Surrogate | None = None,
        *,
        seed: int,
        encoding: Encoding = default_encoding,
        acquisition: Acquisition | None = posterior_mean,
        mutation: Mutation = one_decision,
        population_size: int = _POPULATION,
        tournament_size: int = _TOURNAMENT,
        num_children: int = _CHILDREN,
        batch_size: int = _BATCH,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        sizes = {
            "population_size": population_size,
            "tournament_size": tournament_size,
            "num_children": num_children,
        }
        for name, size in sizes.items():
            if size < 1:
                raise InputError(f"{name}: expected 1 or more, got {size}")
        super().__init__(
            space, seed=seed, candidates=candidates, num_initial=_NUM_INITIAL, batch_size=batch_size
        )
        self._surrogate, self._encoding, self._acquisition = surrogate, encoding, acquisition
        self._mutation, self._population_size = mutation, population_size
        self._tournament_size, self._num_children = tournament_size, num_children

    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield the children, the best predicted first."""
        pool = self._history.pool
        children = self._children(told, rng)
        yield from ranked(
            children,
            told,
            pool,
            surrogate=self._fresh_surrogate(seed_of(rng)),
            encoding=self._encoding,
            acquisition=self._acquisition,
            rng=rng,
        )

    def _children(self, told: Told, rng: np.random.Generator) -> list[int]:
        """Return distinct unseen children of tournament winners."""
        pool = self._history.pool
        population, scores = told.keys[-self._population_size :], told.scores[-self._population_size :]
        found: dict[int, None] = {}
        for _ in range(_DRAWS):
            drawn = rng.integers(len(population), size=(self._num_children, self._tournament_size))
            winners = drawn[np.arange(len(drawn)), scores[drawn].argmax(axis=1)]
            parents = pool.rows([population[place] for place in winners.tolist()])
            keys = pool.resolve(self._mutation(self._space, parents, rng))
            found |= dict.fromkeys(unseen(keys, told, pool))
            if len(found) >= self._num_children:
                break
        return list(found)[: self._num_children]

    def _fresh_surrogate(self, seed: int) -> Surrogate:
        if self._surrogate is not None:
            return fresh(self._surrogate)
        from surronas.surrogates import XGBoostSurrogate

        return XGBoostSurrogate(seed=seed)
