"""Any regressor of scikit-learn's as a surrogate: bagging (Breiman 1996) gives it a standard deviation."""

from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import fit_error_variance
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

_GRAIN = 2.0**-20  # of targets: equal splits of trees tie by feature, never by rounding or unit


class Regressor(Protocol):
    """What scikit-learn's regressors have in common."""

    def fit(self, X: Matrix, y: Vector) -> object:
        """Learn from features (n, p) and targets (n,)."""
        ...

    def predict(self, X: Matrix) -> Vector:
        """Return predictions (n,)."""
        ...


class RegressorSurrogate(WarpedRegressor):
    """The mean of a regressor's copies, each fitted to a bootstrap sample of the rows, on warped targets.

    The variance of a prediction is a line in the variance between the copies, fitted to the errors on rows
    that a copy did not see (``ErrorVariance``), so that its intervals hold what they say whatever the
    regressor is. It costs ``num_copies`` fits. A regressor that knows ``predict(X, return_std=True)`` is a
    surrogate already and needs none of this.

    Args:
        estimator: any scikit-learn regressor or pipeline; the one given stays unfitted.
        num_copies: fits to bootstrap samples.
        seed: of the samples, and of the ``random_state`` that the estimator leaves open.
    """

    def __init__(self, estimator: Regressor, *, num_copies: int = 20, seed: int = 0) -> None:
        self.estimator = estimator
        self.num_copies = num_copies
        self.seed = seed

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: fewer than two copies.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        if self.num_copies < 2:
            raise InputError(f"num_copies: expected 2 or more, got {self.num_copies}")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = np.round(self.warp_.latent(y.astype(np.float64)) / _GRAIN) * _GRAIN
        rng, n = np.random.default_rng(self.seed), len(X)
        self.copies_: list[Regressor] = []
        unseen = np.ones((self.num_copies, n), np.bool_)
        for left_out in unseen:
            drawn = rng.integers(n, size=n)
            left_out[drawn] = False
            self.copies_.append(self._copy(int(rng.integers(2**31))))
            self.copies_[-1].fit(X[drawn], z[drawn])
        told = unseen.sum(axis=0) > 1
        mean, spread = _moments(self._predicted(X[told]), unseen[:, told])
        self.error_variance_ = fit_error_variance(z[told] - mean, spread)
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        mean, spread = _moments(self._predicted(X), np.ones((len(self.copies_), len(X)), np.bool_))
        return mean, np.sqrt(self.error_variance_(spread))

    def _predicted(self, X: Matrix) -> Matrix:
        """Return (copies, n) the predictions of each copy."""
        if not len(X):
            return np.empty((len(self.copies_), 0))
        return np.stack([np.asarray(copy.predict(X), np.float64).reshape(len(X)) for copy in self.copies_])

    def _copy(self, seed: int) -> Regressor:
        """Return an unfitted copy of the estimator, with a seed where it leaves one open."""
        copy: Any = clone(self.estimator)
        parameters = copy.get_params(deep=True)
        states = [name for name in parameters if name.split("__")[-1] == "random_state"]
        copy.set_params(**{name: seed for name in states if parameters[name] is None})
        return cast(Regressor, copy)


def _moments(predicted: Matrix, counted: NDArray[np.bool_]) -> tuple[Vector, Vector]:
    """Return mean (n,) and variance (n,) of predictions (k, n) over those that count (k, n)."""
    number = counted.sum(axis=0)
    mean = np.where(counted, predicted, 0.0).sum(axis=0) / number
    away = np.where(counted, predicted - mean, 0.0)
    return mean, (away**2).sum(axis=0) / (number - 1)
