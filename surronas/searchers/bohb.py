"""BOHB (Falkner, Klein and Hutter 2018): Hyperband whose brackets start what a density model proposes.

Algorithm 2: at the highest fidelity with N_min + 2 scores or more, l is the density of the best 15 % and g
that of the others (eqs. 2 and 3); of 64 samples from l the one of greatest l / g is started, and one in
three is random. Densities are products of Aitchison and Aitken's kernels, one a decision, as in the authors'
HpBandSter, with its bandwidths for categorical decisions; its ``bandwidth_factor`` touches none of those.

Differences: in a finite pool the samples are drawn among unseen candidates with the probabilities of l, since
a free sample would mostly be none of them. HpBandSter's own brackets are a little smaller than Hyperband's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.searchers.brackets import Brackets
from surronas.searchers.fidelity import Epochs, Pending
from surronas.searchers.fidelity_history import FidelityHistory, Waiting
from surronas.searchers.hyperband import hyperband_plans
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

_LEAST_DENSITY = 1e-32  # HpBandSter's
_LOOKED_AT = 4096  # unseen candidates of a large pool that samples are drawn from
_TRIES = 8  # times that an open space is sampled for architectures not seen yet


class BOHB:
    """Hyperband that learns where good architectures lie.

    The defaults are those of the authors' runs on NAS-Bench-101 (Ying et al. 2019, automl/nas_benchmarks).

    Args:
        space: where architectures come from.
        seed: of all random choices.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.
        min_epochs: of the first rung at least.
        max_epochs: of a complete training, R.
        eta: one of so many goes on to the next rung, of eta times the epochs.
        min_points: N_min, the fewest that a density is made of; None: one more than decisions.
        random_fraction: rho, of the starts that are random.

    Raises:
        InputError: not 1 <= ``min_epochs`` <= ``max_epochs``, ``eta`` < 2, ``min_points`` < 1, or a
            ``random_fraction`` outside [0, 1].
    """

    TOP_PERCENT, NUM_SAMPLES, MIN_BANDWIDTH = 15, 64, 0.3  # q, N_s; the least that HpBandSter allows

    def __init__(
        self,
        space: SearchSpace,
        *,
        seed: int,
        max_epochs: int,
        min_epochs: int = 1,
        eta: float = 3,
        min_points: int | None = None,
        random_fraction: float = 1 / 3,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        plans = hyperband_plans(min_epochs, max_epochs, eta)
        if min_points is not None and min_points < 1:
            raise InputError(f"min_points: expected 1 or more, got {min_points}")
        if not 0 <= random_fraction <= 1:
            raise InputError(f"random_fraction: expected a number in [0, 1], got {random_fraction}")
        self._seed, self._random_fraction = seed, random_fraction
        self._min_points = space.num_decisions + 1 if min_points is None else min_points
        self._history = FidelityHistory(space, candidates, seed, max_epochs)
        self._brackets = Brackets(self._history, plans, eta, self._draw)
        self._densities: tuple[Density, Density] | None = None  # kept between calls for speed alone

    def ask(self, n: int = 1, *, pending: Pending | None = None) -> tuple[Architectures, Epochs]:
        """Return (n, d) architectures and their epochs (n,); see ``FidelitySearcher.ask``."""
        return self._history.ask(n, pending, self._brackets.next_step)

    def tell(self, architectures: ArrayLike, scores: ArrayLike, epochs: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``FidelitySearcher.tell``."""
        self._history.tell(architectures, scores, epochs, self._brackets.learn)
        self._densities = None

    def discard(self, architectures: ArrayLike, epochs: ArrayLike) -> None:
        """Note that architectures (n, d) failed; see ``FidelitySearcher.discard``."""
        self._history.discard(architectures, epochs, self._brackets.learn)

    def _draw(self, waiting: Waiting) -> int:
        """Return the key of the unseen architecture to start (Algorithm 2)."""
        rng = np.random.default_rng((self._seed, 1, self._history.num_seen + len(waiting)))
        densities = self._fitted()
        if densities is not None and rng.random() >= self._random_fraction:
            good, bad = densities
            keys, rows = self._samples(good, waiting, rng)
            if keys:
                gain = np.log(good(rows) + _LEAST_DENSITY) - np.log(bad(rows) + _LEAST_DENSITY)
                return keys[int(np.argmax(gain))]
        key = self._history.unseen(waiting)
        assert key is not None  # brackets start nothing where nothing is left
        return key

    def _fitted(self) -> tuple[Density, Density] | None:
        """Return l and g at the highest fidelity with enough scores, None if none has."""
        if self._densities is None:
            at: dict[int, list[tuple[float, int]]] = {}
            for key, scores in self._history.score_of.items():
                for epochs, score in scores.items():
                    at.setdefault(epochs, []).append((-score, key))
            enough = [epochs for epochs, ranked in at.items() if len(ranked) >= self._min_points + 2]
            if not enough:
                return None
            ranked = [key for _, key in sorted(at[max(enough)], key=lambda entry: entry[0])]
            num_good = max(self._min_points, self.TOP_PERCENT * len(ranked) // 100)  # eq. 3
            num_bad = max(self._min_points, len(ranked) - num_good)
            pool = self._history.pool
            choices = pool.space.num_choices
            self._densities = (
                Density(pool.rows(ranked[:num_good]), choices, self.MIN_BANDWIDTH),
                Density(pool.rows(ranked[-num_bad:]), choices, self.MIN_BANDWIDTH),
            )
        return self._densities

    def _samples(
        self, good: Density, waiting: Waiting, rng: np.random.Generator
    ) -> tuple[list[int], Architectures]:
        """Return up to N_s unseen architectures, drawn with the probabilities of l."""
        pool = self._history.pool
        if pool.size is None:
            return self._free_samples(good, waiting, rng)
        unseen = self._history.unseen_ones(_LOOKED_AT if pool.size > _LOOKED_AT else None, waiting)
        weight = good(pool.rows(unseen)) + _LEAST_DENSITY
        drawn = rng.choice(len(unseen), self.NUM_SAMPLES, p=weight / weight.sum())
        keys = [unseen[place] for place in drawn.tolist()]
        return keys, pool.rows(keys)

    def _free_samples(
        self, good: Density, waiting: Waiting, rng: np.random.Generator
    ) -> tuple[list[int], Architectures]:
        """Return such samples of an open space; none if all that were drawn are invalid or seen."""
        pool, found = self._history.pool, list[int]()
        for _ in range(_TRIES):
            drawn = good.sample(self.NUM_SAMPLES - len(found), rng)
            keys = pool.resolve(drawn[pool.space.allowed(drawn)])
            found += [key for key in keys if key not in waiting and not self._history.is_seen(key)]
            if len(found) == self.NUM_SAMPLES:
                break
        return found, pool.rows(found)


class Density:
    """A kernel density of categorical decisions: the mean over rows of products of kernels.

    The kernel of one decision is 1 - h where two agree and h / (c - 1) where they don't (Aitchison and Aitken
    1976). The bandwidth h is that of the normal reference rule, 1.06 std n^(-1 / (4 + d)), over the numbers
    of the choices, with a least; and at most (c - 1) / c, where the kernel is uniform.
    """

    def __init__(self, rows: Architectures, num_choices: NDArray[np.int64], least: float) -> None:
        n, d = rows.shape
        self._rows, self._num_choices = rows, np.asarray(num_choices)
        width = np.maximum(1.06 * rows.std(axis=0) * n ** (-1.0 / (4 + d)), least)
        self._width = np.minimum(width, 1.0 - 1.0 / self._num_choices)  # h (d,)
        others = np.maximum(self._num_choices - 1, 1)
        with np.errstate(divide="ignore"):
            self._log_same, self._log_other = np.log1p(-self._width), np.log(self._width / others)

    def __call__(self, rows: Architectures) -> NDArray[np.float64]:
        """Return the density (n,) of rows (n, d)."""
        log_kernel = np.zeros((len(rows), len(self._rows)))
        for decision in range(rows.shape[1]):
            if self._num_choices[decision] > 1:
                same = rows[:, decision, None] == self._rows[None, :, decision]
                log_kernel += np.where(same, self._log_same[decision], self._log_other[decision])
        density: NDArray[np.float64] = np.exp(log_kernel).mean(axis=1)
        return density

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d) rows drawn from it: one that it is made of, each decision kept or drawn anew.

        HpBandSter draws anew with probability h among all choices, so a decision changes a little less often.
        """
        rows = self._rows[rng.integers(len(self._rows), size=n)]
        anew = rng.random(rows.shape) < self._width
        drawn = np.floor(rng.random(rows.shape) * self._num_choices)
        sampled: Architectures = np.where(anew, drawn, rows).astype(np.int8)
        return sampled
