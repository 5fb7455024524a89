"""What a report must know of a problem, and of a search that raised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemFacts:
    """What a report must know of a problem."""

    name: str
    metric: str  # that is searched
    sign: float  # score = sign * metric: a score is better the larger it is
    unit: str
    test_metric: str | None  # that is reported of the best so far; None: the table has no such
    split_words: str  # what was searched and what is reported, for people
    optimum: float  # the best score that a query can have
    test_optimum: float  # value of the test metric of its best architecture, NaN without a test metric
    num_networks: int  # distinct ones that can be asked
    num_optima: int  # of them at the optimum
    test_sign: float = 1.0  # of the test metric: 1 where more is better
    test_unit: str = ""


@dataclass(frozen=True)
class Failure:
    """A search that raised: its numbers are NaN throughout, its keys -1."""

    searcher: str
    problem: str
    seed: int
    message: str
