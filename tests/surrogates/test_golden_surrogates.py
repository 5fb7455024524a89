"""Files of the first version give what they gave then: golden_surrogates.py says how they were made."""

import json

import numpy as np
import pytest
from golden_surrogates import BENCHMARK, GOLDEN, PREDICTIONS, TRAINED_ON, features, surrogates

import surronas.surrogates
from surronas.evaluators import open_surrogate_benchmark
from surronas.surrogates.saving import read_saved

# Of the range of the predictions; BLAS, scikit-learn and xgboost of other versions or processors differ
# in the last bits of sums (float32 for trees: 1e-7), a changed model by more.
TOLERANCE = 1e-6


@pytest.mark.parametrize("name", sorted(surrogates()))
def test_a_golden_file_predicts_what_it_did(name: str) -> None:
    saved = read_saved(GOLDEN / f"{name}.h5")
    assert saved.trained_on == TRAINED_ON
    expected = json.loads(PREDICTIONS.read_text())[name]
    mean, std = saved.surrogate.predict(features(), return_std=True)
    allowed = TOLERANCE * max(np.ptp(expected["mean"]), 1e-3)
    np.testing.assert_allclose(mean, expected["mean"], rtol=0, atol=allowed)
    np.testing.assert_allclose(std, expected["std"], rtol=0, atol=allowed)


def test_the_golden_benchmark_answers_as_it_did() -> None:
    evaluator = open_surrogate_benchmark(BENCHMARK, noise="seeded")
    values = evaluator.evaluate(evaluator.space.from_codes(np.arange(20)), [7])["valid_accuracy"]
    np.testing.assert_allclose(values, json.loads(PREDICTIONS.read_text())["benchmark"], atol=1e-6)


def test_every_exported_surrogate_has_a_golden_file() -> None:
    exported = {
        kind
        for name in surronas.surrogates.__all__
        if hasattr(kind := getattr(surronas.surrogates, name), "predict") and name != "Surrogate"
    }
    assert exported == {type(surrogate) for surrogate in surrogates().values()}
