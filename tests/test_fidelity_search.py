from pathlib import Path

import numpy as np
import pytest
from evaluators.test_curves import runs

from surronas.errors import InputError, SpaceExhaustedError
from surronas.evaluators import CurveEvaluator
from surronas.fidelity_search import FidelityTrajectory, incumbents, run_fidelity_search
from surronas.searchers import ASHA, Hyperband, InFull, RandomSearch, SuccessiveHalving
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore

SPACE = Cell201()
DIGITS = Path(__file__).parents[1] / "benchmarks_data" / "digits_cell201.h5"


@pytest.fixture(scope="module")
def digits() -> CurveEvaluator:
    return CurveEvaluator(BenchmarkStore.open(DIGITS), seed=0)


@pytest.fixture
def toy(tmp_path: Path) -> CurveEvaluator:
    """Nine cells, 4 epochs of 10 s each."""
    cells = SPACE.canonical(SPACE.sample(40, np.random.default_rng(5)))
    cells = cells[np.unique(SPACE.codes(cells), return_index=True)[1]][:9]
    store = BenchmarkStore.create(tmp_path / "toy", SPACE)
    store.append(runs(cells, 4, seed=0))
    return CurveEvaluator(store)


def halving(curves: CurveEvaluator, seed: int = 0) -> SuccessiveHalving:
    epochs = curves.max_epochs
    return SuccessiveHalving(SPACE, seed=seed, candidates=curves.architectures, max_epochs=epochs, eta=2)


def test_the_searcher_is_told_scores_at_its_epochs(digits: CurveEvaluator) -> None:
    found = run_fidelity_search(halving(digits), digits, budget_epochs=60)
    assert isinstance(found, FidelityTrajectory)
    assert (found.metric, found.test_metric, found.clock_unit) == (
        "valid_accuracy",
        "test_accuracy",
        "seconds",
    )
    for number in (0, 3, 6):
        curve = digits.store.curves(found.architectures[number], "valid_accuracy", seed=0)[0]
        assert found.scores[number] == curve[found.epochs[number] - 1]
        assert found.final[number] == curve[-1]
    test = digits.store.query(found.architectures, "test_accuracy", seed=0)
    np.testing.assert_array_equal(found.test, test)


def test_what_goes_on_costs_the_epochs_added(digits: CurveEvaluator) -> None:
    found = run_fidelity_search(halving(digits), digits, budget_epochs=60)
    assert found.epochs[:7].tolist() == [2, 2, 2, 2, 3, 3, 6]
    assert found.charged[:7].tolist() == [2, 2, 2, 2, 1, 1, 3]
    anew = run_fidelity_search(halving(digits), digits, budget_epochs=60, charge="all")
    assert anew.charged[:7].tolist() == [2, 2, 2, 2, 3, 3, 6]
    np.testing.assert_array_equal(anew.architectures[:7], found.architectures[:7])
    for trajectory in (found, anew):
        spent = trajectory.spent_epochs()
        assert 54 < spent[-1] <= 60
        seconds = digits.store.query(trajectory.architectures, "train_seconds", seed=0)
        np.testing.assert_allclose(trajectory.clock, np.cumsum(seconds * trajectory.charged / 6))


def test_the_incumbent_is_the_best_of_the_most_epochs() -> None:
    nan = np.nan
    epochs, scores = np.array([1, 1, 3, 3, 1, 3, 9, 9]), np.array([nan, 0.7, 0.5, nan, 0.9, 0.6, nan, 0.4])
    assert incumbents(epochs, scores).tolist() == [-1, 1, 2, 2, 2, 5, 5, 7]


def test_the_incumbents_final_value_is_reported(digits: CurveEvaluator) -> None:
    found = run_fidelity_search(halving(digits), digits, budget_epochs=60)
    np.testing.assert_array_equal(found.incumbent_final(), found.final[found.incumbents])
    np.testing.assert_array_equal(found.incumbent_test(), found.test[found.incumbents])
    best = found.best()
    assert found.epochs[best] == 6
    assert found.scores[best] == found.scores[found.epochs == 6].max()


