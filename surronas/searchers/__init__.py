"""Searchers: ask for architectures, tell their scores."""

from surronas.searchers.bananas import Bananas
from surronas.searchers.base import Searcher
from surronas.searchers.bayesian_optimization import BayesianOptimization
from surronas.searchers.genetic_algorithm import GeneticAlgorithm
from surronas.searchers.hill_climbing import HillClimbing
from surronas.searchers.local_search import LocalSearch
from surronas.searchers.nas_bowl import NasBowl
from surronas.searchers.npenas import NPENAS
from surronas.searchers.pool import Pool
from surronas.searchers.predictor_evolution import PredictorGuidedEvolution
from surronas.searchers.q_learning import QLearning
from surronas.searchers.random_search import RandomSearch
from surronas.searchers.regularized_evolution import RegularizedEvolution
from surronas.searchers.reinforce import Reinforce
from surronas.searchers.simulated_annealing import SimulatedAnnealing
from surronas.searchers.tree_parzen import TPE
from surronas.searchers.warm_start import WarmStart, warm_start

__all__ = [
    "NPENAS",
    "TPE",
    "Bananas",
    "BayesianOptimization",
    "GeneticAlgorithm",
    "HillClimbing",
    "LocalSearch",
    "NasBowl",
    "Pool",
    "PredictorGuidedEvolution",
    "QLearning",
    "RandomSearch",
    "RegularizedEvolution",
    "Reinforce",
    "Searcher",
    "SimulatedAnnealing",
    "WarmStart",
    "warm_start",
]
