"""Boosted trees that each leave out a fold: what those with xgboost's own objectives share."""

from collections.abc import Mapping

import numpy as np
import xgboost
from numpy.typing import NDArray

from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.boosted_trees import growth

NUM_FOLDS = 5
Parameters = Mapping[str, str | float | list[float]]


def boost_folds(
    X: Matrix, targets: Vector, fold: NDArray[np.int64], parameters: Parameters
) -> list[xgboost.Booster]:
    """Return a model for each fold, boosted on the rows of the others; of one fold, on its own rows."""
    num_rounds, max_depth = growth(len(X))
    settings = {"max_depth": max_depth, "tree_method": "hist", **parameters}
    boosters = []
    for number in range(int(fold.max()) + 1):
        learned = fold != number if fold.max() > 0 else fold == 0
        data = xgboost.QuantileDMatrix(X[learned], targets[learned], nthread=parameters["nthread"])
        boosters.append(xgboost.train(settings, data, num_rounds))
    return boosters


def left_out(values: NDArray[np.float64], fold: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each row what the model without its fold says, of values (models, n, ...)."""
    return values[fold, np.arange(len(fold))]
