"""Surrogates as an evaluator: a search on predictions, for spaces that no table covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings import Encoding
from surronas.encodings.live_graphs import mixed, name_hash
from surronas.errors import InputError
from surronas.evaluators.base import RecordAxes
from surronas.spaces import Architectures, SearchSpace
from surronas.store import SEED_MEAN, Metric, Records, new_records
from surronas.store.schema import FRACTION

if TYPE_CHECKING:
    from surronas.surrogates import Surrogate  # scikit-learn comes with it: not before it is used

Noise = Literal["none", "seeded"]
NOISES = ("none", "seeded")
ORIGIN = "surrogate"  # of records: none that a store takes, so predictions can't pass for measurements
_BLOCK = 32_768  # architectures encoded and predicted at once


@dataclass(frozen=True)
class Predicted:
    """A metric, and the fitted surrogate that predicts it from an encoding."""

    metric: Metric
    surrogate: Surrogate
    encoding: Encoding


class SurrogateEvaluator:
    """Answers with what surrogates predict, one for each metric, as a table answers with what it holds.

    Predictions are rounded to single precision, so that they do not hang on what else is asked for: sums
    of doubles differ in the last bits by the size of a batch.

    With ``noise="seeded"`` a run of a seed is the prediction plus the surrogate's standard deviation times
    a normal number that depends on architecture, seed and metric alone: the same question has the same
    answer, in any process. The standard deviation holds what the surrogate does not know, besides the
    noise of trainings, so runs of several seeds differ more than real ones do. Fractions are held within
    [0, 1]; metrics of architectures (``per="architecture"``) have no noise, nor has the seed SEED_MEAN.

    Records carry the task, recipe and epochs of what the surrogates were trained on; their device and
    origin are "surrogate", and a store refuses them.

    Raises:
        InputError: nothing predicted, a metric twice, or another word for ``noise``.
    """

    def __init__(
        self,
        space: SearchSpace,
        predicted: Sequence[Predicted],
        axes: RecordAxes,
        *,
        noise: Noise = "none",
        noise_seed: int = 0,
    ) -> None:
        names = [one.metric.name for one in predicted]
        if not names or len(set(names)) < len(names):
            raise InputError(f"expected a surrogate for each of one or more metrics, got {names}")
        if noise not in NOISES:
            raise InputError(f"noise: expected one of {', '.join(NOISES)}, got {noise!r}")
        self.space = space
        self.predicted = tuple(predicted)
        self.axes = axes
        self.noise = noise
        self.noise_seed = noise_seed

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that are predicted; their descriptions say so."""
        return tuple(replace(one.metric, description=_told(one)) for one in self.predicted)

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int]) -> Records:
        """Return one row for each of the n architectures and each seed, architecture by architecture.

        Raises:
            ArchitectureError: the rows are not architectures of the space.
        """
        rows = self.space.validate(architectures)
        records = new_records(len(rows) * len(seeds), self.space.num_decisions, self.metrics)
        records["architecture"] = np.repeat(rows, len(seeds), axis=0)
        records["seed"] = np.tile(np.asarray(seeds, np.int64), len(rows))
        records["task"], records["recipe"] = self.axes.task, self.axes.recipe
        records["epochs"] = self.axes.epochs
        records["device"] = records["origin"] = ORIGIN
        if len(records):
            for one in self.predicted:
                records[one.metric.name] = self._runs(one, rows, seeds).ravel()
        return records

    def _runs(self, one: Predicted, rows: Architectures, seeds: Sequence[int]) -> NDArray[np.float64]:
        """Return (n, seeds) values of one metric."""
        parts = [self._moments(one, rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK)]
        mean, std = (np.concatenate(part)[:, None] for part in zip(*parts, strict=True))
        values = np.repeat(mean, len(seeds), axis=1)
        if self.noise == "seeded" and one.metric.per == "run":
            draws = normal_draws(rows, seeds, one.metric.name, self.noise_seed)
            values += np.where(np.asarray(seeds) == SEED_MEAN, 0.0, std * draws)
        return np.clip(values, 0.0, 1.0) if one.metric.unit == FRACTION else values

    def _moments(self, one: Predicted, rows: Architectures) -> tuple[NDArray[np.float64], ...]:
        """Return mean (n,) and standard deviation (n,), both rounded to single precision."""
        features = one.encoding(self.space, rows)
        if self.noise == "none":
            return _rounded(one.surrogate.predict(features)), np.zeros(len(rows))
        mean, std = one.surrogate.predict(features, return_std=True)
        return _rounded(mean), _rounded(std)


def normal_draws(
    architectures: Architectures, seeds: Sequence[int], name: str, noise_seed: int
) -> NDArray[np.float64]:
    """Return (n, seeds) standard normal numbers that depend on each architecture, seed and the name alone.

    They are hashes, turned into uniform numbers and these into normal ones (Box and Muller 1958): all of a
    space at once, where a generator for each would take 10 us a number.
    """
    word = np.full(len(architectures), name_hash(f"{noise_seed} {name}"), np.uint64)
    for decision in architectures.T:
        word = mixed(word ^ decision.astype(np.uint64))
    seed = np.asarray(seeds, np.int64).view(np.uint64)
    word = mixed(word[:, None] ^ mixed(seed))
    first, second = (((w >> np.uint64(11)) + 0.5) / 2.0**53 for w in (word, mixed(word)))  # in (0, 1)
    draws: NDArray[np.float64] = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
    return draws


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values, np.float32).astype(np.float64)


def _told(one: Predicted) -> str:
    """Return the description of a metric that is predicted."""
    by = type(one.surrogate).__name__
    return f"predicted by a surrogate ({by}), not measured; {one.metric.description}".rstrip("; ")
