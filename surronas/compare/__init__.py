"""The offline comparison: many searchers, problems and seeds, and what can be said of them."""

from surronas.compare.results import COSTS, Comparison, Failure, ProblemFacts

__all__ = ["COSTS", "Comparison", "Failure", "ProblemFacts"]