def test_workers_train_at_the_same_time(digits: CurveEvaluator) -> None:
    alone = run_fidelity_search(halving(digits), digits, budget_epochs=120)
    four = run_fidelity_search(halving(digits), digits, budget_epochs=120, workers=4)
    assert (np.diff(four.clock) >= 0).all()
    assert four.clock[-1] < alone.clock[-1] / 2.5
    assert set(four.workers.tolist()) == {0, 1, 2, 3}
    seconds = digits.store.query(four.architectures, "train_seconds", seed=0) * four.charged / 6
    for worker in range(4):  # no worker does two things at once
        mine = four.workers == worker
        begun = four.clock[mine] - seconds[mine]
        assert (begun[1:] >= four.clock[mine][:-1] - 1e-9).all()


def test_the_same_search_gives_the_same_trajectory(digits: CurveEvaluator) -> None:
    one, other = (
        run_fidelity_search(
            ASHA(SPACE, seed=1, candidates=digits.architectures, max_epochs=6),
            digits,
            budget_epochs=90,
            workers=3,
        )
        for _ in range(2)
    )
    for name in ("architectures", "epochs", "scores", "clock", "workers", "incumbents"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_worker_waits_where_the_searcher_has_to(toy: CurveEvaluator) -> None:
    searcher = SuccessiveHalving(SPACE, seed=0, candidates=toy.architectures[:2], max_epochs=4, eta=2)
    with pytest.raises(SpaceExhaustedError, match="0 of 2 distinct candidates") as caught:
        run_fidelity_search(searcher, toy, budget_epochs=100, workers=3)
    found = caught.value.trajectory
    assert isinstance(found, FidelityTrajectory)
    assert found.workers.tolist() == [0, 1, 0, 1, 0, 1]
    assert found.epochs.tolist() == [1, 1, 2, 2, 4, 4]
    assert found.clock.tolist() == [10, 10, 20, 20, 40, 40]


def test_plain_searchers_run_in_full(digits: CurveEvaluator) -> None:
    searcher = InFull(RandomSearch(SPACE, seed=0, candidates=digits.architectures), max_epochs=6)
    found = run_fidelity_search(searcher, digits, budget_epochs=62)
    assert found.epochs.tolist() == [6] * 10
    np.testing.assert_array_equal(found.incumbent_final(), np.maximum.accumulate(found.final))


def test_failures_are_discarded_at_what_they_cost(tmp_path: Path, toy: CurveEvaluator) -> None:
    records = runs(toy.architectures, 4, seed=0)
    for number in (2, 5):
        records["status"][number] = "diverged"
        for name in ("valid_accuracy", "valid_loss", "test_accuracy"):
            records[name][number] = np.nan
        records["valid_accuracy_curve"][number, 1:] = records["valid_loss_curve"][number, 1:] = np.nan
    store = BenchmarkStore.create(tmp_path / "failing", SPACE)
    store.append(records)
    curves = CurveEvaluator(store)
    with pytest.raises(SpaceExhaustedError) as caught:
        run_fidelity_search(halving(curves), curves, budget_epochs=1000)
    found = caught.value.trajectory
    assert isinstance(found, FidelityTrajectory)
    failed = np.isnan(found.scores)
    assert failed.sum() == 2
    assert found.charged.sum() == 7 * 4 + 2 * 2
    assert np.isfinite(found.incumbent_final()[found.epochs[found.incumbents] > 1]).all()
    first = np.isnan(found.final[found.incumbents])  # incumbents that fail when they are trained on
    np.testing.assert_array_equal(np.isnan(found.incumbent_final()), first)


def test_a_search_in_which_everything_fails_has_no_best(tmp_path: Path, toy: CurveEvaluator) -> None:
    records = runs(toy.architectures, 4, seed=0)
    records["status"][1:] = "diverged"
    for name in ("valid_accuracy", "valid_loss", "test_accuracy", "valid_accuracy_curve", "valid_loss_curve"):
        records[name][1:] = np.nan
    store = BenchmarkStore.create(tmp_path / "failing", SPACE)
    store.append(records)
    searcher = RandomSearch(SPACE, seed=0, candidates=toy.architectures[1:])
    found = run_fidelity_search(InFull(searcher, max_epochs=4), CurveEvaluator(store), budget_epochs=7)
    assert (found.incumbents == -1).all()
    assert np.isnan(found.incumbent_final()).all()
    with pytest.raises(InputError, match="none of the 7 evaluations gave a score"):
        found.best()


def test_trainings_of_several_lengths_are_charged_in_full(tmp_path: Path, toy: CurveEvaluator) -> None:
    store = BenchmarkStore.create(tmp_path / "ends", SPACE)
    for epochs in (2, 6):
        store.append(runs(toy.architectures, epochs, seed=0, curves=False))
    curves = CurveEvaluator(store)
    searcher = Hyperband(SPACE, seed=0, candidates=curves.architectures, min_epochs=2, max_epochs=6)
    found = run_fidelity_search(searcher, curves, budget_epochs=12)
    assert found.epochs.tolist() == found.charged.tolist() == [2, 2, 2, 6]
    with pytest.raises(InputError, match=r"charge: trainings of \(2, 6\) epochs .* charge 'all'"):
        run_fidelity_search(searcher, curves, budget_epochs=12, charge="added")


def test_the_clock_is_in_epochs_where_seconds_are_unknown(tmp_path: Path, toy: CurveEvaluator) -> None:
    records = runs(toy.architectures, 4, seed=0)
    records["train_seconds"][0] = np.nan
    store = BenchmarkStore.create(tmp_path / "untimed", SPACE)
    store.append(records)
    curves = CurveEvaluator(store)
    found = run_fidelity_search(halving(curves), curves, budget_epochs=8)
    assert found.clock_unit == "epochs"
    np.testing.assert_array_equal(found.clock, found.spent_epochs())
    with pytest.raises(InputError, match="count_decisions: the table's seconds are not all known"):
        run_fidelity_search(halving(curves), curves, budget_epochs=8, count_decisions=True)


def test_decisions_can_count_on_the_clock(toy: CurveEvaluator) -> None:
    found = run_fidelity_search(halving(toy), toy, budget_epochs=12, count_decisions=True)
    assert (found.decision_seconds > 0).all()
    np.testing.assert_allclose(found.clock, np.cumsum(10 * found.charged + found.decision_seconds))


def test_progress_is_told(toy: CurveEvaluator) -> None:
    told: list[tuple[float, float]] = []
    found = run_fidelity_search(
        halving(toy), toy, budget_epochs=8, on_evaluation=lambda epochs, score: told.append((epochs, score))
    )
    np.testing.assert_array_equal(told, np.column_stack([found.spent_epochs(), found.scores]))


def test_a_budget_that_covers_nothing_gives_an_empty_trajectory(toy: CurveEvaluator) -> None:
    found = run_fidelity_search(
        InFull(RandomSearch(SPACE, seed=0, candidates=toy.architectures), max_epochs=4), toy, budget_epochs=3
    )
    assert found.architectures.shape == (0, 6)
    assert found.incumbent_final().shape == (0,)
    with pytest.raises(InputError, match="none of the 0 evaluations gave a score"):
        found.best()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"budget_epochs": 0}, "expected budget_epochs > 0 and workers >= 1, got 0 and 1"),
        ({"workers": 0}, "expected budget_epochs > 0 and workers >= 1, got 10 and 0"),
        ({"charge": "half"}, r"charge: expected one of \('added', 'all'\), got 'half'"),
    ],
)
def test_settings_that_can_not_be_are_refused(toy: CurveEvaluator, given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_fidelity_search(halving(toy), toy, **{"budget_epochs": 10, **given})
