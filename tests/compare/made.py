"""Comparisons made by hand, whose answers are known."""

import numpy as np

from surronas.compare import Comparison, ProblemFacts


def facts(name: str = "toy", optimum: float = 0.9, **other: object) -> ProblemFacts:
    """Return facts of a problem that is searched on valid_accuracy."""
    given = {
        "metric": "valid_accuracy",
        "sign": 1.0,
        "unit": "fraction",
        "test_metric": "test_accuracy",
        "split_words": "searched on valid_accuracy (validation split); reported: test_accuracy",
        "test_optimum": 0.95,
        "num_networks": 100,
        "num_optima": 1,
        "test_unit": "fraction",
    }
    return ProblemFacts(**{"name": name, "optimum": optimum, **given, **other})


def comparison(scores: np.ndarray, keys: np.ndarray | None = None, **other: object) -> Comparison:
    """Return a comparison of scores (S, P, R, Q); test scores lie 0.01 below, every query costs 10 s."""
    shape = scores.shape
    if keys is None:
        keys = np.broadcast_to(np.arange(shape[-1]), shape).copy()
    asked = keys >= 0
    given = {
        "searchers": tuple("abcdefghijkl"[: shape[0]]),
        "problems": tuple(facts(f"toy {place}") for place in range(shape[1])),
        "seeds": tuple(range(shape[2])),
        "test": scores - 0.01,
        "train_seconds": np.where(asked, 10.0, np.nan),
        "epochs": np.where(asked, 3.0, np.nan),
        "decision_seconds": np.where(asked, 0.001, np.nan),
        "clock": np.where(asked, 10.0 * np.cumsum(asked, axis=-1), np.nan),
        "settings": {"budget": shape[-1]},
    }
    return Comparison(**{"scores": scores, "keys": keys, **given, **other})
