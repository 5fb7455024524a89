"""Surrogate benchmarks as problems."""

import json
from pathlib import Path

import numpy as np
import pytest

from surronas.compare import Budget, Setting, SurrogateProblem, compare
from surronas.compare.run import run
from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.evaluators import Predicted, RecordAxes, SurrogateEvaluator, open_surrogate_benchmark, publish
from surronas.searchers import LocalSearch, RandomSearch
from surronas.spaces import SearchSpace, space_named
from surronas.store import SEED_MEAN, TRAINING_METRICS
from surronas.surrogates import BayesianRidgeSurrogate

METRICS = {metric.name: metric for metric in TRAINING_METRICS}
AXES = RecordAxes("digits", json.dumps({"epochs": 5}), 5)


def published(space: SearchSpace, folder: Path, *names: str) -> Path:
    """Return a file with surrogates of metrics."""
    cells = space.sample(40, np.random.default_rng(0))
    predicted = []
    for number, name in enumerate(names):
        worth = 0.5 + 0.01 * (cells == number % 2).sum(axis=1)
        predicted.append(
            Predicted(METRICS[name], BayesianRidgeSurrogate().fit(one_hot(space, cells), worth), one_hot)
        )
    path = folder / f"{space.name}.surrogate"
    publish(SurrogateEvaluator(space, predicted, AXES), path)
    return path


def test_a_small_space_is_a_table_of_predictions(tmp_path: Path) -> None:
    space = space_named("cell201")
    problem = SurrogateProblem(published(space, tmp_path, "valid_accuracy", "test_accuracy", "train_seconds"))
    answers = problem.opened()
    cells = space.canonical(space.sample(5, np.random.default_rng(1)))
    columns = answers.columns(answers.places(cells), [0] * 5)
    records = open_surrogate_benchmark(problem.path).evaluate(cells, [SEED_MEAN])
    np.testing.assert_array_equal(columns.scores, records["valid_accuracy"])
    np.testing.assert_array_equal(columns.test, records["test_accuracy"])
    np.testing.assert_array_equal(columns.train_seconds, records["train_seconds"])
    assert answers.facts.optimum == answers.scores.max()
    assert answers.facts.split_words == (
        "searched on valid_accuracy as BayesianRidgeSurrogate predicts it (task digits): nothing is "
        "measured; reported of the best so far: test_accuracy, predicted too"
    )
    found = compare({"random": RandomSearch}, [problem], seeds=2, budget=9, workers=1)
    assert (found.regret >= 0).all()


def test_a_space_without_end_is_predicted_as_it_is_asked(tmp_path: Path) -> None:
    problem = SurrogateProblem(published(space_named("darts"), tmp_path, "valid_accuracy"))
    answers = problem.opened()
    searches = {"random": RandomSearch, "local": LocalSearch}
    alone = compare(searches, [problem], seeds=12, budget=15, workers=1)
    both = compare(searches, [problem], seeds=12, budget=15, workers=2)
    assert not alone.failures
    np.testing.assert_array_equal(alone.keys, both.keys)
    np.testing.assert_array_equal(alone.scores, both.scores)
    assert np.isnan(alone.regret).all()  # nobody knows the optimum
    assert np.isfinite(alone.incumbents).all()
    np.testing.assert_array_equal(alone.epochs, 5)
    assert answers.costs_known == (False, True)
    assert answers.fingerprint() == problem.opened().fingerprint()
    log = run(
        RandomSearch(answers.pool.space, seed=3, candidates=answers.pool),
        answers,
        Setting(Budget(queries=15), workers=4),
        3,
    )
    assert len(set(log.places)) == 15


def test_test_metrics_are_refused(tmp_path: Path) -> None:
    path = published(space_named("cell201"), tmp_path, "test_accuracy")
    with pytest.raises(InputError, match="test split"):
        SurrogateProblem(path, metric="test_accuracy").opened()
