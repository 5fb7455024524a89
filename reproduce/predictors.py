"""Published predictors, as their papers set them, and how they are judged: of scripts that reproduce them.

NASLib's parameters (naslib/predictors/trees/xgb.py, .../gp.py) and NAS-Bench-301's random forest; targets are
standardised, accuracies are in percent. Judged as in NASLib's predictor runner: architectures to learn from
and others to judge on are drawn uniformly; isomorphic twins may lie on both sides.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import xgboost
from claims import CALC, Report, pooled
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import BayesianRidge

from surronas.commands.names import DEFAULT_ENCODING, ENCODINGS
from surronas.encodings import Encoding, concatenate
from surronas.errors import InputError
from surronas.evaluation import Contender, Results, grouped
from surronas.metrics import kendall_tau
from surronas.spaces import Architectures, SearchSpace
from surronas.surrogates import GaussianProcessSurrogate, XGBoostSurrogate, unfitted

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
LENGTHSCALES = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)  # in differing decisions, square roots
NOISES = (0.01, 0.03, 0.1, 0.3, 0.6)  # of the targets' variance

TINY = 1e-12  # of constant targets


class Standardised(RegressorMixin, BaseEstimator):
    """A regressor on standardised targets, as NASLib feeds its predictors."""

    def __init__(self, regressor: BaseEstimator) -> None:
        self.regressor = regressor

    def fit(self, X: Array, y: Array) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,)."""
        self.mean_, self.std_ = float(y.mean()), float(y.std()) or 1.0
        self.regressor.fit(X, (y - self.mean_) / self.std_)
        return self

    def predict(self, X: Array) -> Array:
        """Return predictions (n,)."""
        return self.mean_ + self.std_ * np.asarray(self.regressor.predict(X), np.float64)


class HammingProcess(RegressorMixin, BaseEstimator):
    """A Gaussian process of kernel exp(-h / 2l²), h the number of decisions that differ (one-hot columns).

    Lengthscale and noise are those of the highest marginal likelihood on a grid.
    """

    def fit(self, X: Array, y: Array) -> Self:
        """Return itself, fitted to one-hot features (n, p) and targets (n,)."""
        self.X_, self.mean_ = X, float(y.mean())
        distances, best = _differing(X, X), -np.inf
        for lengthscale in LENGTHSCALES:
            vectors, weights = _eigen(np.exp(-distances / (2 * lengthscale**2)), y - self.mean_)
            for noise in NOISES:
                scale = vectors[0] + noise
                variance = max(float((weights**2 / scale).mean()), TINY)
                likelihood = -0.5 * (len(y) * np.log(variance) + np.log(scale).sum())
                if likelihood > best:
                    best, self.lengthscale_ = likelihood, lengthscale
                    self.alpha_ = vectors[1] @ (weights / scale)
        return self

    def predict(self, X: Array) -> Array:
        """Return predictions (n,)."""
        kernel = np.exp(-_differing(X, self.X_) / (2 * self.lengthscale_**2))
        return self.mean_ + np.asarray(kernel @ self.alpha_, np.float64)


def _differing(a: Array, b: Array) -> Array:
    """Return (n, m) how many decisions differ between one-hot rows."""
    return a.sum(axis=1)[:, None] - a @ b.T


def _eigen(kernel: Array, y: Array) -> tuple[tuple[Array, Array], Array]:
    """Return eigenvalues (n,) and vectors (n, n) of a kernel, and the targets (n,) in them."""
    values, vectors = np.linalg.eigh(kernel)
    return (np.maximum(values, 0.0), vectors), vectors.T @ y


def stock_xgboost() -> Standardised:
    """Return NASLib's XGBoost predictor: 500 rounds of depth 6, learning rate .3."""
    return Standardised(
        xgboost.XGBRegressor(
            n_estimators=500, max_depth=6, min_child_weight=1, learning_rate=0.3, n_jobs=1, random_state=0
        )
    )


def stock_forest() -> Standardised:
    """Return a random forest with NAS-Bench-301's parameters."""
    return Standardised(
        RandomForestRegressor(
            116, max_features=0.1706, min_samples_leaf=2, bootstrap=False, n_jobs=1, random_state=0
        )
    )


