from pathlib import Path

import numpy as np
import pytest
from training.tiny import EXPLODING, GOOD, TINY, tiny_task

from surronas.encodings import one_hot
from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import TabularEvaluator
from surronas.search import Trajectory, run_search
from surronas.searchers import BayesianOptimization, LocalSearch, RandomSearch, Searcher
from surronas.spaces import Architectures, Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore, new_records
from surronas.surrogates import GaussianProcessSurrogate
from surronas.training import TrainingEvaluator

SPACE = Cell201()
CELLS = SPACE.canonical(SPACE.enumerate()[::40])


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory: pytest.TempPathFactory) -> TabularEvaluator:
    """A table of 300 or more networks with two seeds; the first network's second run was killed."""
    cells = np.unique(CELLS, axis=0)
    runs = new_records(2 * len(cells), 6, TRAINING_METRICS)
    runs["architecture"] = np.repeat(cells, 2, axis=0)
    runs["seed"] = np.tile([0, 1], len(cells))
    runs["task"], runs["recipe"], runs["epochs"], runs["device"] = "made-up", TINY.to_json(), 2, "cpu"
    rng = np.random.default_rng(0)
    quality = (one_hot(SPACE, cells) @ rng.random(30)) / 6
    runs["valid_accuracy"] = np.repeat(quality, 2) + rng.uniform(0, 0.02, len(runs)).astype(np.float32)
    runs["valid_loss"] = 2 - runs["valid_accuracy"]
    runs["test_accuracy"] = rng.random(len(runs))
    runs["status"][1] = "killed"
    for name in ("valid_accuracy", "valid_loss", "test_accuracy"):
        runs[name][1] = np.nan
    store = BenchmarkStore.create(tmp_path_factory.mktemp("search") / "store", SPACE)
    store.append(runs)
    return TabularEvaluator(store)


