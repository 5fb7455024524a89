import json
from pathlib import Path

import numpy as np
import pytest
from contracts.evaluator_contract import EvaluatorContract
from sklearn.exceptions import NotFittedError

import surronas.encodings
from surronas.encodings import (
    concatenate,
    live_one_hot_counts,
    one_hot,
    operation_counts,
    paths,
    standardized,
    whole_space,
)
from surronas.errors import InputError, StoreError, SurronasError
from surronas.evaluators import (
    Evaluator,
    Predicted,
    RecordAxes,
    SurrogateEvaluator,
    TabularEvaluator,
    describe_surrogate_benchmark,
    open_surrogate_benchmark,
    publish,
)
from surronas.evaluators.surrogate import normal_draws
from surronas.search import run_search
from surronas.searchers import LocalSearch, RandomSearch
from surronas.spaces import Architectures, Cell201
from surronas.store import SEED_MEAN, TRAINING_METRICS, BenchmarkStore, Metric
from surronas.surrogates import GaussianProcessSurrogate, NearestNeighborsSurrogate, XGBoostSurrogate

METRIC = {metric.name: metric for metric in TRAINING_METRICS}
ENCODINGS = {  # all but those that are made by a call
    name
    for name in surronas.encodings.__all__
    if callable(encoding := getattr(surronas.encodings, name)) and not isinstance(encoding, type)
} - {"Features", "columns", "concatenate", "curve_features", "learning_curves", "standardized", "whole_space"}
AXES = RecordAxes("digits", json.dumps({"epochs": 5}), 5)
TARGETS = {"valid_accuracy": 0.5, "test_loss": 2.0, "params": 1e5}


def fitted(space: Cell201) -> list[Predicted]:
    """Surrogates of three metrics, each with an encoding of its own."""
    cells = space.sample(40, np.random.default_rng(1))
    worth = (cells == 3).sum(axis=1) + 0.1 * cells[:, 3]
    predicted = []
    for (name, scale), encoding, surrogate in zip(
        TARGETS.items(),
        [live_one_hot_counts, whole_space(standardized(concatenate(one_hot, paths))), operation_counts],
        [GaussianProcessSurrogate(), GaussianProcessSurrogate(), XGBoostSurrogate(num_rounds=5)],
        strict=True,
    ):
        y = scale * (1 + worth / 10)
        predicted.append(Predicted(METRIC[name], surrogate.fit(encoding(space, cells), y), encoding))
    return predicted


@pytest.fixture(scope="module")
def predicted(cell201: Cell201) -> list[Predicted]:
    return fitted(cell201)


@pytest.fixture(scope="module")
def plain(cell201: Cell201, predicted: list[Predicted]) -> SurrogateEvaluator:
    return SurrogateEvaluator(cell201, predicted, AXES)


@pytest.fixture(scope="module")
def noisy(cell201: Cell201, predicted: list[Predicted]) -> SurrogateEvaluator:
    return SurrogateEvaluator(cell201, predicted, AXES, noise="seeded")


class TestPlain(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, plain: SurrogateEvaluator) -> Evaluator:
        return plain


class TestNoisy(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, noisy: SurrogateEvaluator) -> Evaluator:
        return noisy


class TestPublished(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, noisy: SurrogateEvaluator, tmp_path: Path) -> Evaluator:
        publish(noisy, tmp_path / "benchmark.h5")
        return open_surrogate_benchmark(tmp_path / "benchmark.h5", noise="seeded")


def test_values_are_what_the_surrogate_predicts(
    plain: SurrogateEvaluator, cell201: Cell201, cells: Architectures
) -> None:
    records = plain.evaluate(cells, [0, 1])
    for one in plain.predicted:
        expected = one.surrogate.predict(one.encoding(cell201, cells))
        found = records[one.metric.name].reshape(-1, 2)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-6)
        np.testing.assert_array_equal(found[:, 0], found[:, 1])
    assert set(records["task"]) == {"digits"}
    assert set(records["epochs"].tolist()) == {5}


def test_metrics_and_records_say_that_they_are_predicted(plain: SurrogateEvaluator) -> None:
    assert all(m.description.startswith("predicted by a surrogate (") for m in plain.metrics)
    assert [m.name for m in plain.metrics] == list(TARGETS)
    assert [m.split for m in plain.metrics] == ["valid", "test", None]
    assert set(plain.evaluate([0] * 6, [0])["origin"]) == {"surrogate"}