def stock_ridge() -> Standardised:
    """Return scikit-learn's Bayesian ridge regression."""
    return Standardised(BayesianRidge())


PATH_EDGES = ((3,), (0, 4), (1, 5), (0, 2, 5))  # from input to output, as edges of the benchmark's string


def all_paths(space: SearchSpace, architectures: Architectures) -> Array:
    """Return (n, 155): which sequences of one to three operations lead from input to output of a cell.

    naszilla's path encoding of NAS-Bench-201: sequences through ``none`` have columns too.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
    """
    rows = space.validate(architectures).astype(np.int64)
    features = np.zeros((len(rows), 5 + 5**2 + 5**3))
    for edges in PATH_EDGES:
        number = np.zeros(len(rows), np.int64)
        for edge in edges:
            number = 5 * number + rows[:, edge]
        first = sum(5**length for length in range(1, len(edges)))
        features[np.arange(len(rows)), first + number] = 1.0
    return features


def ours(space: SearchSpace, *besides: Encoding) -> list[Contender]:
    """Return our two default surrogates on the default encoding, with other encodings beside it."""
    encoding, name = ENCODINGS[DEFAULT_ENCODING](), DEFAULT_ENCODING
    if besides:
        encoding = concatenate(*getattr(encoding, "encodings", (encoding,)), *besides)
        name += " and proxies"
    surrogates = {"our GP": GaussianProcessSurrogate(), "our XGBoost": XGBoostSurrogate()}
    return [grouped(Contender(k, s, name, encoding), space) for k, s in surrogates.items()]


Scores = dict[str, dict[int, dict[str, Array]]]  # by contender, train size and score: (seeds,)
KEPT = ("kendall_tau", "spearman", "sparse_kendall_tau")


def by_contender(results: Results) -> tuple[Scores, dict[str, object]]:
    """Return every seed's scores by contender and train size, and their means and deviations as JSON.

    Raises:
        InputError: a fit failed: a mean over the others would not be that of the protocol.
    """
    if failed := [fit for fit in results.fits if fit.error]:
        raise InputError(f"{len(failed)} fits failed; {failed[0].surrogate}: {failed[0].error}")
    found: Scores = {}
    for fit in results.fits:
        row = found.setdefault(fit.surrogate, {}).setdefault(fit.num_train, {})
        for kind in KEPT:
            if kind in fit.scores:
                row[kind] = np.append(row.get(kind, ()), fit.scores[kind])
    return found, {name: summary(rows) for name, rows in found.items()}


def summary(rows: Mapping[int, Mapping[str, Array]]) -> dict[str, object]:
    """Return sizes, and the mean and deviation of every score at each of them, as JSON."""
    kept: dict[str, object] = {"sizes": list(rows)}
    for kind in next(iter(rows.values())):
        kept[kind] = [round(float(row[kind].mean()), 4) for row in rows.values()]
        kept[f"{kind}_deviation"] = [round(float(row[kind].std(ddof=1)), 4) for row in rows.values()]
    return kept


def beside_calculated(
    report: Report,
    where: str,
    what: str,
    values: Array,
    published: float,
    tolerance: float,
    num_published: int,
    deviation: float | None = None,
    tag: str = CALC,
) -> bool:
    """Assert a mean over seeds (n,): within a tolerance, or 3 standard errors where these are more.

    ``deviation`` is the published one of a seed; None: that of ours stands for it.
    """
    spread = pooled(values, float(values.std(ddof=1)) if deviation is None else deviation, num_published)
    limit = max(tolerance, 3 * spread * float(np.sqrt(1 / len(values) + 1 / num_published)))
    return report.near(where, what, float(values.mean()), published, limit, tag)


def tau_of(
    contender: Contender, features: Array, values: Array, trained: Rows, judged: list[Rows]
) -> list[float]:
    """Return Kendall's tau on each set of rows, of a contender that learnt from the rows ``trained``."""
    fitted = unfitted(contender.surrogate).fit(features[trained], values[trained])
    every = np.unique(np.concatenate(judged))
    predicted = np.full(len(values), np.nan)
    predicted[every] = fitted.predict(features[every])
    return [kendall_tau(values[rows], predicted[rows]) for rows in judged]
