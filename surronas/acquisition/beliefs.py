"""What choosers see and how they pick: beliefs about candidates, the best of them, ties broken at random."""

from collections.abc import Callable
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Acquisition = Callable[[Array, Array, float], Array]  # (mean, std, best) -> value (n,)


class Model(Protocol):
    """Beliefs about the scores of candidates."""

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return mean (m,) and standard deviation (m,) at features (m, p)."""
        ...

    def believing(self, x: Array) -> Self:
        """Return the beliefs after its own means at features (k, p) were measured; it stays as it is."""
        ...


@runtime_checkable
class JointModel(Protocol):
    """A model that also knows what candidates share."""

    def joint(self, X: Array) -> tuple[Array, Array]:
        """Return mean (m,) and covariance (m, m) of the function at features (m, p), noise left out."""
        ...


@runtime_checkable
class SamplingModel(Protocol):
    """A model that draws functions itself, such as one of warped targets, whose beliefs are not Gaussian."""

    def sample(self, X: Array, n: int, rng: np.random.Generator) -> Array:
        """Return n draws (n, m) of the function at features (m, p)."""
        ...


class Chooser(Protocol):
    """Chooses what to measure next."""

    def choose(self, model: Model, features: Array, best: float, n: int, rng: np.random.Generator) -> Indices:
        """Return n distinct numbers (n,) of candidates with features (m, p), the most promising first.

        ``best`` is the greatest score so far.

        Raises:
            InputError: n is not in 1, ..., m, or the model lacks what the chooser needs.
        """
        ...


def check_number(n: int, features: Array) -> None:
    """Raise unless n candidates can be chosen.

    Raises:
        InputError: n is not in 1, ..., m.
    """
    if not 1 <= n <= len(features):
        raise InputError(f"expected to choose 1 to {len(features)} candidates, got n = {n}")


def top(values: Array, rng: np.random.Generator, chosen: list[int] | tuple[()] = ()) -> int:
    """Return the number of the greatest value that is not chosen, one of them at random."""
    if len(chosen):
        values = values.copy()
        values[list(chosen)] = np.nan
    greatest = np.flatnonzero(values == np.nanmax(values))
    return int(greatest[0] if len(greatest) == 1 else rng.choice(greatest))


def highest(values: Array, n: int) -> Indices:
    """Return the numbers (min(n, m),) of the highest values, in order."""
    if n >= len(values):
        return np.arange(len(values))
    return np.sort(np.argpartition(-values, n)[:n])


def known_jointly(model: object) -> JointModel:
    """Return the model, which has to know what candidates share.

    Raises:
        InputError: it does not.
    """
    if isinstance(model, JointModel):
        return model
    raise InputError(
        f"expected a model with joint beliefs, as a Gaussian process has, got {type(model).__name__}; "
        "choose by Believer, LocalPenalization or ThompsonBatch(joint=False) instead"
    )
