"""How searchers rank candidates by a surrogate: features, fit, prediction, acquisition, order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from surronas.acquisition import Acquisition, Array, thompson_sample
from surronas.encodings import Encoding, Features
from surronas.searchers.pool import Pool
from surronas.searchers.rounds import Told

if TYPE_CHECKING:  # scikit-learn takes seconds to import
    from surronas.surrogates import Surrogate

_ENCODED_WHOLE = 2**14  # candidates of a pool up to which all are encoded at once, and kept


def posterior_mean(mean: Array, std: Array, best: float) -> Array:
    """Return the mean (n,) as it is: the acquisition of a search that only exploits."""
    return mean


def ranked(
    keys: Sequence[int],
    told: Told,
    pool: Pool,
    *,
    surrogate: Surrogate,
    encoding: Encoding,
    acquisition: Acquisition | None,
    rng: np.random.Generator,
) -> list[int]:
    """Return the keys in the order of their acquisition, the highest first.

    The surrogate is an unfitted one, and is fitted. ``acquisition`` None is independent Thompson sampling.
    """
    if not len(keys):
        return []
    surrogate.fit(features_of(told.keys, pool, encoding), told.scores)
    mean, std = surrogate.predict(features_of(keys, pool, encoding), return_std=True)
    return by_acquisition(keys, mean, std, float(told.scores.max()), acquisition, rng)


def by_acquisition(
    keys: Sequence[int],
    mean: Array,
    std: Array,
    best: float,
    acquisition: Acquisition | None,
    rng: np.random.Generator,
) -> list[int]:
    """Return the keys in the order of their acquisition, the highest first, and the earlier of equals."""
    value = thompson_sample(mean, std, rng) if acquisition is None else acquisition(mean, std, best)
    return [keys[i] for i in np.argsort(-value, kind="stable")]


def features_of(keys: Sequence[int], pool: Pool, encoding: Encoding) -> Features:
    """Return (n, p) features of architectures met before."""
    if pool.size is not None and pool.size <= _ENCODED_WHOLE and all(key in pool.place for key in keys):
        return pool.features(encoding)[[pool.place[key] for key in keys]]
    return encoding(pool.space, pool.rows(keys))


def seed_of(rng: np.random.Generator) -> int:
    """Return a seed for a surrogate, drawn from a plan's random numbers."""
    return int(rng.integers(2**31))


def fresh(surrogate: Surrogate) -> Surrogate:
    """Return an unfitted surrogate with the same parameters."""
    from surronas.surrogates import unfitted

    return unfitted(surrogate)
