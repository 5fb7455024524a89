"""How surrogates are judged: on held-out architectures that were sampled, not chosen by a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.journal import Quality
from surronas.metrics import calibration_of_probabilities, kendall_tau, root_mean_squared_error
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Records
from surronas.surrogates import Surrogate
from surronas.surrogates.base import Matrix
from surronas.surrogates.intervals import cdf_of

FEWEST_HELD_OUT = 10  # below that a rank correlation says nothing
TOP = 0.1  # the share of held-out architectures among which a search has to choose in the end


@dataclass(frozen=True)
class Truth:
    """Held-out architectures and what was measured of them."""

    architectures: Architectures  # (n, d)
    values: NDArray[np.float64]  # (n,) the metric, mean over the seeds


def unseen(held_out: Records, store: BenchmarkStore, seeds: Sequence[int], metric: str) -> Truth:
    """Return the held-out architectures with all seeds, none of them in the store.

    Raises:
        InputError: fewer than 10 of them.
    """
    space = store.space
    rows = held_out[np.isin(held_out["seed"], seeds) & (held_out["status"] == "ok")]
    keys, first, of_key = np.unique(space.keys(rows["architecture"]), return_index=True, return_inverse=True)
    count = np.bincount(of_key, minlength=len(keys))
    kept = (count == len(seeds)) & ~np.isin(keys, space.keys(store.architectures))
    if kept.sum() < FEWEST_HELD_OUT:
        raise InputError(
            f"expected {FEWEST_HELD_OUT} held-out architectures or more, with all of seeds {list(seeds)} "
            f"and not in the store, got {int(kept.sum())}"
        )
    totals = np.bincount(of_key, rows[metric], len(keys))
    return Truth(rows["architecture"][first][kept], totals[kept] / len(seeds))


def judge(
    truth: Truth, features: Matrix, fitted: Mapping[str, Surrogate], *, sign: float = 1.0
) -> dict[str, Quality]:
    """Return how good each fitted surrogate is, by name, given the features (n, p) of the held-out ones.

    ``sign`` is -1 where less of the metric is better. Intervals are the surrogate's own, skewed ones too.
    """
    good = sign * truth.values
    top = np.argsort(-good, kind="stable")[: round(TOP * len(good))]
    return {name: _quality(truth, features, each, top) for name, each in fitted.items()}


def _quality(truth: Truth, features: Matrix, surrogate: Surrogate, top: NDArray[np.intp]) -> Quality:
    """Return how good one fitted surrogate is; ``top`` are the places of the best held-out ones."""
    mean = surrogate.predict(features)
    return Quality(
        len(truth.values),
        kendall_tau(truth.values, mean),
        root_mean_squared_error(truth.values, mean),
        calibration_of_probabilities(cdf_of(surrogate, features, truth.values)),
        kendall_tau(truth.values[top], mean[top]) if len(top) >= FEWEST_HELD_OUT else None,
    )
