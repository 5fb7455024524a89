"""What each feature contributes to a prediction of boosted trees, by xgboost's own account (TreeSHAP)."""

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.surrogates.base import Matrix
from surronas.surrogates.boosted_trees import XGBoostSurrogate


def feature_contributions(surrogate: XGBoostSurrogate, X: Matrix) -> NDArray[np.float64]:
    """Return (n, p + 1) contributions of p features, and the trees' mean in the last column.

    They are exact Shapley values of the trees for the rows that these were grown on (Lundberg et al. 2018),
    and means over the members. Rows sum to the prediction of the warped target: of ``warp_.latent``, not
    of the target, whose scale is not the same everywhere.

    Raises:
        NotFittedError: ``fit`` was not called.
        ValueError: X has another number of features than in ``fit``, or is not finite.
    """
    check_is_fitted(surrogate)
    X = validate_data(surrogate, X, reset=False, dtype=np.float64)
    given = surrogate.booster_.predict(xgboost.DMatrix(X, nthread=surrogate.n_jobs), pred_contribs=True)
    members = np.asarray(given, np.float64).reshape(len(X), -1, X.shape[1] + 1)
    contributions: NDArray[np.float64] = members.mean(axis=1)
    return contributions
