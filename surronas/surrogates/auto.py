"""The surrogate that does best on rows that were left out, of several candidates."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import validate_data

from surronas.errors import InputError
from surronas.metrics import kendall_tau, negative_log_likelihood
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.boosted_trees import XGBoostSurrogate
from surronas.surrogates.folds import fold_of_each_row, out_of_fold
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate
from surronas.surrogates.inner import InnerRegressor
from surronas.surrogates.random_forest import RandomForestSurrogate

_FEWEST_ROWS = 10  # that a choice is made from


class AutoSurrogate(InnerRegressor):
    """One of several surrogates: that of the best score by k-fold cross-validation on the rows given.

    Below ten rows, or with constant targets, it is the first candidate: nothing can be told then.

    Args:
        candidates: surrogates, the one for few rows first; those given stay unfitted. None: a Gaussian
            process, XGBoost and a random forest.
        criterion: "kendall_tau", which ranks, or "likelihood", which also judges the standard deviations.
        num_folds: the fits of each candidate that leave out a fold.
        seed: of the folds.
        groups: (p,) of the features, told to the Gaussian process where ``candidates`` is None.
    """

    def __init__(
        self,
        candidates: Sequence[Surrogate] | None = None,
        *,
        criterion: Literal["kendall_tau", "likelihood"] = "kendall_tau",
        num_folds: int = 5,
        seed: int = 0,
        groups: Sequence[int] | None = None,
    ) -> None:
        self.candidates = candidates
        self.criterion = criterion
        self.num_folds = num_folds
        self.seed = seed
        self.groups = groups

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a state; those saved before ``groups`` was a parameter have none."""
        super().__setstate__({"groups": None} | state)

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: no candidates, fewer than two folds, or an unknown criterion.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        candidates = _default_candidates(self.groups) if self.candidates is None else list(self.candidates)
        if not candidates or self.num_folds < 2:
            raise InputError(
                f"expected at least one candidate and two folds, got {len(candidates)} and {self.num_folds}"
            )
        if self.criterion not in ("kendall_tau", "likelihood"):
            raise InputError(f'criterion: expected "kendall_tau" or "likelihood", got {self.criterion!r}')
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.scores_ = np.zeros(len(candidates))
        if len(candidates) > 1 and len(y) >= _FEWEST_ROWS and np.ptp(y) > 0.0:
            self.scores_ = np.array([self._score(candidate, X, y) for candidate in candidates])
        self.surrogate_ = unfitted(candidates[int(np.argmax(self.scores_))]).fit(X, y)
        return self

    def _score(self, candidate: Surrogate, X: Matrix, y: Vector) -> float:
        """Return the criterion of out-of-fold predictions, more is better."""
        mean, std = out_of_fold(candidate, X, y, fold_of_each_row(len(y), self.num_folds, self.seed))
        if self.criterion == "kendall_tau":
            return kendall_tau(y, mean)
        return -negative_log_likelihood(y, mean, std)


def _default_candidates(groups: Sequence[int] | None) -> list[Surrogate]:
    return [GaussianProcessSurrogate(groups=groups), XGBoostSurrogate(), RandomForestSurrogate()]
