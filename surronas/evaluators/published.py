"""Surrogate benchmarks: fitted surrogates, encodings and a space in one file, for others to search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.evaluators.base import RecordAxes
from surronas.evaluators.surrogate import Noise, Predicted, SurrogateEvaluator
from surronas.spaces import Architectures
from surronas.store import Metric

FORMAT = "surronas-surrogate-benchmark"
_SPOTS = 64  # architectures whose predictions are kept, to tell whether they still come out
_TOLERANCE = (
    1e-5  # of the predictions' range: other versions of BLAS differ by far less, other models by more
)


def publish(
    evaluator: SurrogateEvaluator, path: str | Path, *, description: str = "", licence: str = ""
) -> None:
    """Write a surrogate benchmark to a file that ``open_surrogate_benchmark`` reads, and nothing executes.

    With it go the predictions of 64 architectures: a version that predicts otherwise will say so.

    Raises:
        NotFittedError: a surrogate is not fitted.
        InputError: a surrogate, encoding or space that can't be restored without running code; encodings
            that look into a table are of that kind.
        StoreError: the disk is full, or the folder missing or read-only.
    """
    from surronas.surrogates.saving import write_state

    spots = evaluator.space.sample(_SPOTS, np.random.default_rng(0))
    axes = evaluator.axes
    models = [
        {
            "metric": one.metric.to_json(),
            "surrogate": one.surrogate,
            "encoding": one.encoding,
            "spots": _predictions(evaluator, one.metric.name, spots),
        }
        for one in evaluator.predicted
    ]
    about = {
        "description": description,
        "licence": licence,
        "space": evaluator.space.name,
        "metrics": [metric.to_json() for metric in evaluator.metrics],
        "surrogates": [type(one.surrogate).__name__ for one in evaluator.predicted],
        "task": axes.task,
        "recipe": axes.recipe,
        "epochs": axes.epochs,
    }
    state = {
        "space": evaluator.space,
        "task": axes.task,
        "recipe": axes.recipe,
        "epochs": axes.epochs,
        "noise_seed": evaluator.noise_seed,
        "models": models,
        "spots": spots,
    }
    write_state(Path(path), FORMAT, about, state)


def open_surrogate_benchmark(path: str | Path, *, noise: Noise = "none") -> SurrogateEvaluator:
    """Return the surrogate benchmark in a file, to be searched as a table is.

    Raises:
        StoreError: the file is not there, damaged, or of a later version.
        InputError: no surrogate benchmark, one that this version does not know, or one whose surrogates
            do not predict what they did when they were published.
    """
    from surronas.surrogates.saving import read_state

    about, state = read_state(Path(path), FORMAT)
    evaluator = SurrogateEvaluator(
        state["space"],
        [
            Predicted(Metric.from_json(model["metric"]), model["surrogate"], model["encoding"])
            for model in state["models"]
        ],
        RecordAxes(state["task"], state["recipe"], state["epochs"]),
        noise=noise,
        noise_seed=state["noise_seed"],
    )
    for model in state["models"]:
        name = model["metric"]["name"]
        away = np.abs(_predictions(evaluator, name, state["spots"]) - model["spots"]).max()
        if not away <= _TOLERANCE * max(float(np.ptp(model["spots"])), 1e-12):
            raise InputError(
                f"{path}: predictions of {name} are up to {away:.2g} away from those at publishing; "
                f"use the versions that it was written with: {about['versions']}"
            )
    return evaluator


def describe_surrogate_benchmark(path: str | Path) -> dict[str, Any]:
    """Return what a surrogate benchmark says of itself: space, metrics, axes, versions, description, licence.

    Raises:
        StoreError: the file is not there, damaged, or of a later version.
        InputError: no surrogate benchmark.
    """
    from surronas.surrogates.saving import read_state

    return read_state(Path(path), FORMAT)[0]


def _predictions(
    evaluator: SurrogateEvaluator, name: str, architectures: Architectures
) -> NDArray[np.float64]:
    """Return (n,) predictions of a metric without noise."""
    (one,) = (one for one in evaluator.predicted if one.metric.name == name)
    plain = SurrogateEvaluator(evaluator.space, [one], evaluator.axes)
    values: NDArray[np.float64] = plain.evaluate(architectures, [0])[name]
    return values
