"""What surrogates are judged on: architectures with a measured value each, and what was left out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace
from surronas.store import Metric

FEWEST_ROWS = 20  # half to learn from, half to judge: a rank correlation of fewer says nothing


@dataclass(frozen=True)
class Target:
    """Architectures and their finite values of one metric.

    Attributes:
        space: the search space.
        architectures: (n, d).
        values: (n,) of the metric, in its unit.
        metric: its unit, and whether more is better.
        words: what the values are, as a report says it.
        notes: what a reader has to know: what was left out, which split is missing.
        by_seed: (n, S) the values of single seeds, NaN where one is missing; S may be 0.
        of_seeds: whether the values are the means over ``by_seed``.
        origins: (n,) where each architecture came from, "" where that is unknown.
    """

    space: SearchSpace
    architectures: Architectures
    values: NDArray[np.float64]
    metric: Metric
    words: str
    notes: tuple[str, ...]
    by_seed: NDArray[np.float64]
    of_seeds: bool
    origins: NDArray[np.str_]
    _classes: list[NDArray[np.int64]] = field(default_factory=list, repr=False, compare=False)

    def __len__(self) -> int:
        """Return the number of architectures n."""
        return len(self.values)

    @property
    def classes(self) -> NDArray[np.int64]:
        """(n,) a number for each architecture, which isomorphic twins share."""
        if not self._classes:
            keys = self.space.keys(self.architectures)
            self._classes.append(np.unique(keys, return_inverse=True)[1])
        return self._classes[0]

    @property
    def scores(self) -> NDArray[np.float64]:
        """(n,) values signed so that more is better."""
        return self.metric.sign * self.values


def target_of_arrays(
    space: SearchSpace,
    architectures: ArrayLike,
    values: ArrayLike,
    metric: Metric | None = None,
) -> Target:
    """Return the target of (n, d) architectures with (n,) values; rows with NaN or infinity are left out.

    ``metric`` says unit and direction; None: a score without unit, more is better.

    Raises:
        ArchitectureError: the rows are not architectures of the space.
        InputError: not one value for each, or fewer than 20 finite ones.
    """
    rows, numbers = space.validate(architectures), np.asarray(values, dtype=np.float64)
    if numbers.shape != (len(rows),):
        raise InputError(f"expected one value for each of {len(rows)} architectures, got {numbers.shape}")
    known = metric or Metric("score", None, "", "maximize")
    kept = np.isfinite(numbers)
    notes = [f"left out: {int((~kept).sum())} architectures without a finite value"] if not kept.all() else []
    return finite(space, rows, numbers, known, f"{known.name}, values as given", notes)


def finite(
    space: SearchSpace,
    architectures: Architectures,
    values: NDArray[np.float64],
    metric: Metric,
    words: str,
    notes: list[str],
    by_seed: NDArray[np.float64] | None = None,
    *,
    of_seeds: bool = False,
    origins: NDArray[np.str_] | None = None,
) -> Target:
    """Return the target of the rows with finite values.

    Raises:
        InputError: fewer than 20 of them.
    """
    kept = np.isfinite(values)
    if kept.sum() < FEWEST_ROWS:
        raise InputError(
            f"expected {FEWEST_ROWS} architectures or more with a value of {metric.name}, got {kept.sum()}"
        )
    return Target(
        space,
        architectures[kept],
        values[kept],
        metric,
        words,
        tuple(notes),
        (np.empty((len(values), 0)) if by_seed is None else by_seed)[kept],
        of_seeds,
        (np.full(len(values), "") if origins is None else origins)[kept],
    )