def test_a_store_refuses_predictions(plain: SurrogateEvaluator, cell201: Cell201, tmp_path: Path) -> None:
    store = BenchmarkStore.create(tmp_path / "store.h5", cell201)
    with pytest.raises(SurronasError, match="origin"):
        store.append(plain.evaluate([0] * 6, [0]))


def test_noise_has_the_std_of_the_surrogate(
    noisy: SurrogateEvaluator, plain: SurrogateEvaluator, cell201: Cell201, cells: Architectures
) -> None:
    seeds = list(range(400))
    one = noisy.predicted[1]
    mean, std = one.surrogate.predict(one.encoding(cell201, cells), return_std=True)
    runs = noisy.evaluate(cells, seeds)["test_loss"].reshape(len(cells), -1)
    np.testing.assert_allclose(runs.std(axis=1), std, rtol=0.2)
    np.testing.assert_allclose(runs.mean(axis=1), mean, atol=4 * std.max() / 20)
    assert (noisy.evaluate(cells, [SEED_MEAN]) == plain.evaluate(cells, [SEED_MEAN])).all()
    np.testing.assert_array_equal(
        noisy.evaluate(cells, [3])["params"], plain.evaluate(cells, [3])["params"]
    )  # of architectures


def test_draws_are_standard_normal_and_uncorrelated(cell201: Cell201) -> None:
    draws = normal_draws(cell201.enumerate(), [0, 1, 2], "valid_accuracy", 0)
    other = normal_draws(cell201.enumerate(), [0], "test_accuracy", 0)
    reseeded = normal_draws(cell201.enumerate(), [0], "valid_accuracy", 1)
    together = np.hstack([draws, other, reseeded])
    np.testing.assert_allclose(together.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(together.T), np.eye(5), atol=0.04)
    assert np.mean(np.abs(draws) < 1.96) == pytest.approx(0.95, abs=0.005)
    shifted = np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]
    assert abs(shifted) < 0.03


def test_a_draw_is_the_same_in_every_version(cell201: Cell201) -> None:
    """Golden: printed by this call when the first benchmark could be published."""
    draws = normal_draws(cell201.from_codes(np.array([0, 7777])), [0, 888], "valid_accuracy", 0)
    golden = [[0.045360910683211256, 0.1680915244187935], [0.2810833379357713, 0.8984431025974645]]
    np.testing.assert_allclose(draws, golden, rtol=1e-12)


def test_accuracies_stay_fractions(cell201: Cell201) -> None:
    cells = cell201.sample(20, np.random.default_rng(0))
    process = GaussianProcessSurrogate().fit(one_hot(cell201, cells), np.linspace(0.9, 0.999, 20))
    evaluator = SurrogateEvaluator(
        cell201, [Predicted(METRIC["valid_accuracy"], process, one_hot)], AXES, noise="seeded"
    )
    values = evaluator.evaluate(cell201.enumerate()[::50], range(20))["valid_accuracy"]
    assert values.max() == 1.0


def test_a_whole_space_in_one_call(noisy: SurrogateEvaluator, cell201: Cell201) -> None:
    records = noisy.evaluate(cell201.enumerate(), [0])
    assert len(records) == 15_625
    assert np.isfinite(records["valid_accuracy"]).all()


def test_a_search_runs_on_predictions_and_never_on_test_metrics(
    noisy: SurrogateEvaluator, cell201: Cell201
) -> None:
    found = run_search(LocalSearch(cell201, seed=0), noisy, budget=60, seeds=[0, 1])
    chance = run_search(RandomSearch(cell201, seed=0), noisy, budget=60, seeds=[0, 1])
    assert found.incumbent_scores()[-1] >= chance.incumbent_scores()[-1]
    with pytest.raises(InputError, match="measured on the test split, which a search must not see"):
        run_search(RandomSearch(cell201, seed=0), noisy, budget=2, metric="test_loss")


def test_a_published_benchmark_answers_as_before(
    noisy: SurrogateEvaluator, cells: Architectures, seeds: list[int], tmp_path: Path
) -> None:
    publish(noisy, tmp_path / "benchmark.h5", description="of forty cells", licence="CC0")
    again = open_surrogate_benchmark(tmp_path / "benchmark.h5", noise="seeded")
    np.testing.assert_array_equal(again.evaluate(cells, seeds), noisy.evaluate(cells, seeds))
    assert again.metrics == noisy.metrics
    told = describe_surrogate_benchmark(tmp_path / "benchmark.h5")
    assert (told["space"], told["description"], told["licence"]) == ("cell201", "of forty cells", "CC0")
    assert told["surrogates"][2] == "XGBoostSurrogate"


