"""What to train next: each proposer turns what was measured into a few architectures worth the time."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from surronas.acquisition import upper_confidence_bound
from surronas.encodings import Encoding
from surronas.encodings.default import default_encoding
from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers import BayesianOptimization, LocalSearch, RandomSearch
from surronas.spaces import Architectures, SearchSpace
from surronas.surrogates import Surrogate
from surronas.surrogates.base import unfitted

_WALK_BATCH = 24  # architectures scored at once: a Cell201 neighborhood


@dataclass(frozen=True)
class Measured:
    """What a proposer may know: the space, the architectures measured, and their scores."""

    space: SearchSpace
    architectures: Architectures  # (n, d)
    scores: NDArray[np.float64]  # (n,) more is better
    closed: Architectures  # (m, d) not to be proposed: failed, held out, taken by another proposer, pending
    pending: Architectures | None = None  # (k, d) those of them that are being trained now


class Proposer(Protocol):
    """Proposes architectures that were not measured yet."""

    @property
    def name(self) -> str:
        """The name that candidates carry."""
        ...

    def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
        """Return (n, d) distinct architectures, the most promising first."""
        ...


@dataclass(frozen=True)
class BayesianProposer:
    """Bayesian optimisation: what has the highest log expected improvement under the surrogate.

    What is pending is taken for measured, with the score that the surrogate expects (kriging believer).
    """

    surrogate: Surrogate | None = None  # None: the default of BayesianOptimization
    name: str = "Bayesian optimization"
    encoding: Encoding = default_encoding

    def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
        """Return (n, d) architectures, chosen one after the other as a batch (kriging believer)."""
        searcher = BayesianOptimization(
            measured.space, self.surrogate, seed=seed, encoding=self.encoding, num_initial=1
        )
        closed, pending = measured.closed, measured.pending
        if pending is not None:
            closed = closed[~np.isin(measured.space.keys(closed), measured.space.keys(pending))]
        if len(closed):
            searcher.discard(closed)
        searcher.tell(measured.architectures, measured.scores)
        return searcher.ask(n, pending=pending)


@dataclass(frozen=True)
class LocalProposer:
    """Local search on the surrogate: it starts at the best measured and walks uphill on what is predicted.

    The walk costs no training, so it may be long; what it met of the highest upper confidence bound
    (mean + ``beta`` std) is proposed.
    """

    surrogate: Surrogate
    name: str = "local search"
    encoding: Encoding = default_encoding
    num_steps: int = 400  # architectures that the walk looks at
    beta: float = 1.0

    def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
        """Return (n, d) architectures, the highest upper confidence bound first."""
        space = measured.space
        surrogate = unfitted(self.surrogate).fit(
            self.encoding(space, measured.architectures), measured.scores
        )
        walk = LocalSearch(space, seed=seed, num_initial=1)
        if len(measured.closed):
            walk.discard(measured.closed)
        best_first = np.argsort(-measured.scores, kind="stable")
        walk.tell(measured.architectures[best_first], measured.scores[best_first])
        met = [np.empty((0, space.num_decisions), dtype=np.int8)]
        bounds = [np.empty(0)]
        while sum(map(len, met)) < max(n, self.num_steps):
            try:
                batch = walk.ask(_WALK_BATCH)
            except SpaceExhaustedError:  # a small space: what it met must do
                break
            mean, std = surrogate.predict(self.encoding(space, batch), return_std=True)
            bounds.append(upper_confidence_bound(mean, std, 0.0, beta=self.beta))
            walk.tell(batch, bounds[-1])
            met.append(batch)
        order = np.argsort(-np.concatenate(bounds), kind="stable")
        if len(order) < n:
            raise SpaceExhaustedError(
                f"{self.name} was asked for {n} architectures and found {len(order)} new ones"
            )
        return np.concatenate(met)[order[:n]]


@dataclass(frozen=True)
class SampledProposer:
    """Architectures drawn uniformly: what surrogates learn of the space as it is, not as a search sees it."""

    name: str = "random sampling"

    def propose(self, measured: Measured, n: int, seed: int) -> Architectures:
        """Return (n, d) architectures at random."""
        searcher = RandomSearch(measured.space, seed=seed)
        searcher.discard(np.concatenate([measured.architectures, measured.closed]))
        return searcher.ask(n)


def num_sampled(share: float, first: int, number: int) -> int:
    """Return how many of ``number`` candidates are sampled, after ``first`` others: ``share`` of them all.

    Raises:
        InputError: the share is not from 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise InputError(f"sampled_share: expected a share from 0 to 1, got {share}")
    return math.floor(share * (first + number) + 1e-9) - math.floor(share * first + 1e-9)
