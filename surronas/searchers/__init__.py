"""Searchers: ask for architectures, tell their scores."""

from surronas.searchers.bananas import Bananas
from surronas.searchers.base import Searcher
from surronas.searchers.bayesian_optimization import BayesianOptimization
from surronas.searchers.local_search import LocalSearch
from surronas.searchers.nas_bowl import NasBowl
from surronas.searchers.npenas import NPENAS
from surronas.searchers.pool import Pool
from surronas.searchers.predictor_evolution import PredictorGuidedEvolution
from surronas.searchers.random_search import RandomSearch
from surronas.searchers.regularized_evolution import RegularizedEvolution
from surronas.searchers.tree_parzen import TPE

__all__ = [
    "NPENAS",
    "TPE",
    "Bananas",
    "BayesianOptimization",
    "LocalSearch",
    "NasBowl",
    "Pool",
    "PredictorGuidedEvolution",
    "RandomSearch",
    "RegularizedEvolution",
    "Searcher",
]
