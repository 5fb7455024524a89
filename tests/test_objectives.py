import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import InputError
from surronas.objectives import Constrained, Limits, Objective, Pareto, Single, Weighted
from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, Metric

LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")
METRICS = (*TRAINING_METRICS, LATENCY, Metric("depth", per="architecture"))
VALUES = {
    "valid_accuracy": np.array([0.7, 0.9, 0.8, np.nan, 0.6]),
    "valid_loss": np.array([1.0, 0.5, 0.7, 0.6, 2.0]),
    "latency_ms": np.array([4.0, 9.0, 6.0, 1.0, np.nan]),
    "depth": np.array([2.0, 5.0, 3.0, 1.0, 2.0]),
}


def test_a_single_metric_is_signed_by_its_direction() -> None:
    scored = Single("valid_loss").scored(VALUES, METRICS)
    np.testing.assert_array_equal(scored.scores, -VALUES["valid_loss"])
    assert scored.feasible.all()
    assert Single("valid_accuracy").scored(VALUES, METRICS).feasible.tolist() == [True] * 3 + [False, True]


def test_weights_say_what_a_unit_is_worth() -> None:
    goal = Weighted({"valid_accuracy": 1.0, "latency_ms": 0.01})
    scored = goal.scored(VALUES, METRICS)
    np.testing.assert_allclose(scored.scores, [0.66, 0.81, 0.74, np.nan, np.nan])
    assert goal.words == "1 x valid_accuracy and 0.01 x latency_ms"


def test_infeasible_ones_score_below_feasible_ones_by_violation() -> None:
    scored = Constrained("valid_accuracy", at_most={"latency_ms": 5.0}).scored(VALUES, METRICS)
    assert scored.feasible.tolist() == [True, False, False, False, False]
    assert scored.scores[0] == 0.7
    assert scored.scores[1] < scored.scores[2] < 0.0  # 80 % over the limit, and 20 %
    assert np.isnan(scored.scores[3:]).all()  # no accuracy; no latency: nobody can tell
    np.testing.assert_allclose(scored.slacks[:3, 0], [0.2, -0.8, -0.2])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 50)), min_size=2, max_size=9))
def test_every_feasible_one_is_above_every_infeasible_one(rows: list[tuple[float, float]]) -> None:
    accuracy, latency = np.array(rows).T
    goal = Constrained("valid_accuracy", {"latency_ms": 5.0}, {"valid_accuracy": 0.2})
    scored = goal.scored({"valid_accuracy": accuracy, "latency_ms": latency}, METRICS)
    np.testing.assert_array_equal(scored.feasible, (latency <= 5) & (accuracy >= 0.2))
    if scored.feasible.any() and not scored.feasible.all():
        assert scored.scores[scored.feasible].min() > scored.scores[~scored.feasible].max() - 1e-12
    order = np.argsort(accuracy[scored.feasible], kind="stable")
    assert (np.diff(scored.scores[scored.feasible][order]) >= 0).all()


def test_metrics_without_a_known_scale_want_the_worst_that_matters() -> None:
    with pytest.raises(InputError, match="worst: expected the worst valid_loss that matters, in nats"):
        Constrained("valid_loss", {"latency_ms": 5.0}).check(METRICS)
    scored = Constrained("valid_loss", {"latency_ms": 6.0}, worst=0.8).scored(VALUES, METRICS)
    np.testing.assert_allclose(scored.scores[[0, 2]], [-0.8, -0.7])  # one is worse than .8: told as .8
    assert scored.scores[1] < -0.8
    with pytest.raises(InputError, match="worst: expected the lowest weighted sum that matters, got None"):
        Constrained(Weighted({"valid_accuracy": 1.0}), {"latency_ms": 5.0})
    with pytest.raises(InputError, match="worst: expected a finite number, got nan"):
        Constrained("valid_loss", {"latency_ms": 5.0}, worst=np.nan)
    summed = Constrained(Weighted({"valid_accuracy": 2.0}), {"latency_ms": 5.0}, worst=0.0)
    assert summed.scored(VALUES, METRICS).scores[0] == 1.4


def test_a_pareto_objective_has_a_score_for_each_metric() -> None:
    goal = Pareto(("valid_accuracy", "latency_ms"), at_least={"depth": 3.0})
    scored = goal.scored(VALUES, METRICS)
    np.testing.assert_array_equal(scored.scores[:3], [[0.7, -4.0], [0.9, -9.0], [0.8, -6.0]])
    assert np.isnan(scored.scores[3:]).all()
    assert scored.feasible.tolist() == [False, True, True, False, False]
    assert goal.names == ("valid_accuracy", "latency_ms", "depth")
    assert goal.words == "valid_accuracy against latency_ms within depth >= 3"


