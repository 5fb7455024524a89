"""NPENAS (Wei, Niu, Tang, Wang, Hu and Liang 2022): evolution whose many children a predictor screens.

Ordinary evolution trains every child. Here each parent has many children, one decision away, and a predictor
fitted to all that was trained picks the best of them: 10 of 100 in a round, after 10 random architectures
(sections III-A and III-D; authors' code NPENASv1, ``get_candidates``). NPENAS-NP ranks by the prediction;
NPENAS-BO by a sample from the predictor's own distribution.

The published predictor is a graph isomorphism network (for NPENAS-BO with a Gaussian head), 1,000 epochs a
round. It is replaced by a Gaussian process on the default encoding, which ranks well from so few rows
(reproduce/gp_choices.py) and tells its doubt: the published evolution, but not the published predictor.
One line of the authors' code is not copied: in the first round of its ``gin_predictor_new`` searches
(``if query == 20``) the candidates are ranked by their true accuracies in place of the predicted ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from surronas.acquisition import Acquisition
from surronas.encodings import Encoding, default_encoding
from surronas.searchers.modelled import fresh, posterior_mean, ranked
from surronas.searchers.offspring import MutantsOfBest, one_decision
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import RoundSearcher, Told
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from surronas.surrogates import Surrogate

_NUM_PARENTS = 50  # tried at most: num_best_arches * patience_factor of the authors' code


class NPENAS(RoundSearcher):
    """Asks those of many children that a predictor rates highest: NPENAS-NP; with ``acquisition`` None, -BO.

    Args:
        space: where architectures come from.
        surrogate: any scikit-learn regressor with ``predict(X, return_std=True)``, of which clones are
            fitted; None for a Gaussian process with the groups of the default encoding.
        seed: of the random architectures, parents, children and samples.
        encoding: architectures to features.
        acquisition: ``(mean, std, best) -> value``, to be maximised: the mean is NPENAS-NP; None for
            independent Thompson sampling, NPENAS-BO.
        num_children: distinct unseen children of a round, and draws of each parent.
        tournament_size: None: parents are the best told, in order, as in the authors' code; else each is
            the best of so many drawn among those told.
        num_initial: random architectures told or discarded before the first round.
        batch_size: architectures of a round.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``num_initial`` or ``batch_size`` < 1.
    """

    def __init__(
        self,
        space: SearchSpace,
        surrogate: Surrogate | None = None,
        *,
        seed: int,
        encoding: Encoding = default_encoding,
        acquisition: Acquisition | None = posterior_mean,
        num_children: int = 100,
        tournament_size: int | None = None,
        num_initial: int = 10,
        batch_size: int = 10,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        super().__init__(
            space, seed=seed, candidates=candidates, num_initial=num_initial, batch_size=batch_size
        )
        self._surrogate, self._encoding, self._acquisition = surrogate, encoding, acquisition
        self._propose = MutantsOfBest(num_children, _NUM_PARENTS, one_decision, tournament_size)

    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield the children, the best predicted first."""
        pool = self._history.pool
        yield from ranked(
            self._propose(told, pool, rng)[: self._propose.num],
            told,
            pool,
            surrogate=self._fresh_surrogate(),
            encoding=self._encoding,
            acquisition=self._acquisition,
            rng=rng,
        )

    def _fresh_surrogate(self) -> Surrogate:
        if self._surrogate is not None:
            return fresh(self._surrogate)
        return grouped_process(self._space, self._encoding)


def grouped_process(space: SearchSpace, encoding: Encoding) -> Surrogate:
    """Return an unfitted Gaussian process, with the lengthscale groups that an encoding tells, if it does."""
    from surronas.surrogates import GaussianProcessSurrogate

    groups = getattr(encoding, "groups", None)
    return GaussianProcessSurrogate(
        groups=None if groups is None else groups(space).tolist(), noise_in_std=False
    )
