"""The offline comparison: many searchers, problems and seeds, and what can be said of them."""

from surronas.compare.facts import Failure, ProblemFacts
from surronas.compare.results import COSTS, Comparison

__all__ = ["COSTS", "Comparison", "Failure", "ProblemFacts"]
