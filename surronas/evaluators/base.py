"""What an evaluator is: the one that answers a search, with records, whatever stands behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from numpy.typing import ArrayLike

from surronas.store import Metric, Records


class Evaluator(Protocol):
    """Says how good architectures are; a table and real training answer with the same records."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that its records carry."""
        ...

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int], /) -> Records:
        """Return one row for each of the n architectures and each seed, architecture by architecture.

        A run that failed is a row with its status; it is never left out and never given a made-up score.
        """
        ...


@dataclass(frozen=True)
class RecordAxes:
    """Where an evaluator's records lie in a store."""

    task: str
    recipe: str  # canonical JSON
    epochs: int


class StreamingEvaluator(Protocol):
    """An evaluator that hands over each run as it ends, so that it can be kept at once."""

    @property
    def axes(self) -> RecordAxes:
        """The task, recipe and epochs of its records."""
        ...

    def stream(self, architectures: ArrayLike, seeds: Sequence[int], /) -> Iterator[Records]:
        """Yield one (1,) row for each of the n architectures, trained with its own of n seeds."""
        ...
