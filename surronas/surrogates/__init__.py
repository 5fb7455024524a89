"""Surrogates: scikit-learn regressors that predict accuracy, with a standard deviation."""

from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.boosted_trees import XGBoostSurrogate
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate

__all__ = ["GaussianProcessSurrogate", "Matrix", "Surrogate", "Vector", "XGBoostSurrogate", "unfitted"]
