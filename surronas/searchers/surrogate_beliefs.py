"""What Bayesian optimisation believes of architectures, given all that was told.

Surrogates with a warped target are asked for the warped one (``predict_latent``): it is nearly Gaussian, as
acquisitions take it to be, and ordered as the scores are. The incumbent is the greatest mean among what was
told, not the luckiest measurement (Picheny, Wagner and Ginsbourger 2013, section 3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

import numpy as np
from numpy.typing import NDArray

from surronas.acquisition import Acquisition
from surronas.encodings.base import Features

if TYPE_CHECKING:  # scikit-learn and xgboost take seconds to import, and a searcher may not need them
    from surronas.surrogates import GaussianProcessSurrogate, Surrogate
    from surronas.surrogates.candidate_posterior import CandidatePosterior

Vector = NDArray[np.float64]
_TENTH = 10  # hyper-parameters are learnt anew when the rows have grown by a tenth


def learnt_at(num_rows: int) -> int:
    """Return how many of the first rows hyper-parameters are learnt from: up to twenty all, later in steps.

    It depends on the number of rows alone, so that a search resumed from its history believes the same.
    """
    step = 1
    while (following := step + max(1, step // _TENTH)) <= num_rows:
        step = following
    return step


class RefittedBeliefs:
    """A surrogate fitted to all rows at once.

    Args:
        surrogate: a clone of it is fitted.
        X: (n, p) features of what was told.
        y: (n,) scores.
        num_told: how many of the rows were; the rest, at the end, are believed. None: all.
    """

    def __init__(self, surrogate: Surrogate, X: Features, y: Vector, num_told: int | None = None) -> None:
        self._surrogate, self._X, self._y = surrogate, X, y
        self._num_told = len(y) if num_told is None else num_told
        self.fitted = self._fit()

    @property
    def best(self) -> float:
        """The greatest mean among what was told, on the scale that means and deviations are on."""
        return float(self.predict(self._X[: self._num_told])[0].max())

    def predict(self, X: Features) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of architectures by their features (n, p)."""
        if hasattr(self.fitted, "predict_latent"):
            found: tuple[Vector, Vector] = self.fitted.predict_latent(X)
            return found
        return self.fitted.predict(X, return_std=True)

    def believing(self, X: Features) -> Self:
        """Return the beliefs as if the means of further architectures (k, p) had been measured."""
        y = np.append(self._y, self.fitted.predict(X))
        return type(self)(self._surrogate, np.vstack([self._X, X]), y, self._num_told)

    def _fit(self) -> Surrogate:
        from surronas.surrogates import unfitted

        return unfitted(self._surrogate).fit(self._X, self._y)


class ProcessBeliefs(RefittedBeliefs):
    """A Gaussian process: it learns its hyper-parameters in steps, and knows what architectures share."""

    fitted: GaussianProcessSurrogate

    def joint(self, X: Features) -> tuple[Vector, NDArray[np.float64]]:
        """Return mean (n,) and covariance (n, n) of the warped score of architectures, noise left out."""
        posterior, widening = self.fitted.posterior_, self.fitted.widening_
        return posterior.moments(X)[0], widening**2 * posterior.between(X, X)

    def sample(self, X: Features, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return n draws (n, k) of the scores, noise left out, of k architectures (k, p)."""
        return self.fitted.sample(X, n, rng)

    def _fit(self) -> GaussianProcessSurrogate:
        from surronas.surrogates import GaussianProcessSurrogate, unfitted

        X, y, first = self._X, self._y, learnt_at(self._num_told)
        process = unfitted(cast(GaussianProcessSurrogate, self._surrogate)).fit(X[:first], y[:first])
        for i in range(first, len(y)):  # one by one: a search that grew step by step is equal to the bit
            process.update(X[i : i + 1], y[i : i + 1])
        return process


def beliefs_of(surrogate: Surrogate, X: Features, y: Vector) -> RefittedBeliefs:
    """Return what a clone of the surrogate believes given features (n, p) and scores (n,)."""
    from surronas.surrogates import GaussianProcessSurrogate

    process = isinstance(surrogate, GaussianProcessSurrogate)
    return ProcessBeliefs(surrogate, X, y) if process else RefittedBeliefs(surrogate, X, y)


class WatchedBeliefs:
    """An exact Gaussian process that watches all candidates: a further row costs next to nothing.

    Args:
        surrogate: a clone of it is fitted.
        candidates: (m, p) features.
    """

    def __init__(self, surrogate: GaussianProcessSurrogate, candidates: Features) -> None:
        self._surrogate, self._candidates = surrogate, candidates
        self._learnt_at = 0
        self._posterior: CandidatePosterior | None = None

    def given(self, X: Features, y: Vector) -> CandidatePosterior:
        """Return what is believed given all that was told, (n, p) and (n,); earlier rows must lead them."""
        from surronas.surrogates import unfitted
        from surronas.surrogates.candidate_posterior import CandidatePosterior

        first = learnt_at(len(y))
        if self._posterior is None or first != self._learnt_at:
            fitted = unfitted(self._surrogate).fit(X[:first], y[:first])
            self._posterior, self._learnt_at = CandidatePosterior(fitted, self._candidates), first
        for i in range(self._posterior.num_rows, len(y)):
            self._posterior.add(X[i], float(y[i]))
        return self._posterior


def believer(
    posterior: CandidatePosterior,
    n: int,
    some: NDArray[np.int64],
    acquisition: Acquisition,
    pending: NDArray[np.int64],
) -> list[int]:
    """Return n of ``some`` candidates (k,), each chosen as if the means of those before had been measured.

    ``pending`` (j,) are candidates whose means are believed from the start. The posterior is left as it was.
    """
    mark, best, chosen = posterior.mark(), posterior.best, list[int]()
    for candidate in pending.tolist():
        posterior.believe(candidate)
    while True:
        mean, std = posterior.latent_moments(some)
        top = int(np.argmax(acquisition(mean, std, best)))
        chosen.append(int(some[top]))
        if len(chosen) == n:
            break
        posterior.believe(chosen[-1])
        some = np.delete(some, top)
    posterior.restore(mark)
    return chosen
