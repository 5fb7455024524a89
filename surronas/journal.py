"""What a loop tells of itself: candidates, rounds, and the journal that remembers them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from surronas.metrics import Calibration
from surronas.store import Records

TOLERANCE = 1e-6  # in the metric's unit: below it two trainings gave the same number


@dataclass(frozen=True)
class Quality:
    """How well a surrogate, fitted to the store, predicts held-out architectures that were sampled."""

    num_held_out: int
    kendall_tau: float
    root_mean_squared_error: float  # in the metric's unit
    calibration: Calibration  # of the surrogate's own central intervals
    kendall_tau_top: float | None = None  # among the tenth measured best; None where these are less than 10


@dataclass(frozen=True)
class Candidate:
    """An architecture that a proposer picked, and what was predicted; ``Measurement`` is what it gave."""

    architecture: tuple[int, ...]
    text: str  # in the benchmark's notation
    proposer: str
    predicted: Mapping[str, tuple[float, float]]  # by surrogate: mean and std, before training


@dataclass(frozen=True)
class Measurement:
    """What training a candidate gave: the mean over the seeds; NaN where a run failed."""

    score: float
    statuses: tuple[str, ...]  # one a seed


@dataclass(frozen=True)
class Incumbent:
    """The best architecture measured so far, by the mean over the seeds of the validation metric."""

    architecture: tuple[int, ...]
    text: str
    score: float


@dataclass(frozen=True)
class Round:
    """One turn of the loop. Round 0 is the store as it was given: nothing is trained in it."""

    number: int
    num_rows: int  # training runs in the store at the end of the round
    candidates: tuple[Candidate, ...]
    measurements: tuple[Measurement, ...]  # of the candidates, in their order
    incumbent: Incumbent
    quality: Mapping[str, Quality]  # by surrogate, fitted to the store at the end of the round

    def __str__(self) -> str:
        """Return the round in one line."""
        taus = ", ".join(f"{name} tau {quality.kendall_tau:.3f}" for name, quality in self.quality.items())
        return (
            f"round {self.number}: {self.num_rows} rows; {taus}; trained {len(self.candidates)}; "
            f"best {self.incumbent.score:.4f} {self.incumbent.text}"
        )


@dataclass(frozen=True)
class Agreement:
    """One training beside the tabulated one of the same architecture, seed and recipe.

    Attributes:
        text: the architecture, in the benchmark's notation.
        fresh: what the training of this run gave, in the metric's unit; NaN if it failed.
        tabulated: what the shipped table holds; NaN if that run failed.
        fresh_device: the hardware of this run; "" if unknown.
        tabulated_device: the hardware of the table's run; "" if unknown.
    """

    text: str
    seed: int
    epochs: int
    fresh: float
    tabulated: float
    fresh_device: str = ""
    tabulated_device: str = ""

    @property
    def difference(self) -> float:
        """Fresh minus tabulated, in the metric's unit; NaN if either failed."""
        return self.fresh - self.tabulated

    @property
    def agrees(self) -> bool:
        """Whether both gave the same number to within 1e-6, or both failed."""
        if math.isnan(self.difference):
            return math.isnan(self.fresh) and math.isnan(self.tabulated)
        return abs(self.difference) <= TOLERANCE


class Journal:
    """Remembers, in memory, what a loop plans and finishes; subclass it to keep it or to show it."""

    def __init__(self) -> None:
        self._plans: dict[int, tuple[Candidate, ...]] = {}
        self._rounds: dict[int, Round] = {}

    def plan(self, number: int) -> tuple[Candidate, ...] | None:
        """Return the candidates planned for a round, None if none are yet."""
        return self._plans.get(number)

    def finished_round(self, number: int) -> Round | None:
        """Return a round that was finished, None if it was not yet."""
        return self._rounds.get(number)

    def planned(self, number: int, candidates: tuple[Candidate, ...]) -> None:
        """Take note of the candidates of a round, before they are trained."""
        self._plans[number] = candidates

    def picked(self, number: int, candidate: Candidate) -> None:
        """Take note of one more candidate of a round that is filled one by one, before it is trained."""
        self._plans[number] = (*self._plans.get(number, ()), candidate)

    def trained(self, row: Records) -> None:
        """Take note of a training, (1,), that is in the store now."""

    def finished(self, round_: Round) -> None:
        """Take note of a finished round."""
        self._rounds[round_.number] = round_
