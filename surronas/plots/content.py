"""What a report is made of: the rounds, where they come from, and what can be checked against a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surronas.errors import InputError
from surronas.journal import Agreement, Round
from surronas.spaces import Graph
from surronas.store import Metric


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a report shows.

    Attributes:
        command: the exact command line that made the run.
        versions: of Python, surronas and the packages that the numbers depend on.
        settings: of the loop, by name, as text.
        metric: what the search optimised; scores are its mean over ``seeds``.
        rounds: round 0 and those after it.
        agreements: of those trainings that the shipped table holds too; may be empty.
        graph: of the incumbent.
        incumbent_test: the metric of the incumbent on the test split, mean over ``seeds``; None if unknown.
        space: the search space, in words.
        task: the data set and its split, in words.
        recipe: hyper-parameter to value with its unit, as text.

    Raises:
        InputError: no rounds, or no seeds.
    """

    title: str
    command: str
    versions: Mapping[str, str]
    settings: Mapping[str, str]
    metric: Metric
    seeds: Sequence[int]
    rounds: Sequence[Round]
    agreements: Sequence[Agreement]
    graph: Graph
    incumbent_test: float | None
    space: str
    task: str
    recipe: Mapping[str, str]

    def __post_init__(self) -> None:
        if not len(self.rounds) or not len(self.seeds):
            raise InputError(
                f"expected a round and a seed or more to report, got {len(self.rounds)} rounds and seeds "
                f"{list(self.seeds)}; run the loop first"
            )
