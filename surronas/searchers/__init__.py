"""Searchers: ask for architectures, tell their scores."""

from surronas.searchers.asha import ASHA
from surronas.searchers.bananas import Bananas
from surronas.searchers.base import Searcher
from surronas.searchers.bayesian_optimization import BayesianOptimization
from surronas.searchers.bohb import BOHB
from surronas.searchers.fidelity import FidelitySearcher, InFull
from surronas.searchers.freeze_thaw import FreezeThaw
from surronas.searchers.genetic_algorithm import GeneticAlgorithm
from surronas.searchers.hill_climbing import HillClimbing
from surronas.searchers.hyperband import Hyperband
from surronas.searchers.local_search import LocalSearch
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.searchers.multi_objective_bayesian import MultiObjectiveBayesianOptimization
from surronas.searchers.multi_objective_local import MultiObjectiveLocalSearch
from surronas.searchers.nas_bowl import NasBowl
from surronas.searchers.npenas import NPENAS
from surronas.searchers.nsga2 import NSGA2
from surronas.searchers.pool import Pool
from surronas.searchers.predictor_evolution import PredictorGuidedEvolution
from surronas.searchers.q_learning import QLearning
from surronas.searchers.random_search import RandomSearch
from surronas.searchers.regularized_evolution import RegularizedEvolution
from surronas.searchers.reinforce import Reinforce
from surronas.searchers.simulated_annealing import SimulatedAnnealing
from surronas.searchers.successive_halving import SuccessiveHalving
from surronas.searchers.tree_parzen import TPE
from surronas.searchers.warm_start import WarmStart, warm_start

__all__ = [
    "ASHA",
    "BOHB",
    "NPENAS",
    "NSGA2",
    "TPE",
    "Bananas",
    "BayesianOptimization",
    "FidelitySearcher",
    "FreezeThaw",
    "GeneticAlgorithm",
    "HillClimbing",
    "Hyperband",
    "InFull",
    "LocalSearch",
    "MultiObjectiveBayesianOptimization",
    "MultiObjectiveLocalSearch",
    "MultiObjectiveSearcher",
    "NasBowl",
    "Pool",
    "PredictorGuidedEvolution",
    "QLearning",
    "RandomSearch",
    "RegularizedEvolution",
    "Reinforce",
    "Searcher",
    "SimulatedAnnealing",
    "SuccessiveHalving",
    "WarmStart",
    "warm_start",
]
