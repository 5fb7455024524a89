"""Searchers: ask for architectures, tell their scores."""

from surronas.searchers.base import Searcher
from surronas.searchers.bayesian_optimization import BayesianOptimization
from surronas.searchers.local_search import LocalSearch
from surronas.searchers.pool import Pool
from surronas.searchers.random_search import RandomSearch
from surronas.searchers.regularized_evolution import RegularizedEvolution

__all__ = ["BayesianOptimization", "LocalSearch", "Pool", "RandomSearch", "RegularizedEvolution", "Searcher"]
