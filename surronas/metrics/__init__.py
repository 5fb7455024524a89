"""How good predictions and searches are: plain functions of arrays. SciPy computes where it can."""

from surronas.metrics.errors import mean_absolute_error, r2, root_mean_squared_error
from surronas.metrics.fronts import (
    additive_epsilon,
    front_ranks,
    hypervolume,
    inverted_generational_distance,
    pareto_front,
    running_hypervolume,
)
from surronas.metrics.ranking import (
    kendall_tau,
    precision_at_k,
    regret_at_k,
    sparse_kendall_tau,
    spearman,
)
from surronas.metrics.searches import simple_regret
from surronas.metrics.uncertainty import (
    LEVELS,
    Calibration,
    calibration,
    calibration_of_probabilities,
    negative_log_likelihood,
    sharpness,
)

__all__ = [
    "LEVELS",
    "Calibration",
    "additive_epsilon",
    "calibration",
    "calibration_of_probabilities",
    "front_ranks",
    "hypervolume",
    "inverted_generational_distance",
    "kendall_tau",
    "mean_absolute_error",
    "negative_log_likelihood",
    "pareto_front",
    "precision_at_k",
    "r2",
    "regret_at_k",
    "root_mean_squared_error",
    "running_hypervolume",
    "sharpness",
    "simple_regret",
    "sparse_kendall_tau",
    "spearman",
]
