"""NAS-BOWL (Ru, Wan, Dong and Osborne, ICLR 2021, Algorithm 1): Gaussian process on Weisfeiler-Lehman counts.

From 10 random architectures on, in rounds of 5: the process has the linear kernel of subtree counts,
normalised to 1 for an architecture with itself; the height of the subtrees, 1 to 3, is that of greatest
evidence; the first 5 by expected improvement are asked of a pool of 200. Half of the pool are mutants of
the 10 best, as many of each, the rest is drawn uniformly (section 4.2; authors' code nasbowl,
``nasbench_optimisation.py`` and ``mutation``). In a mutant each decision of a NAS-Bench-201 cell is changed
with probability 1 / 5, which we take for 1 / (d - 1).

What differs from the authors' code: it drops ``skip_connect`` from NAS-Bench-201 graphs before it counts
subtrees, where our encoding keeps it as a node; it uses the optimal-assignment variant of the kernel on
NAS-Bench-101; its targets are log errors, which our process replaces by a warp learnt from the scores; and
its pool may hold architectures that were evaluated before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from surronas.acquisition import Acquisition, log_expected_improvement
from surronas.encodings import Features, WeisfeilerLehman
from surronas.errors import InputError
from surronas.searchers.modelled import by_acquisition
from surronas.searchers.offspring import EachDecision, mutants, unseen
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import RoundSearcher, Told, drawn
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from surronas.surrogates import GaussianProcessSurrogate

_NUM_PARENTS, _PATIENCE = (
    10,
    50,
)  # the authors': a parent is given up after so many known mutants
_MUTATION = EachDecision(spared=1)
_COMPARED_ON = 1_000  # rows, at most, that the evidence of heights is computed on


class NasBowl(RoundSearcher):
    """Asks what a Gaussian process on subtree counts expects most improvement of, in a pool made anew.

    Args:
        space: where architectures come from.
        seed: of the random architectures and the pools.
        acquisition: ``(mean, std, best) -> value``, to be maximised; the order of the logarithm is that of
            expected improvement.
        heights: of subtrees, to choose from by evidence.
        pool_size: candidates of a round.
        num_mutants: how many of these are mutants; None: half.
        num_initial: random architectures told or discarded before the first round.
        batch_size: architectures of a round.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: a size < 1, more mutants than ``pool_size``, or no heights.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        acquisition: Acquisition = log_expected_improvement,
        heights: Sequence[int] = (1, 2, 3),
        pool_size: int = 200,
        num_mutants: int | None = None,
        num_initial: int = 10,
        batch_size: int = 5,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        super().__init__(
            space, seed=seed, candidates=candidates, num_initial=num_initial, batch_size=batch_size
        )
        if not len(heights) or min(heights) < 0:
            raise InputError(f"heights: expected one or more of 0, 1, ..., got {list(heights)}")
        self._num_mutants = pool_size // 2 if num_mutants is None else num_mutants
        if pool_size < 1 or not 0 <= self._num_mutants <= pool_size:
            raise InputError(
                f"expected pool_size >= 1, num_mutants of 0 to pool_size; got {pool_size} and {num_mutants}"
            )
        self._acquisition, self._heights, self._pool_size = acquisition, tuple(heights), pool_size

    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield the pool of the round, the most expected improvement first."""
        keys = self._candidates(told, rng)
        if not keys:
            return
        num_told = len(told.keys)
        rows = self._history.pool.rows([*told.keys, *keys])
        process, X = fitted_process(self._space, rows, told.scores, self._heights)
        mean, std = process.predict(X[num_told:], return_std=True)
        yield from by_acquisition(keys, mean, std, float(told.scores.max()), self._acquisition, rng)

    def _candidates(self, told: Told, rng: np.random.Generator) -> list[int]:
        """Return distinct unseen candidates: mutants, then uniform draws."""
        pool, each = self._history.pool, self._num_mutants // _NUM_PARENTS
        found: dict[int, None] = {}
        for parent in told.best(_NUM_PARENTS):
            near = unseen(mutants(parent, each + _PATIENCE, _MUTATION, pool, rng), told, pool)
            found |= dict.fromkeys([key for key in dict.fromkeys(near) if key not in found][:each])
        rest = unseen(drawn(pool, 2 * self._pool_size, rng), told, pool)
        return list(found | dict.fromkeys(rest))[: self._pool_size]


def subtree_counts(space: SearchSpace, architectures: Architectures, height: int) -> Features:
    """Return (n, p) how often each subtree that occurs in n architectures does so, one column a subtree.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    counts = WeisfeilerLehman(height).counts(space, architectures)
    dense: Features = counts[:, np.unique(counts.indices)].toarray()
    return dense


def fitted_process(
    space: SearchSpace, architectures: Architectures, scores: Features, heights: Sequence[int] = (1, 2, 3)
) -> tuple[GaussianProcessSurrogate, Features]:
    """Return the process of the height of greatest evidence, and the features (n, p) of all n architectures.

    It is fitted to the scores (m,) of the first m architectures (n, d).
    """
    num_told, fits = len(scores), []
    for height in heights:
        X = subtree_counts(space, architectures, height)
        process = _process().fit(X[:num_told], scores)
        fits.append((_evidence(process, X[:num_told], scores), -height, X, process))
    _, _, X, process = max(fits, key=lambda fit: fit[:2])
    return process, X


def _process() -> GaussianProcessSurrogate:
    from surronas.searchers.cosine_kernel import Cosine
    from surronas.surrogates import GaussianProcessSurrogate

    return GaussianProcessSurrogate(kernel=Cosine(), noise_in_std=False)


def _evidence(process: GaussianProcessSurrogate, X: Features, scores: Features) -> float:
    """Return the log posterior of the fitted hyper-parameters, up to a constant that all heights share."""
    from surronas.surrogates.marginal_likelihood import MarginalLikelihood

    some = slice(None, _COMPARED_ON)
    z = process.warp_.latent(scores[some])
    return -MarginalLikelihood(X[some], z, process.covariance_).negative_log_posterior(process.theta_)[0]