class Watched:
    """A real searcher, and a note of everything that it was told."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self.asked: list[Architectures] = []
        self.told: list[tuple[Architectures, np.ndarray]] = []
        self.discarded: list[Architectures] = []

    def ask(self, n: int = 1) -> Architectures:
        self.asked.append(self._searcher.ask(n))
        return self.asked[-1]

    def tell(self, architectures: Architectures, scores: np.ndarray) -> None:
        self.told.append((architectures, scores))
        self._searcher.tell(architectures, scores)

    def discard(self, architectures: Architectures) -> None:
        self.discarded.append(architectures)
        self._searcher.discard(architectures)


def random_search(evaluator: TabularEvaluator, seed: int = 0) -> RandomSearch:
    return RandomSearch(SPACE, seed=seed, candidates=evaluator.architectures)


def assert_same_trajectory(a: Trajectory, b: Trajectory) -> None:
    """Equal but for the seconds that they took."""
    np.testing.assert_array_equal(a.architectures, b.architectures)
    np.testing.assert_array_equal(a.scores, b.scores)
    np.testing.assert_array_equal(a.records["seed"], b.records["seed"])


@pytest.mark.parametrize(("budget", "batch_size"), [(1, 1), (7, 1), (7, 3), (6, 3), (2, 9)])
def test_a_trajectory_has_a_row_for_each_query(
    evaluator: TabularEvaluator, budget: int, batch_size: int
) -> None:
    seen: list[tuple[int, float]] = []
    found = run_search(
        random_search(evaluator),
        evaluator,
        budget=budget,
        batch_size=batch_size,
        seeds=(1, 0),
        on_batch=lambda queries, best: seen.append((queries, best)),
    )
    assert found.metric == "valid_accuracy"
    assert found.architectures.shape == (budget, 6)
    assert found.scores.shape == found.seconds.shape == found.incumbent_scores().shape == (budget,)
    assert found.records.shape == (2 * budget,)
    assert (np.diff(found.seconds) >= 0).all()
    assert [queries for queries, _ in seen] == [*range(batch_size, budget, batch_size), budget]
    np.testing.assert_array_equal(seen[-1][1], np.nanmax(found.scores))


def test_scores_are_the_means_of_the_records(evaluator: TabularEvaluator) -> None:
    found = run_search(random_search(evaluator), evaluator, budget=20, seeds=(0, 1))
    np.testing.assert_array_equal(found.records["architecture"], np.repeat(found.architectures, 2, axis=0))
    np.testing.assert_array_equal(found.scores, found.records["valid_accuracy"].reshape(20, 2).mean(axis=1))


def test_the_incumbent_is_the_best_so_far(evaluator: TabularEvaluator) -> None:
    found = run_search(random_search(evaluator), evaluator, budget=40)
    incumbent = found.incumbent_scores()
    assert (np.diff(incumbent) >= 0).all()
    assert incumbent[0] == found.scores[0]
    assert incumbent[-1] == found.scores[found.best()] == found.scores.max()


def test_a_metric_to_be_minimised_is_minimised(evaluator: TabularEvaluator) -> None:
    found = run_search(random_search(evaluator), evaluator, budget=40, metric="valid_loss", seeds=(0,))
    assert found.records["valid_loss"][found.best()] == found.records["valid_loss"].min()
    np.testing.assert_array_equal(found.scores, -found.records["valid_loss"])
    np.testing.assert_array_equal(found.values(), found.records["valid_loss"])


@pytest.mark.parametrize("name", ["random", "local", "bayesian"])
def test_the_same_seed_gives_the_same_search(evaluator: TabularEvaluator, name: str) -> None:
    def search(seed: int) -> Trajectory:
        known = {"seed": seed, "candidates": evaluator.architectures}
        searcher = {
            "random": lambda: RandomSearch(SPACE, **known),
            "local": lambda: LocalSearch(SPACE, **known),
            "bayesian": lambda: BayesianOptimization(SPACE, GaussianProcessSurrogate(), **known),
        }[name]()
        return run_search(searcher, evaluator, budget=14, batch_size=2)

    one, same, other = (search(seed) for seed in (3, 3, 4))
    assert_same_trajectory(one, same)
    assert not np.array_equal(one.architectures, other.architectures)


def test_a_searcher_is_told_scores_and_nothing_else(evaluator: TabularEvaluator) -> None:
    searcher = Watched(random_search(evaluator))
    found = run_search(searcher, evaluator, budget=9, batch_size=4)
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in searcher.told]), found.architectures)
    np.testing.assert_array_equal(np.concatenate([scores for _, scores in searcher.told]), found.scores)
    assert len(searcher.asked) == 3


def test_failed_evaluations_are_discarded_and_not_asked_again(evaluator: TabularEvaluator) -> None:
    searcher = Watched(random_search(evaluator))
    everything = len(evaluator.architectures)
    found = run_search(searcher, evaluator, budget=everything, batch_size=50, seeds=(0, 1))
    failed = np.isnan(found.scores)
    assert failed.sum() == 1
    np.testing.assert_array_equal(np.concatenate(searcher.discarded), found.architectures[failed])
    assert len(np.concatenate([rows for rows, _ in searcher.told])) == everything - 1
    assert len(np.unique(SPACE.keys(found.architectures))) == everything
    assert np.isfinite(found.scores[found.best()])


def test_real_trainings_that_all_fail_leave_no_best() -> None:
    searcher = Watched(RandomSearch(SPACE, seed=0, candidates=np.array([GOOD, (3, 3, 3, 3, 3, 2)])))
    exploding = TrainingEvaluator(SPACE, tiny_task(), EXPLODING, device="cpu")
    found = run_search(searcher, exploding, budget=2)
    assert found.records["status"].tolist() == ["diverged", "diverged"]
    assert np.isnan(found.incumbent_scores()).all()
    assert searcher.told == []
    with pytest.raises(InputError, match="none of the 2 queries gave a score"):
        found.best()


def test_a_table_and_real_training_give_one_search(tmp_path: Path) -> None:
    training = TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu")
    pool = SPACE.canonical(SPACE.sample(8, np.random.default_rng(1)))
    store = BenchmarkStore.create(tmp_path / "store", SPACE)
    store.append(training.evaluate(pool, [0, 1]))
    real, tabulated = (
        run_search(LocalSearch(SPACE, seed=0, candidates=pool), evaluator, budget=6, seeds=(0, 1))
        for evaluator in (training, TabularEvaluator(store))
    )
    assert_same_trajectory(real, tabulated)


def test_a_budget_beyond_the_candidates_is_refused(evaluator: TabularEvaluator) -> None:
    searcher = RandomSearch(SPACE, seed=0, candidates=evaluator.architectures[:5])
    with pytest.raises(SpaceExhaustedError, match="asked for 1 architectures, but 0 of 5") as refused:
        run_search(searcher, evaluator, budget=6)
    assert isinstance(refused.value.trajectory, Trajectory)
    assert len(refused.value.trajectory.scores) == 5  # what was evaluated is not lost


@pytest.mark.parametrize(
    ("knobs", "got"),
    [
        ({"budget": 0}, r"0, 1, \(0,\)"),
        ({"budget": -2}, r"-2, 1, \(0,\)"),
        ({"budget": 3, "batch_size": 0}, r"3, 0, \(0,\)"),
        ({"budget": 3, "seeds": ()}, r"3, 1, \(\)"),
    ],
)
def test_an_empty_search_is_refused(evaluator: TabularEvaluator, knobs: dict[str, int], got: str) -> None:
    with pytest.raises(InputError, match=rf"budget >= 1, batch_size >= 1 and one seed or more, got {got}"):
        run_search(random_search(evaluator), evaluator, **knobs)


def test_a_test_metric_is_refused_before_anything_is_asked(evaluator: TabularEvaluator) -> None:
    searcher = Watched(random_search(evaluator))
    with pytest.raises(InputError, match="'test_accuracy' is measured on the test split"):
        run_search(searcher, evaluator, budget=3, metric="test_accuracy")
    assert searcher.asked == []
