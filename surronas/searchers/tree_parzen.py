"""Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl, NeurIPS 2011, section 4).

Notation: x an architecture; y* the score that a share gamma of those told reach; l(x) the density of those
that do, the good, and g(x) that of the others, the bad. Expected improvement over y* grows with l(x) / g(x)
(eq. 6), so of candidates drawn from l the one of greatest ratio is asked. Every decision is one categorical
variable, independent of the others: the probability of a choice is its count among the good (the bad), plus
a prior weight shared out evenly over the choices, over their sum, as in Hyperopt. The number of good ones,
a tenth of those told, at most 25, and the 24 candidates are Optuna's defaults.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import RoundSearcher, Told
from surronas.spaces import Architectures, SearchSpace

_MOST_GOOD = 25
_DRAWS = 20  # times the candidates wanted: draws from an open pool, some of which are of no use
Densities = list[NDArray[np.float64]]  # of each decision: the log probability of each choice


class TPE(RoundSearcher):
    """Asks the candidate most likelier under the choices of the good than under those of the bad.

    Args:
        space: where architectures come from.
        seed: of the random architectures and of the candidates of each query.
        gamma: share of those told that are good; one at least, 25 at most.
        prior_weight: how many observations the uniform prior of each decision counts as.
        num_candidates: drawn from the density of the good for each query; None: all of a finite pool, which
            leaves nothing to chance and explores less.
        num_initial: random architectures told or discarded before the first estimate.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        InputError: ``gamma`` not within 0 and 1, ``prior_weight`` not positive, ``num_candidates`` or
            ``num_initial`` < 1, or ``num_candidates`` None for a space too large to enumerate.
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        gamma: float = 0.1,
        prior_weight: float = 1.0,
        num_candidates: int | None = 24,
        num_initial: int = 10,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        super().__init__(space, seed=seed, candidates=candidates, num_initial=num_initial, batch_size=1)
        if not 0 < gamma < 1:
            raise InputError(f"gamma: expected a share within 0 and 1, got {gamma}")
        if not prior_weight > 0:
            raise InputError(f"prior_weight: expected more than 0, got {prior_weight}")
        if num_candidates is not None and num_candidates < 1:
            raise InputError(f"num_candidates: expected 1 or more, or None, got {num_candidates}")
        if num_candidates is None and self._history.pool.size is None:
            raise InputError(f"num_candidates: expected a number, space {space.name!r} is too large for all")
        self._gamma, self._prior_weight, self._num_candidates = gamma, prior_weight, num_candidates

    def _plan(self, told: Told, rng: np.random.Generator) -> Iterator[int]:
        """Yield candidates by l / g: the first 24 drawn, then the next 24, and so on."""
        rows = self._history.pool.rows(told.keys)
        num_good = min(math.ceil(self._gamma * len(rows)), _MOST_GOOD)
        order = np.argsort(-told.scores, kind="stable")
        good, bad = (self._densities(rows[part]) for part in (order[:num_good], order[num_good:]))
        for batch in self._batches(good, told, rng):
            forms = self._history.pool.rows(batch)
            ratio = log_density(good, forms) - log_density(bad, forms)  # eq. 6
            yield from (batch[i] for i in np.argsort(-ratio, kind="stable"))

    def _densities(self, rows: Architectures) -> Densities:
        """Return the log probability of each choice of each decision among architectures (n, d)."""
        found = []
        for column, choices in zip(rows.T, self._space.num_choices.tolist(), strict=True):
            weight = np.bincount(column, minlength=choices) + self._prior_weight / choices
            found.append(np.log(weight / weight.sum()))
        return found

    def _batches(self, good: Densities, told: Told, rng: np.random.Generator) -> Iterator[list[int]]:
        """Yield unseen candidates drawn from l without replacement, 24 at a time, or all at once."""
        pool = self._history.pool
        if pool.size is None:
            yield from self._open_batches(good, told, rng)
            return
        value = log_density(good, pool.architectures)
        if self._num_candidates is not None:
            value = value + rng.gumbel(size=pool.size)  # the largest sums are draws without replacement
        order = pool.keys[np.argsort(-value, kind="stable")].tolist()
        left = [key for key in order if key not in told.seen]
        width = self._num_candidates or max(len(left), 1)
        for start in range(0, len(left), width):
            yield left[start : start + width]

    def _open_batches(self, good: Densities, told: Told, rng: np.random.Generator) -> Iterator[list[int]]:
        """Yield the same from an open pool, until l gives nothing new in 20 times as many draws."""
        wanted, met = self._num_candidates or 1, set(told.seen)
        while True:
            columns = [rng.choice(len(log), _DRAWS * wanted, p=np.exp(log)) for log in good]
            rows = np.stack(columns, axis=1).astype(np.int8)
            allowed = rows[self._space.allowed(rows)]
            keys = dict.fromkeys(self._history.pool.resolve(allowed)) if len(allowed) else {}
            batch = [key for key in keys if key not in met][:wanted]
            if not batch:
                return
            met.update(batch)
            yield batch


def log_density(densities: Densities, rows: Architectures) -> NDArray[np.float64]:
    """Return (n,) the log probability of architectures (n, d), decisions being independent."""
    total = np.zeros(len(rows))
    for log, column in zip(densities, rows.T, strict=True):
        total += log[column]
    return total
