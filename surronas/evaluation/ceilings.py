"""Noise ceilings: how well even a perfect surrogate could rank what was measured with noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.evaluation.target import Target
from surronas.metrics import kendall_tau

_FEWEST = 20  # rows that a ceiling is computed on
_SAME = 1e-9  # values nearer than that are of the same run


@dataclass(frozen=True)
class Ceiling:
    """One estimate of the highest Kendall tau to hope for.

    Attributes:
        name: of which noise, and to which side it errs if any, in two or three words.
        kendall_tau: in [-1, 1].
        num_rows: architectures that it was computed on.
        words: what was ranked against what.
    """

    name: str
    kendall_tau: float
    num_rows: int
    words: str


def noise_ceilings(target: Target) -> tuple[Ceiling, ...]:
    """Return the ceilings that the target allows to estimate; none where it has neither seeds nor twins."""
    return (*_from_seeds(target), *_from_twins(target))


def _from_seeds(target: Target) -> Iterator[Ceiling]:
    if not target.of_seeds:
        yield from _from_other_seeds(target)
        return
    rows = np.isfinite(target.by_seed).all(axis=1)
    values, num_seeds = target.by_seed[rows], target.by_seed.shape[1]
    if num_seeds < 2 or rows.sum() < _FEWEST:
        return
    half = num_seeds // 2
    halves = [np.arange(num_seeds) == seed for seed in range(num_seeds)] if half == 1 else _halves(num_seeds)
    taus = [kendall_tau(values[:, one].mean(axis=1), values[:, ~one].mean(axis=1)) for one in halves]
    parts = f"{half} seed{'s' if half > 1 else ''} against the mean of the other {num_seeds - half}"
    yield Ceiling("seeds, errs low", float(np.mean(taus)), len(values), f"{parts}: both sides are noisy")
    yield Ceiling(
        "seeds, errs high",
        _measured_again(values),
        len(values),
        f"the mean of {num_seeds} seeds against itself with their noise added anew",
    )


def _halves(num_seeds: int) -> list[NDArray[np.bool_]]:
    """Return (S,) masks of half the seeds, ten drawn with a fixed seed."""
    rng = np.random.default_rng(0)
    return [rng.permutation(num_seeds) < num_seeds // 2 for _ in range(10)]


def _measured_again(values: NDArray[np.float64]) -> float:
    """Return tau between means over seeds and the same plus noise of their standard errors."""
    rng, means = np.random.default_rng(0), values.mean(axis=1)
    errors = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
    return float(np.mean([kendall_tau(means, rng.normal(means, errors)) for _ in range(5)]))


def _from_other_seeds(target: Target) -> Iterator[Ceiling]:
    """Yield tau between the target, of one seed or the source's mean, and single seeds that it is not."""
    for column in target.by_seed.T:
        rows = np.isfinite(column)
        if rows.sum() >= _FEWEST and np.abs(column - target.values)[rows].max() > _SAME:
            tau = kendall_tau(target.values[rows], column[rows])
            yield Ceiling(
                "another seed", tau, int(rows.sum()), "the target against another seed of the store"
            )


def _from_twins(target: Target) -> Iterator[Ceiling]:
    """Yield tau between each architecture and the mean of its isomorphic twins, the same network.

    Of what is trained alone: dead operations cost time on many devices, so there twins do differ.
    """
    if target.metric.per != "run":
        return
    count = np.bincount(target.classes)[target.classes]
    rows = count > 1
    if rows.sum() < _FEWEST:
        return
    total = np.bincount(target.classes, target.values)[target.classes]
    others = (total - target.values)[rows] / (count - 1)[rows]
    tau = kendall_tau(target.values[rows], others)
    yield Ceiling(
        "isomorphic twins", tau, int(rows.sum()), "an architecture against the mean of its isomorphic twins"
    )
