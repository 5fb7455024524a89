"""BANANAS (White, Neiswanger and Savani, AAAI 2021, Algorithm 1): Bayesian optimisation with neural networks.

From 10 random architectures on, in rounds of 10: an ensemble of 5 networks is fitted to all that was told,
on the truncated path encoding; 100 mutants are drawn of the best architecture; independent Thompson sampling
(section 4) ranks them; the first 10 are asked. The settings are those of the authors' code, naszilla
(params.py, nas_algorithms.py, nas_benchmarks.py), and so is what the paper leaves open: the mutation changes
each of d decisions with probability 1 / (d - 2); mutants that were evaluated before, or drawn twice, are
dropped; where fewer than 100 are left, the second best is mutated 100 times too, up to the fifth best.

Defects of public versions, which are not copied:
- NASLib's mutation loop rebinds the parent, so candidates drift away from the best.
- NASLib's boosted-tree ensembles give all members the same rows and seed: their spread is 1e-14, so Thompson
  sampling is the mean. It evaluates candidates that were evaluated before as well.
- naszilla's ``pybnn_search`` passes the name of the acquisition as training targets, and ranks by the mean.
- naszilla's NAS-Bench-201 losses are those of CIFAR-100 whichever data set is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from surronas.acquisition import Acquisition
from surronas.encodings import Encoding
from surronas.searchers.modelled import fresh, ranked, seed_of
from surronas.searchers.offspring import Proposal, mutants_of_best
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import RoundSearcher, Told
from surronas.searchers.truncated_paths import truncated_paths
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from surronas.surrogates import Surrogate


class Bananas(RoundSearcher):
    """Asks the mutants of the best that an ensemble of networks ranks highest; the defaults are published.

    With another surrogate, encoding, acquisition or proposal it is the search that many papers compare with
    under this name; reproduce/xgboost_search.py runs such a one. The model is fitted once a round.

    Args:
        space: where architectures come from.
        surrogate: any scikit-learn regressor with ``predict(X, return_std=True)``, of which clones are
            fitted; None for ``searchers.meta_network.MetaNetwork``, seeded anew every round (needs torch).
        seed: of the random architectures, the mutants, the networks and the sampling.
        encoding: architectures to features.
        acquisition: ``(mean, std, best) -> value``, to be maximised; None for independent Thompson sampling.
        propose: the candidates of a round, see ``searchers.offspring``.
        num_initial: random architectures told or discarded before the first round.
        batch_size: architectures of a round.
        repeats: whether the ``propose``d may be asked again; the published algorithm does not.
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
        encoding: Encoding = truncated_paths,
        acquisition: Acquisition | None = None,
        propose: Proposal = mutants_of_best,
        num_initial: int = 10,
        batch_size: int = 10,
        repeats: bool = False,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        super().__init__(
            space,
            seed=seed,
            candidates=candidates,
            num_initial=num_initial,
            batch_size=batch_size,
            repeats=repeats,
        )
        self._surrogate, self._encoding, self._acquisition = surrogate, encoding, acquisition
        self._propose = propose

    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield the proposals, the highest sample first."""
        pool = self._history.pool
        yield from ranked(
            self._propose(told, pool, rng),
            told,
            pool,
            surrogate=self._fresh_surrogate(seed_of(rng)),
            encoding=self._encoding,
            acquisition=self._acquisition,
            rng=rng,
        )

    def _fresh_surrogate(self, seed: int) -> Surrogate:
        """Return an unfitted surrogate; the default has the seed given."""
        if self._surrogate is not None:
            return fresh(self._surrogate)
        from surronas.searchers.meta_network import MetaNetwork

        return MetaNetwork(seed=seed)
