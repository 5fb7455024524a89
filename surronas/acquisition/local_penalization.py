"""Batches by local penalisation: what is near a candidate already chosen is worth less."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from surronas.acquisition.beliefs import Acquisition, Array, Indices, Model, check_number, highest, top
from surronas.acquisition.improvement import log_expected_improvement

_SOME = 64  # candidates that the Lipschitz constant is of


@dataclass(frozen=True)
class LocalPenalization:
    """Local penalisation (González, Dai, Hennig and Lawrence 2016, algorithm 1): no update within a batch.

    How near a chosen candidate is too near follows from a Lipschitz constant of the mean. Theirs is the
    largest gradient over a box. Candidates have no gradient; the largest difference of two means over their
    distance is set by one decision that ruins an architecture, and so steep that no two are ever too near.
    Taken is the median of that slope among the pairs of the 64 candidates of greatest acquisition. The
    maximum that it is measured against is the best score, or the greatest mean where that is higher.

    Args:
        acquisition: its logarithm is penalised.
        to_log: what makes a logarithm of it: nothing for one that is a logarithm already, ``numpy.log`` for
            one that is positive, ``log_softplus`` for one that may be negative (their section 3.2).
    """

    acquisition: Acquisition = log_expected_improvement
    to_log: Callable[[Array], Array] = np.positive

    def choose(self, model: Model, features: Array, best: float, n: int, rng: np.random.Generator) -> Indices:
        """Return numbers (n,) of candidates that keep their distance; see ``Chooser.choose``."""
        check_number(n, features)
        mean, std = model.predict(features)
        values = self.to_log(self.acquisition(mean, std, best))
        some = highest(values, _SOME)
        lipschitz = _typical_slope(mean[some], features[some])
        maximum = max(best, float(mean.max()))  # their M
        chosen: list[int] = []
        while True:
            j = top(values, rng, chosen)
            chosen.append(j)
            if len(chosen) == n:
                return np.array(chosen)
            distance = np.linalg.norm(features - features[j], axis=1)
            reach = lipschitz * distance - maximum + mean[j]  # phi of their eq. 6 is Phi(reach / std)
            values = values + log_ndtr(reach / max(float(std[j]), np.finfo(np.float64).tiny))


def log_softplus(values: Array) -> Array:
    """Return log(log(1 + exp(values))) (n,): a logarithm for acquisitions that may be negative."""
    return np.where(values > -30.0, np.log(np.logaddexp(0.0, np.maximum(values, -30.0))), values)


def _typical_slope(mean: Array, features: Array) -> float:
    """Return the median change of the mean (k,) over a distance of 1 in features (k, p)."""
    squares = np.einsum("ij,ij->i", features, features)
    apart = np.maximum(squares[:, None] + squares - 2.0 * features @ features.T, 0.0)
    different = apart > 1e-9 * squares.max()
    slope = np.abs(mean[:, None] - mean) / np.sqrt(np.where(different, apart, 1.0))
    return float(np.median(slope[different])) if different.any() else 0.0
