"""Searches with objectives beyond one metric, on a table with latencies."""

from pathlib import Path

import numpy as np
import pytest
from contracts.multi_objective_contract import cost
from contracts.searcher_contract import worth

from surronas.errors import InputError, MissingRowsError
from surronas.evaluators import TabularEvaluator
from surronas.objectives import Constrained, Pareto, Single, Weighted
from surronas.search import run_search
from surronas.searchers import LocalSearch, Pool, RandomSearch
from surronas.searchers.multi_objective_local import MultiObjectiveLocalSearch
from surronas.searchers.nsga2 import NSGA2
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Column, Metric, new_records

SPACE = Cell201()
CELLS = np.unique(SPACE.canonical(SPACE.sample(600, np.random.default_rng(0))), axis=0)
POOL = Pool(SPACE, CELLS)
LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")
TRADE = Pareto(("valid_accuracy", "latency_ms"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    runs = new_records(len(CELLS), 6, ["valid_accuracy", "test_accuracy"])
    runs["architecture"], runs["task"], runs["epochs"] = CELLS, "made-up", 3
    runs["valid_accuracy"] = worth(CELLS) / 20
    runs["test_accuracy"] = 0.5
    made = BenchmarkStore.create(tmp_path_factory.mktemp("objectives") / "store", SPACE)
    made.append(runs)
    latency = cost(CELLS) + 1.0
    made.attach(CELLS, {"latency_ms": latency}, device="fpga", task="made-up", metrics=[LATENCY])
    made.attach(CELLS, {"latency_ms": np.where(latency > 5, latency, np.nan)}, device="tpu", task="other")
    return made


@pytest.fixture(scope="module")
def evaluator(store: BenchmarkStore) -> TabularEvaluator:
    return TabularEvaluator(store, device="fpga")


def test_a_device_gives_the_records_its_columns(store: BenchmarkStore, evaluator: TabularEvaluator) -> None:
    records = evaluator.evaluate(CELLS, [0])
    np.testing.assert_array_equal(records["latency_ms"], cost(CELLS) + 1.0)
    assert {metric.name: metric.unit for metric in evaluator.metrics}["latency_ms"] == "ms"
    known = evaluator.known(CELLS[:4])
    assert "latency_ms" in known
    assert not [name for name in known if "accuracy" in name]  # those are not known before a run
    np.testing.assert_array_equal(known["latency_ms"], cost(CELLS[:4]) + 1.0)
    with pytest.raises(MissingRowsError, match="expected columns of device 'asic' for task 'made-up'"):
        TabularEvaluator(store, device="asic")
    with pytest.raises(MissingRowsError, match="nothing is known of it"):
        evaluator.known(next(c for c in SPACE.enumerate() if not (c == CELLS).all(axis=1).any()))


def test_costs_come_by_any_name_from_any_task_and_store(store: BenchmarkStore, tmp_path: Path) -> None:
    tpu = {"tpu_ms": Column("latency_ms", task="other", device="tpu")}
    both = TabularEvaluator(store, device="fpga", costs=tpu)
    assert {"latency_ms", "tpu_ms"} < {metric.name for metric in both.metrics}
    slow = both.architectures_with([0])
    assert 0 < len(slow) < len(CELLS)  # those without a value on the tpu are no candidates
    assert (cost(slow) + 1.0 > 5).all()
    other = BenchmarkStore.create(tmp_path / "costs", SPACE, metrics=[LATENCY])
    other.attach(CELLS, {"latency_ms": np.arange(float(len(CELLS)))}, device="gpu")
    elsewhere = TabularEvaluator(
        store, costs={"gpu_ms": Column("latency_ms", device="gpu")}, costs_store=other
    )
    np.testing.assert_array_equal(elsewhere.known(CELLS)["gpu_ms"], np.arange(float(len(CELLS))))
    with pytest.raises(InputError, match="the records have valid_accuracy already; give the columns other"):
        TabularEvaluator(store, costs={"valid_accuracy": Column("latency_ms", task="made-up", device="fpga")})
    with pytest.raises(InputError, match=r"column 'x': expected a metric among .*, got 'latency'"):
        TabularEvaluator(store, costs={"x": Column("latency")})
    with pytest.raises(MissingRowsError, match=r"holds no latency_ms at .*device 'asic'"):
        TabularEvaluator(store, costs={"x": Column("latency_ms", device="asic")})


def test_a_test_metric_stays_one_under_another_name(store: BenchmarkStore) -> None:
    renamed = TabularEvaluator(store, costs={"harmless": Column("test_accuracy", seed=0)})
    with pytest.raises(InputError, match="'harmless' is measured on the test split"):
        run_search(RandomSearch(SPACE, seed=0), renamed, budget=1, objective=Single("harmless"))


def test_metric_is_short_for_a_single_objective(evaluator: TabularEvaluator) -> None:
    one = run_search(LocalSearch(SPACE, seed=0, candidates=POOL), evaluator, budget=30)
    same = run_search(
        LocalSearch(SPACE, seed=0, candidates=POOL), evaluator, budget=30, objective=Single("valid_accuracy")
    )
    np.testing.assert_array_equal(one.scores, same.scores)
    assert (one.metric, one.sign) == (same.metric, same.sign) == ("valid_accuracy", 1.0)
    assert one.best() in one.front()


def test_a_weighted_sum_is_searched(evaluator: TabularEvaluator) -> None:
    goal = Weighted({"valid_accuracy": 1.0, "latency_ms": 0.02})
    found = run_search(LocalSearch(SPACE, seed=0, candidates=POOL), evaluator, budget=40, objective=goal)
    np.testing.assert_allclose(
        found.values(), worth(found.architectures) / 20 - 0.02 * found.measured["latency_ms"]
    )
    assert found.metric == goal.words


def test_the_best_keeps_the_limit(evaluator: TabularEvaluator) -> None:
    goal = Constrained("valid_accuracy", at_most={"latency_ms": 9.0})
    seen: list[float] = []
    found = run_search(
        LocalSearch(SPACE, seed=0, candidates=POOL),
        evaluator,
        budget=60,
        objective=goal,
        on_batch=lambda queries, best: seen.append(best),
    )
    kept = found.measured["latency_ms"] <= 9.0
    np.testing.assert_array_equal(found.feasible, kept)
    best = found.best()
    assert kept[best]
    assert found.values()[best] == found.values()[kept].max() == found.incumbent_scores()[-1] == seen[-1]
    np.testing.assert_array_equal(found.values(), found.measured["valid_accuracy"])  # of infeasible ones too
    assert (found.scores[~kept] < 0).all()
    allowed = goal.allowed(CELLS, evaluator.known(CELLS))
    restricted = run_search(
        RandomSearch(SPACE, seed=0, candidates=allowed), evaluator, budget=30, objective=goal
    )
    assert restricted.feasible.all()


def test_limits_that_nothing_keeps_are_warned_of(evaluator: TabularEvaluator) -> None:
    for goal, searcher in (
        (Constrained("valid_accuracy", {"latency_ms": 0.5}), LocalSearch(SPACE, seed=0, candidates=POOL)),
        (Pareto(("valid_accuracy",), {"latency_ms": 0.5}), NSGA2(SPACE, seed=0, candidates=POOL)),
    ):
        with pytest.warns(
            UserWarning, match=r"none of the 20 queries has latency_ms <= 0\.5; the nearest, query"
        ):
            found = run_search(searcher, evaluator, budget=20, objective=goal)
        assert len(found.front()) == 0
    single = Constrained("valid_accuracy", {"latency_ms": 0.5})
    with pytest.warns(UserWarning, match="none of the 5 queries"):
        found = run_search(LocalSearch(SPACE, seed=0, candidates=POOL), evaluator, budget=5, objective=single)
    assert np.isnan(found.incumbent_scores()).all()
    with pytest.raises(InputError, match=r"none of the 5 queries has latency_ms <= 0\.5"):
        found.best()


@pytest.mark.parametrize("searcher", [NSGA2, MultiObjectiveLocalSearch])
@pytest.mark.parametrize("limits", [{}, {"latency_ms": 12.0}])
def test_a_front_is_searched(evaluator: TabularEvaluator, searcher: type, limits: dict[str, float]) -> None:
    goal = Pareto(("valid_accuracy", "latency_ms"), at_most=limits)
    found = run_search(
        searcher(SPACE, seed=0, candidates=POOL), evaluator, budget=80, batch_size=4, objective=goal
    )
    assert found.scores.shape == (80, 2)
    np.testing.assert_array_equal(found.scores[:, 1], -found.measured["latency_ms"])
    np.testing.assert_array_equal(
        found.feasible, found.measured["latency_ms"] <= limits.get("latency_ms", np.inf)
    )
    front = found.front()
    assert found.feasible[front].all()
    for row in found.scores[found.feasible]:
        assert not (row > found.scores[front]).all(axis=1).any()
    for question in (found.best, found.values, found.incumbent_scores):
        with pytest.raises(InputError, match="gives 2 scores and no single best; use front"):
            question()


def test_a_searcher_of_one_score_is_refused_several_before_anything_is_evaluated(
    evaluator: TabularEvaluator,
) -> None:
    with pytest.raises(
        InputError, match="LocalSearch takes one score an architecture; for valid_accuracy again"
    ):
        run_search(LocalSearch(SPACE, seed=0, candidates=POOL), evaluator, budget=5, objective=TRADE)
