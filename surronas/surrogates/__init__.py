"""Surrogates: scikit-learn regressors that predict accuracy, with a standard deviation."""

from surronas.surrogates.auto import AutoSurrogate
from surronas.surrogates.balanced import BalancedSurrogate
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.bayesian_ridge import BayesianRidgeSurrogate
from surronas.surrogates.boosted_trees import XGBoostSurrogate
from surronas.surrogates.conformal import ConformalSurrogate
from surronas.surrogates.curve_extrapolation import CurveExtrapolation
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate
from surronas.surrogates.histogram_boosting import HistogramBoostingSurrogate
from surronas.surrogates.mean import MeanSurrogate
from surronas.surrogates.mlp_ensemble import MLPEnsembleSurrogate
from surronas.surrogates.multi_fidelity_trees import MultiFidelityXGBoost
from surronas.surrogates.multi_task import MultiTaskGaussianProcess
from surronas.surrogates.nearest_neighbors import NearestNeighborsSurrogate
from surronas.surrogates.quantile_boosting import XGBoostQuantileSurrogate
from surronas.surrogates.random_forest import RandomForestSurrogate
from surronas.surrogates.rank_boosting import XGBoostRankSurrogate
from surronas.surrogates.regressor import RegressorSurrogate
from surronas.surrogates.stacking import StackingSurrogate

__all__ = [
    "AutoSurrogate",
    "BalancedSurrogate",
    "BayesianRidgeSurrogate",
    "ConformalSurrogate",
    "CurveExtrapolation",
    "GaussianProcessSurrogate",
    "HistogramBoostingSurrogate",
    "MLPEnsembleSurrogate",
    "Matrix",
    "MeanSurrogate",
    "MultiFidelityXGBoost",
    "MultiTaskGaussianProcess",
    "NearestNeighborsSurrogate",
    "RandomForestSurrogate",
    "RegressorSurrogate",
    "StackingSurrogate",
    "Surrogate",
    "Vector",
    "XGBoostQuantileSurrogate",
    "XGBoostRankSurrogate",
    "XGBoostSurrogate",
    "unfitted",
]