@pytest.mark.parametrize("name", sorted(ENCODINGS))
def test_every_encoding_can_be_published(name: str, cell201: Cell201, tmp_path: Path) -> None:
    encoding = getattr(surronas.encodings, name)
    cells = cell201.sample(15, np.random.default_rng(0))
    nearest = NearestNeighborsSurrogate().fit(encoding(cell201, cells), np.linspace(0.1, 0.9, 15))
    evaluator = SurrogateEvaluator(cell201, [Predicted(METRIC["valid_accuracy"], nearest, encoding)], AXES)
    publish(evaluator, tmp_path / "benchmark.h5")
    again = open_surrogate_benchmark(tmp_path / "benchmark.h5")
    np.testing.assert_array_equal(again.evaluate(cells, [0]), evaluator.evaluate(cells, [0]))


def test_a_version_that_predicts_otherwise_says_so(
    noisy: SurrogateEvaluator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(noisy, tmp_path / "benchmark.h5")
    monkeypatch.setattr(
        GaussianProcessSurrogate, "_latent", lambda self, X: (np.zeros(len(X)), np.ones(len(X)))
    )
    with pytest.raises(InputError, match=r"benchmark.h5: predictions of valid_accuracy are up to .* away"):
        open_surrogate_benchmark(tmp_path / "benchmark.h5")


def test_what_is_no_benchmark_is_refused(plain: SurrogateEvaluator, cell201: Cell201, tmp_path: Path) -> None:
    from surronas.surrogates.saving import save_surrogate

    save_surrogate(plain.predicted[0].surrogate, tmp_path / "one.h5")
    with pytest.raises(InputError, match="is a surronas-surrogate, expected a surronas-surrogate-benchmark"):
        open_surrogate_benchmark(tmp_path / "one.h5")
    with pytest.raises(StoreError, match="can't read"):
        open_surrogate_benchmark(tmp_path / "nothing.h5")
    unfitted = Predicted(METRIC["valid_accuracy"], GaussianProcessSurrogate(), one_hot)
    with pytest.raises(NotFittedError, match="not fitted"):
        publish(SurrogateEvaluator(cell201, [unfitted], AXES), tmp_path / "unfitted.h5")


def test_encodings_that_look_into_a_table_are_refused(
    plain: SurrogateEvaluator, store: BenchmarkStore, cell201: Cell201, cells: Architectures, tmp_path: Path
) -> None:
    from surronas.encodings import columns

    encoding = columns(store, ["train_loss"], seed="mean")
    y = TabularEvaluator(store).evaluate(cells, [0])["valid_accuracy"]
    process = GaussianProcessSurrogate().fit(encoding(cell201, cells), y)
    evaluator = SurrogateEvaluator(cell201, [Predicted(METRIC["valid_accuracy"], process, encoding)], AXES)
    with pytest.raises(InputError, match="encoding that looks into a table can't be saved without the table"):
        publish(evaluator, tmp_path / "columns.h5")


def test_spaces_without_a_name_are_refused(predicted: list[Predicted], tmp_path: Path) -> None:
    class Own(Cell201):
        name = "own"

    with pytest.raises(InputError, match="search space 'own' is not known by name"):
        publish(SurrogateEvaluator(Own(), predicted, AXES), tmp_path / "own.h5")


def test_wrong_arguments_are_refused(cell201: Cell201, predicted: list[Predicted]) -> None:
    with pytest.raises(InputError, match=r"a surrogate for each of one or more metrics, got \[\]"):
        SurrogateEvaluator(cell201, [], AXES)
    with pytest.raises(InputError, match=r"got \['valid_accuracy', 'valid_accuracy'\]"):
        SurrogateEvaluator(cell201, [predicted[0], predicted[0]], AXES)
    with pytest.raises(InputError, match="noise: expected one of none, seeded, got 'gaussian'"):
        SurrogateEvaluator(cell201, predicted, AXES, noise="gaussian")  # type: ignore[arg-type]
    minimal = Metric("valid_accuracy", "valid", "", "maximize")
    told = SurrogateEvaluator(cell201, [Predicted(minimal, predicted[0].surrogate, one_hot)], AXES).metrics[0]
    assert told.description == "predicted by a surrogate (GaussianProcessSurrogate), not measured"
