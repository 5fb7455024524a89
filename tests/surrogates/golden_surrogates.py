"""Write the golden surrogates that later versions must read: small ones, and what they predict.

    python tests/surrogates/golden_surrogates.py

This is run once for each version of the layout, and for a new surrogate; files that are there are never
written anew, but for a surrogate whose fitted attributes changed before it was ever released.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from surronas.encodings import default_encoding
from surronas.evaluators import Predicted, RecordAxes, SurrogateEvaluator, publish
from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS
from surronas.surrogates import (
    AutoSurrogate,
    BalancedSurrogate,
    BayesianRidgeSurrogate,
    ConformalSurrogate,
    CurveExtrapolation,
    GaussianProcessSurrogate,
    HistogramBoostingSurrogate,
    Matrix,
    MeanSurrogate,
    MLPEnsembleSurrogate,
    MultiFidelityXGBoost,
    MultiTaskGaussianProcess,
    NearestNeighborsSurrogate,
    RandomForestSurrogate,
    RegressorSurrogate,
    StackingSurrogate,
    Surrogate,
    Vector,
    XGBoostQuantileSurrogate,
    XGBoostRankSurrogate,
    XGBoostSurrogate,
)
from surronas.surrogates.saving import TrainedOn, save_surrogate
from surronas.surrogates.tasks import TaskRegressor

GOLDEN = Path(__file__).parents[1] / "data" / "golden_surrogates_v1"
PREDICTIONS, BENCHMARK = GOLDEN / "predictions.json", GOLDEN / "benchmark.h5"
TRAINED_ON = TrainedOn("cell201", "", "valid_accuracy", "digits", '{"epochs": 5}', 5, num_rows=12)
NUM_FITTED = 12


def surrogates() -> dict[str, Surrogate]:
    """Return unfitted surrogates by the name of their file."""

    return {
        "auto": AutoSurrogate((GaussianProcessSurrogate(), BayesianRidgeSurrogate()), num_folds=3),
        "balanced": BalancedSurrogate(GaussianProcessSurrogate(), sample=features()),
        "bayesian_ridge": BayesianRidgeSurrogate(),
        "conformal": ConformalSurrogate(GaussianProcessSurrogate(), num_folds=3),
        "curve_extrapolation": CurveExtrapolation(),
        "gaussian_process": GaussianProcessSurrogate(),
        "histogram_boosting": HistogramBoostingSurrogate(num_rounds=3),
        "mean": MeanSurrogate(),
        "mlp_ensemble": MLPEnsembleSurrogate(num_members=2, num_layers=1, width=4, num_epochs=5),
        "multi_fidelity_xgboost": MultiFidelityXGBoost(num_members=5, num_rounds=3),
        "multi_task": MultiTaskGaussianProcess(),
        "nearest_neighbors": NearestNeighborsSurrogate(),
        "random_forest": RandomForestSurrogate(num_trees=3),
        "regressor": RegressorSurrogate(Ridge(), num_copies=5),
        "stacking": StackingSurrogate((GaussianProcessSurrogate(), BayesianRidgeSurrogate()), num_folds=3),
        "xgboost": XGBoostSurrogate(num_rounds=3, num_members=5),
        "xgboost_quantile": XGBoostQuantileSurrogate(),
        "xgboost_rank": XGBoostRankSurrogate(),
    }


def features() -> np.ndarray:
    """Return the (20, 3) features; the first 12 rows are fitted."""
    return np.round(np.random.default_rng(0).random((20, 3)), 3)


def fit(surrogate: Surrogate, X: Matrix, y: Vector) -> None:
    """Fit a surrogate; to one of several tasks every other row is of the fidelity 12, not 200.

    ``CurveExtrapolation`` takes the three features of a row for the epochs of a curve.
    """
    if isinstance(surrogate, TaskRegressor):
        surrogate.fit(X, y, np.where(np.arange(len(X)) % 2, 12, 200))
    else:
        surrogate.fit(X, y)


def main() -> None:
    """Write what is not there yet."""
    GOLDEN.mkdir(exist_ok=True)
    told = json.loads(PREDICTIONS.read_text()) if PREDICTIONS.exists() else {}
    X = features()
    y = np.round(np.sin(3 * X).sum(axis=1), 3)
    for name, surrogate in surrogates().items():
        path = GOLDEN / f"{name}.h5"
        if path.exists():
            continue
        fit(surrogate, X[:NUM_FITTED], y[:NUM_FITTED])
        save_surrogate(surrogate, path, trained_on=TRAINED_ON)
        mean, std = surrogate.predict(X, return_std=True)
        told[name] = {"mean": mean.tolist(), "std": std.tolist()}
    if not BENCHMARK.exists():
        told["benchmark"] = benchmark()
    PREDICTIONS.write_text(json.dumps(told, indent=1) + "\n")


def benchmark() -> list[float]:
    """Publish a surrogate benchmark; return the noisy validation accuracy of the first 20 cells."""
    space = Cell201()
    cells = space.sample(30, np.random.default_rng(0))
    encoded = default_encoding(space, cells)
    process = GaussianProcessSurrogate().fit(encoded, 0.5 + (cells == 3).mean(axis=1) / 3)
    (accuracy,) = (metric for metric in TRAINING_METRICS if metric.name == "valid_accuracy")
    evaluator = SurrogateEvaluator(
        space,
        [Predicted(accuracy, process, default_encoding)],
        RecordAxes("digits", '{"epochs": 5}', 5),
        noise="seeded",
    )
    publish(evaluator, BENCHMARK, description="convolutions counted", licence="Apache-2.0")
    values: list[float] = evaluator.evaluate(space.from_codes(np.arange(20)), [7])["valid_accuracy"].tolist()
    return values


if __name__ == "__main__":
    main()