@pytest.mark.parametrize(
    "goal",
    [
        Single("test_accuracy"),
        Weighted({"valid_accuracy": 1.0, "test_loss": 1.0}),
        Constrained("test_accuracy", {"latency_ms": 5.0}),
        Constrained("valid_accuracy", at_least={"test_accuracy": 0.5}),
        Pareto(("latency_ms", "test_accuracy")),
        Pareto(("valid_accuracy",), at_most={"test_loss": 1.0}),
    ],
)
def test_test_metrics_are_refused_wherever_they_stand(goal: Objective) -> None:
    with pytest.raises(InputError, match=r"'test_.*' is measured on the test split"):
        goal.check(METRICS)


@pytest.mark.parametrize(
    "goal",
    [Single("depth"), Weighted({"depth": 1.0}), Pareto(("depth",)), Constrained("depth", {"depth": 3.0})],
)
def test_what_is_optimised_has_a_direction(goal: Objective) -> None:
    with pytest.raises(InputError, match="'depth' does not say whether more is better"):
        goal.check(METRICS)


@pytest.mark.parametrize(
    "goal",
    [Single("latency"), Pareto(("valid_accuracy", "latency")), Constrained("valid_loss", {"latency": 1.0})],
)
def test_unknown_metrics_are_named(goal: Objective) -> None:
    with pytest.raises(InputError, match=r"expected a metric among .*latency_ms.*, got 'latency'"):
        goal.check(METRICS)


@pytest.mark.parametrize("weights", [{}, {"valid_loss": -1.0}, {"valid_loss": 0.0}, {"valid_loss": np.inf}])
def test_weights_are_positive(weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected a positive weight for each of one or more metrics"):
        Weighted(weights)


@pytest.mark.parametrize("metrics", [(), ("valid_loss", "valid_loss"), "valid_loss"])
def test_pareto_metrics_are_distinct(metrics: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="expected one or more distinct metrics"):
        Pareto(metrics)


def test_limits_that_nothing_can_keep_are_refused() -> None:
    with pytest.raises(InputError, match="expected a limit in at_most or at_least, got none"):
        Constrained("valid_accuracy")
    for made in (Constrained, Pareto):
        first = "valid_accuracy" if made is Constrained else ("valid_accuracy",)
        with pytest.raises(InputError, match="limit on latency_ms: expected a finite number"):
            made(first, at_most={"latency_ms": np.inf})
        with pytest.raises(InputError, match="nothing satisfies latency_ms >= 6 and <= 5"):
            made(first, at_most={"latency_ms": 5.0}, at_least={"latency_ms": 6.0})


def test_a_limit_of_zero_is_a_limit() -> None:
    slacks = Limits({"drop": 0.0}, {}).slacks({"drop": np.array([-0.5, 0.0, 0.25])})
    np.testing.assert_array_equal(slacks[:, 0], [0.5, 0.0, -0.25])


def test_what_is_known_beforehand_restricts_the_candidates() -> None:
    cells = Cell201().sample(5, np.random.default_rng(0))
    goal = Constrained("valid_accuracy", at_most={"latency_ms": 6.0, "valid_loss": 9.0})
    known = {"latency_ms": VALUES["latency_ms"]}
    np.testing.assert_array_equal(goal.allowed(cells, known), cells[[0, 2, 3]])  # unknown: left out
    np.testing.assert_array_equal(
        Pareto(("valid_loss",), {"latency_ms": 6.0}).allowed(cells, known), cells[[0, 2, 3]]
    )
    with pytest.raises(InputError, match=r"none of 5 architectures has latency_ms <= 0.5: .* from 1 to 9"):
        Constrained("valid_accuracy", {"latency_ms": 0.5}).allowed(cells, known)
    with pytest.raises(InputError, match=r"none of 5 architectures has .*: latency_ms is not known"):
        goal.allowed(cells, {"latency_ms": np.full(5, np.nan)})
    with pytest.raises(InputError, match="expected known values of latency_ms, valid_loss, got params"):
        goal.allowed(cells, {"params": np.ones(5)})
    with pytest.raises(InputError, match=r"known latency_ms: expected shape \(5,\)"):
        goal.allowed(cells, {"latency_ms": np.ones(4)})
